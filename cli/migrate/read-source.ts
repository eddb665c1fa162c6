import type { Problem } from "../../functions/core/problems.ts";
import { readAwsJson } from "./aws-json.ts";
import { readEnvLines } from "./env-lines.ts";
import { describePlace, type ReadSource, type SourceSetting } from "./source.ts";

/**
 * Reads a reference deployment's settings, whatever form they have: `KEY=VALUE` lines, what
 * `aws lambda get-function-configuration` prints, or the parameters of a stack.
 */
export function readSource(text: string): ReadSource {
  const whole = text.replace(/^\uFEFF/, "");
  if (whole.trim() === "") {
    return { problems: [{ where: "the input", what: "is empty; allowed: settings to migrate" }] };
  }
  const { source, problems } = /^\s*[[{]/.test(whole) ? readAwsJson(whole) : readEnvLines(whole);
  return source === undefined
    ? { problems }
    : { source, problems: [...problems, ...findDuplicates(source.given)] };
}

function findDuplicates(given: readonly SourceSetting[]): Problem[] {
  const byName = Map.groupBy(given, ({ name }) => name);
  return [...byName.values()].flatMap(([, ...again]) =>
    again.map((one) => ({ where: describePlace(one), what: "stands twice; allowed: once" })),
  );
}
