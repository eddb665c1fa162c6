import type { Problem } from "../../functions/core/problems.ts";
import { readAwsJson } from "./aws-json.ts";
import { readEnvLines } from "./env-lines.ts";
import { describePlace, type ReadSource, type SourceSetting } from "./source.ts";

/**
 * Reads the settings of a deployed buildkite-agent-scaler from `KEY=VALUE` lines, from the output of
 * `aws lambda get-function-configuration`, or from the parameters of a stack.
 */
export function readSource(text: string): ReadSource {
  const input = text.replace(/^\uFEFF/, "");
  if (input.trim() === "") {
    const what = "is empty; allowed: the settings of a buildkite-agent-scaler";
    return { problems: [{ where: "the input", what }] };
  }
  const { source, problems } = /^\s*[[{]/.test(input) ? readAwsJson(input) : readEnvLines(input);
  return source === undefined
    ? { problems }
    : { source, problems: [...problems, ...findDuplicates(source.given)] };
}

function findDuplicates(given: readonly SourceSetting[]): Problem[] {
  const byName = Map.groupBy(given, ({ name }) => name);
  return [...byName.values()].flatMap(([, ...duplicates]) =>
    duplicates.map((duplicate) => ({
      where: describePlace(duplicate),
      what: "is defined twice; keep one of the two",
    })),
  );
}
