import { getList, getValue, isMapping } from "../../config/setting-path.ts";
import { tryParseJson } from "../../functions/core/parse-json.ts";
import { plural } from "../../functions/core/plural.ts";
import type { Problem } from "../../functions/core/problems.ts";
import { formatName, type ReadSource, type Source, type SourceSetting } from "./source.ts";

const NOT_JSON = "starts like JSON but is not valid JSON; allowed: JSON as the AWS CLI prints it";

const UNKNOWN_FORMAT =
  "has an unknown format; allowed: KEY=VALUE lines, the output of `aws lambda get-function-configuration`, or the parameters of a stack (the output of `aws cloudformation describe-stacks`, or a list of ParameterKey and ParameterValue)";

/** Reads the output of the AWS CLI for a Lambda or a stack, or a file of stack parameters. */
export function readAwsJson(text: string): ReadSource {
  const data = tryParseJson(text);
  if (data === undefined) return { problems: [{ where: "the input", what: NOT_JSON }] };
  const unknown = { problems: [{ where: "the input", what: UNKNOWN_FORMAT }] };
  return readLambda(data) ?? readStack(data) ?? unknown;
}

/** A setting in JSON. Its value may have any type. */
interface Pair {
  name: string;
  value: unknown;
}

/** Reads the output of `get-function-configuration` or `get-function`. */
function readLambda(data: unknown): ReadSource | undefined {
  const configuration = getValue(data, ["Configuration"]) ?? data;
  const variables = getValue(configuration, ["Environment", "Variables"]);
  if (!isMapping(variables)) return undefined;
  const { given, problems } = convertToTexts(toPairs(variables));
  const name = getValue(configuration, ["FunctionName"]);
  const functionName = typeof name === "string" ? { functionName: name } : {};
  return { source: { kind: "environment", given, ...functionName }, problems };
}

function readStack(data: unknown): ReadSource | undefined {
  const stacks = getList(data, ["Stacks"]);
  if (stacks.length > 1) {
    const what = `contains ${stacks.length} stacks; allowed: one (use --stack-name NAME)`;
    return { problems: [{ where: "the input", what }] };
  }
  const stack = stacks[0] ?? data;
  const parameters = Array.isArray(stack) ? stack : getValue(stack, ["Parameters"]);
  if (!Array.isArray(parameters) && !isMapping(parameters)) return undefined;
  const pairs = Array.isArray(parameters) ? listNamedParameters(parameters) : toPairs(parameters);
  const { given, problems } = convertToTexts(pairs);
  const namelessCount = Array.isArray(parameters) ? parameters.length - pairs.length : 0;
  const source: Source = { kind: "stack", given, ...readStackNames(stack) };
  return { source, problems: [...problems, ...namelessProblems(namelessCount)] };
}

function readStackNames(stack: unknown): { stackName?: string; groupName?: string } {
  const stackName = getValue(stack, ["StackName"]);
  const groupName = getList(stack, ["Outputs"])
    .filter((output) => getValue(output, ["OutputKey"]) === "AutoScalingGroupName")
    .map((output) => getValue(output, ["OutputValue"]))[0];
  return {
    ...(typeof stackName === "string" ? { stackName } : {}),
    ...(typeof groupName === "string" ? { groupName } : {}),
  };
}

function toPairs(values: object): Pair[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

function listNamedParameters(parameters: readonly unknown[]): Pair[] {
  return parameters.flatMap((parameter) => {
    const name = getValue(parameter, ["ParameterKey"]);
    return typeof name === "string"
      ? [{ name, value: getValue(parameter, ["ParameterValue"]) }]
      : [];
  });
}

function namelessProblems(count: number): Problem[] {
  const what = `contains ${plural(count, "parameter")} without ParameterKey; each parameter needs ParameterKey and ParameterValue`;
  return count === 0 ? [] : [{ where: "the input", what }];
}

/** The reference's settings are texts: variables and parameters have no other type. */
function convertToTexts(pairs: readonly Pair[]): { given: SourceSetting[]; problems: Problem[] } {
  const isScalar = ({ value }: Pair) => ["string", "number", "boolean"].includes(typeof value);
  return {
    given: pairs.filter(isScalar).map(({ name, value }) => ({ name, value: String(value) })),
    problems: pairs
      .filter((pair) => !isScalar(pair))
      .map(({ name }) => ({
        where: formatName(name),
        what: "has no value, or a value that is not a text; allowed: a text",
      })),
  };
}
