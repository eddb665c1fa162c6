import { formatDuration } from "../functions/core/duration.ts";

/**
 * How the reference parses an environment variable or a flag: with Go's strconv and
 * time.ParseDuration (Go 1.25). `seconds` is a number of seconds in a CloudFormation parameter.
 */
export type ValueKind =
  | "text"
  | "secret"
  | "integer"
  | "number"
  | "factor"
  | "boolean"
  | "duration"
  | "seconds";

/** A value in scalers.yml. */
export type SettingValue = string | number | boolean;

/** The parsed value, or a description of the allowed values if the text cannot be parsed. */
export type ParsedValue =
  | {
      value: SettingValue;
      /** Says how the value differs from the text; absent if it does not. */
      remark?: string;
    }
  | { allowed: string };

/**
 * Parses a text as the reference does. Callers treat an empty text as not set before, as the
 * reference does.
 */
export function parseReferenceValue(kind: ValueKind, written: string): ParsedValue {
  return PARSERS[kind](written);
}

const PARSERS: Record<ValueKind, (written: string) => ParsedValue> = {
  text: (written) => ({ value: written }),
  secret: (written) => ({ value: written }),
  integer: (written) =>
    /^[+-]?\d+$/.test(written) ? { value: Number(written) } : { allowed: "a whole number" },
  number: parseNumber,
  factor: parseFactor,
  boolean: parseBoolean,
  duration: parseDuration,
  seconds: (written) =>
    /^\d+$/.test(written)
      ? { value: formatDuration(Number(written)) }
      : { allowed: "a whole number of seconds" },
};

/** strconv.ParseFloat also accepts hexadecimal numbers, Inf and NaN. They make no sense as a setting. */
function parseNumber(written: string): ParsedValue {
  const isDecimal = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(written);
  return isDecimal ? { value: Number(written) } : { allowed: "a decimal number" };
}

/** The reference ignores the sign of a factor, and treats 0 as no factor. */
function parseFactor(written: string): ParsedValue {
  const parsed = parseNumber(written);
  if ("allowed" in parsed) return parsed;
  const factor = Math.abs(Number(parsed.value));
  if (factor === 0)
    return { value: "none", remark: "buildkite-agent-scaler treats 0 as no factor" };
  return Number(parsed.value) < 0
    ? { value: factor, remark: "buildkite-agent-scaler ignores the minus sign" }
    : { value: factor };
}

const TRUE: readonly string[] = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE: readonly string[] = ["0", "f", "F", "FALSE", "false", "False"];

function parseBoolean(written: string): ParsedValue {
  if (TRUE.includes(written)) return { value: true };
  if (FALSE.includes(written)) return { value: false };
  return { allowed: `true or false (${[...TRUE, ...FALSE].join(", ")})` };
}

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

const PART = String.raw`(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)`;
const DURATION = new RegExp(`^([+-]?)(0|(?:${PART})+)$`);

function parseDuration(written: string): ParsedValue {
  const [, sign, parts] = DURATION.exec(written) ?? [];
  if (parts === undefined) {
    const unit = /^\d+$/.test(written) ? `; "${written}" has no unit` : "";
    return { allowed: `a duration such as 90s, 5m or 1h30m${unit}` };
  }
  const seconds = sumSeconds(parts);
  if (sign === "-" && seconds > 0)
    return { value: "0s", remark: "a negative duration counts as 0s" };
  const text = formatDuration(seconds);
  return Number.isInteger(seconds)
    ? { value: text }
    : { value: text, remark: `${text} is ${written} in whole seconds` };
}

function sumSeconds(parts: string): number {
  const matches = parts.matchAll(/([\d.]+)([a-zµμ]+)/g);
  const seconds = [...matches].reduce(
    (sum, [, count, unit = ""]) => sum + Number(count) * (UNIT_SECONDS[unit] ?? 0),
    0,
  );
  return Math.round(seconds * 1e9) / 1e9; // Removes rounding errors of binary fractions.
}
