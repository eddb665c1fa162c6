import { isMapping, listAt, valueAt } from "../../config/path.ts";
import { plural } from "../../functions/core/plural.ts";
import type { Problem } from "../../functions/core/problems.ts";
import { formatName, type ReadSource, type Source, type SourceSetting } from "./source.ts";

const FORMS =
  "is none of the forms known here; allowed: KEY=VALUE lines, what `aws lambda get-function-configuration` prints, or a stack's parameters (what `aws cloudformation describe-stacks` prints, or a list of ParameterKey and ParameterValue)";

/** Reads what AWS prints about a Lambda or a stack, and a stack's parameters file. */
export function readAwsJson(text: string): ReadSource {
  const parsed = parsedJson(text);
  if ("problem" in parsed) return { problems: [parsed.problem] };
  const { data } = parsed;
  return readLambda(data) ?? readStack(data) ?? { problems: [{ where: "the input", what: FORMS }] };
}

/** The parser's own message is left out: it quotes what stands there. */
function parsedJson(text: string): { data: unknown } | { problem: Problem } {
  try {
    return { data: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const what = "is not JSON, though it begins like it; allowed: JSON as AWS prints it";
    return { problem: { where: "the input", what } };
  }
}

/** One setting in JSON, before it is known to be a text. */
interface Pair {
  name: string;
  value: unknown;
}

/** `get-function-configuration` and, with one level more, `get-function`. */
function readLambda(data: unknown): ReadSource | undefined {
  const variables =
    valueAt(data, ["Environment", "Variables"]) ??
    valueAt(data, ["Configuration", "Environment", "Variables"]);
  if (!isMapping(variables)) return undefined;
  const { given, problems } = readTexts(toPairs(variables));
  return { source: { kind: "environment", given }, problems };
}

function readStack(data: unknown): ReadSource | undefined {
  const stacks = listAt(data, ["Stacks"]);
  if (stacks.length > 1) {
    const what = `describes ${stacks.length} stacks; allowed: one (--stack-name NAME)`;
    return { problems: [{ where: "the input", what }] };
  }
  const stack = stacks[0] ?? data;
  const parameters = Array.isArray(stack) ? stack : valueAt(stack, ["Parameters"]);
  if (!Array.isArray(parameters) && !isMapping(parameters)) return undefined;
  const pairs = Array.isArray(parameters) ? readParameterList(parameters) : toPairs(parameters);
  const { given, problems } = readTexts(pairs);
  const nameless = Array.isArray(parameters) ? parameters.length - pairs.length : 0;
  const source: Source = { kind: "stack", given, ...readStackNames(stack) };
  return { source, problems: [...problems, ...findNamelessParameters(nameless)] };
}

function readStackNames(stack: unknown): { stackName?: string; groupName?: string } {
  const stackName = valueAt(stack, ["StackName"]);
  const groupName = listAt(stack, ["Outputs"])
    .filter((output) => valueAt(output, ["OutputKey"]) === "AutoScalingGroupName")
    .map((output) => valueAt(output, ["OutputValue"]))[0];
  return {
    ...(typeof stackName === "string" ? { stackName } : {}),
    ...(typeof groupName === "string" ? { groupName } : {}),
  };
}

function toPairs(values: object): Pair[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

function readParameterList(parameters: readonly unknown[]): Pair[] {
  return parameters.flatMap((parameter) => {
    const name = valueAt(parameter, ["ParameterKey"]);
    return typeof name === "string"
      ? [{ name, value: valueAt(parameter, ["ParameterValue"]) }]
      : [];
  });
}

function findNamelessParameters(count: number): Problem[] {
  const what = `holds ${plural(count, "parameter")} without a ParameterKey; allowed: ParameterKey and ParameterValue`;
  return count === 0 ? [] : [{ where: "the input", what }];
}

/** Values as the reference gets them, which is as texts. */
function readTexts(pairs: readonly Pair[]): { given: SourceSetting[]; problems: Problem[] } {
  const isText = ({ value }: Pair) => ["string", "number", "boolean"].includes(typeof value);
  return {
    given: pairs.filter(isText).map(({ name, value }) => ({ name, value: String(value) })),
    problems: pairs
      .filter((pair) => !isText(pair))
      .map(({ name }) => ({
        where: formatName(name),
        what: "has no value that can be read; allowed: a text",
      })),
  };
}
