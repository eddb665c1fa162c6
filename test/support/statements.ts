import * as v from "valibot";
import { type Packaged, type PackagedResource, toPlain } from "./packaged.ts";

const textsSchema = v.union([v.array(v.unknown()), v.unknown()]);

const statementSchema = v.strictObject({
  Effect: v.literal("Allow"),
  Action: v.union([v.string(), v.array(v.string())]),
  Resource: textsSchema,
  Condition: v.optional(v.record(v.string(), v.record(v.string(), v.unknown()))),
});

const documentSchema = v.object({
  Version: v.literal("2012-10-17"),
  Statement: v.array(statementSchema),
});

const roleSchema = v.object({ Policies: v.array(v.object({ PolicyDocument: documentSchema })) });
const managedPolicySchema = v.object({
  Roles: v.array(v.unknown()),
  PolicyDocument: documentSchema,
});

/** The types of resources with permissions that this file reads. */
const READ = ["AWS::IAM::Role", "AWS::IAM::ManagedPolicy"];

/**
 * Lists every statement of every role: `<role>: <action> on <resource>`, with its condition if it has
 * one.
 * @throws Error if a template grants permissions in another way
 */
export function listStatements({ resources }: Packaged): string[] {
  return Object.entries(resources)
    .filter(([, { Type }]) => Type.startsWith("AWS::IAM::") || Type === "AWS::Lambda::Permission")
    .flatMap(([id, resource]) => formatResource(id, resource))
    .sort();
}

function formatResource(id: string, { Type, Properties }: PackagedResource): string[] {
  if (!READ.includes(Type)) throw new Error(`${id} is a ${Type}, which this test does not read`);
  if (Type === "AWS::IAM::Role") {
    if ("ManagedPolicyArns" in Properties) throw new Error(`${id} has managed policies of AWS`);
    const { Policies } = v.parse(roleSchema, Properties);
    return Policies.flatMap(({ PolicyDocument }) => formatStatements(id, PolicyDocument));
  }
  const { Roles, PolicyDocument } = v.parse(managedPolicySchema, Properties);
  return Roles.flatMap((each) => formatStatements(toPlain(each).slice(2, -1), PolicyDocument));
}

function formatStatements(
  holder: string,
  { Statement }: v.InferOutput<typeof documentSchema>,
): string[] {
  return Statement.flatMap(({ Action, Resource, Condition }) =>
    toList(Action).flatMap((action) =>
      toList(Resource).map((on) => {
        const where = Condition === undefined ? "" : ` where ${formatCondition(Condition)}`;
        return `${holder}: ${toPlain(action)} on ${toPlain(on)}${where}`;
      }),
    ),
  );
}

function toList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function formatCondition(condition: Record<string, Record<string, unknown>>): string {
  return Object.entries(condition)
    .flatMap(([operator, keys]) =>
      Object.entries(keys).map(
        ([key, values]) => `${key} ${operator} ${toList(values).map(toPlain).join(" or ")}`,
      ),
    )
    .join(" and ");
}
