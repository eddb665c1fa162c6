import type { Problem } from "../../functions/core/problems.ts";
import { readAwsJson } from "./aws-json.ts";
import { readEnvLines } from "./env-lines.ts";

/** One setting as it was given. */
export interface SourceSetting {
  name: string;
  value: string;
  /** From 1; absent where no line can be named. */
  line?: number;
}

/** A reference deployment's settings, as they were given. */
export interface Source {
  /** Variables of the reference's Lambda, or parameters of a stack. */
  kind: "environment" | "stack";
  given: SourceSetting[];
  stackName?: string;
  /** The Auto Scaling group that the stack made. */
  groupName?: string;
}

/**
 * A source, and everything in it that cannot be read. No problem quotes a line or a value: a token
 * may stand there.
 */
export interface ReadSource {
  /** Absent where the form is not known. */
  source?: Source;
  problems: Problem[];
}

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
    : { source, problems: [...problems, ...doubles(source.given)] };
}

function doubles(given: readonly SourceSetting[]): Problem[] {
  const byName = Map.groupBy(given, ({ name }) => name);
  return [...byName.values()].flatMap(([, ...again]) =>
    again.map((one) => ({ where: describePlace(one), what: "stands twice; allowed: once" })),
  );
}

/** Where a person finds a setting: `line 3: INSTANCE_BUFFER`. */
export function describePlace({ name, line }: SourceSetting): string {
  return line === undefined ? formatName(name) : `line ${line}: ${formatName(name)}`;
}

/** A name as it can be printed anywhere. */
export function formatName(name: string): string {
  return /^[\w.:-]+$/.test(name) ? name : JSON.stringify(name);
}
