import * as v from "valibot";
import { type Packaged, type PackagedResource, toPlain } from "./packaged.ts";

const texts = v.union([v.array(v.unknown()), v.unknown()]);

const statement = v.strictObject({
  Effect: v.literal("Allow"),
  Action: v.union([v.string(), v.array(v.string())]),
  Resource: texts,
  Condition: v.optional(v.record(v.string(), v.record(v.string(), v.unknown()))),
});

const document = v.object({ Version: v.literal("2012-10-17"), Statement: v.array(statement) });

const role = v.object({ Policies: v.array(v.object({ PolicyDocument: document })) });
const attached = v.object({ Roles: v.array(v.unknown()), PolicyDocument: document });

/** Types that give permissions, and are read here. */
const READ = ["AWS::IAM::Role", "AWS::IAM::ManagedPolicy"];

/**
 * Every statement of every role: `<role>: <action> on <resource>`, with its condition if it has one.
 * @throws Error where a template gives permissions in a way that is not read here
 */
export function listStatements({ resources }: Packaged): string[] {
  return Object.entries(resources)
    .filter(([, { Type }]) => Type.startsWith("AWS::IAM::") || Type === "AWS::Lambda::Permission")
    .flatMap(([id, resource]) => linesOf(id, resource))
    .sort();
}

function linesOf(id: string, { Type, Properties }: PackagedResource): string[] {
  if (!READ.includes(Type)) throw new Error(`${id} is a ${Type}, which this test does not read`);
  if (Type === "AWS::IAM::Role") {
    if ("ManagedPolicyArns" in Properties) throw new Error(`${id} has policies of AWS's`);
    const { Policies } = v.parse(role, Properties);
    return Policies.flatMap(({ PolicyDocument }) => lines(id, PolicyDocument));
  }
  const { Roles, PolicyDocument } = v.parse(attached, Properties);
  return Roles.flatMap((each) => lines(toPlain(each).slice(2, -1), PolicyDocument));
}

function lines(holder: string, { Statement }: v.InferOutput<typeof document>): string[] {
  return Statement.flatMap(({ Action, Resource, Condition }) =>
    listOf(Action).flatMap((action) =>
      listOf(Resource).map((on) => {
        const where = Condition === undefined ? "" : ` where ${conditionText(Condition)}`;
        return `${holder}: ${toPlain(action)} on ${toPlain(on)}${where}`;
      }),
    ),
  );
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function conditionText(condition: Record<string, Record<string, unknown>>): string {
  return Object.entries(condition)
    .flatMap(([operator, keys]) =>
      Object.entries(keys).map(
        ([key, values]) => `${key} ${operator} ${listOf(values).map(toPlain).join(" or ")}`,
      ),
    )
    .join(" and ");
}
