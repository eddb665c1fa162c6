import { formatDuration } from "../functions/core/duration.ts";

/**
 * How the reference reads what is written into its environment and behind its flags: Go's strconv
 * and time.ParseDuration (Go 1.25).
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

/** What a setting may be in scalers.yml. */
export type SettingValue = string | number | boolean;

/** A text as it was read, or what is allowed in its place. */
export type ParsedValue =
  | {
      value: SettingValue;
      /** Where the value is not quite what was written. */
      remark?: string;
    }
  | { allowed: string };

/** Reads a text of a kind. An empty text is none: the reference takes its default then. */
export function parseReferenceValue(kind: ValueKind, written: string): ParsedValue {
  return READERS[kind](written);
}

const READERS: Record<ValueKind, (written: string) => ParsedValue> = {
  text: (written) => ({ value: written }),
  secret: (written) => ({ value: written }),
  integer: (written) =>
    /^[+-]?\d+$/.test(written) ? { value: Number(written) } : { allowed: "a whole number" },
  number: readNumber,
  factor: readFactor,
  boolean: readBoolean,
  duration: readDuration,
  seconds: (written) =>
    /^\d+$/.test(written)
      ? { value: formatDuration(Number(written)) }
      : { allowed: "a whole number of seconds" },
};

/** strconv.ParseFloat takes more (hexadecimal, Inf, NaN), none of which makes a factor. */
function readNumber(written: string): ParsedValue {
  const isDecimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(written);
  return isDecimal ? { value: Number(written) } : { allowed: "a decimal number" };
}

/** The reference drops a factor's sign, and takes 0 for none. */
function readFactor(written: string): ParsedValue {
  const read = readNumber(written);
  if ("allowed" in read) return read;
  const factor = Math.abs(Number(read.value));
  if (factor === 0) return { value: "none", remark: "0 is no factor" };
  return Number(read.value) < 0
    ? { value: factor, remark: "the reference drops the minus sign" }
    : { value: factor };
}

const TRUE: readonly string[] = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE: readonly string[] = ["0", "f", "F", "FALSE", "false", "False"];

function readBoolean(written: string): ParsedValue {
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

const PART = String.raw`(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)`;
const DURATION = new RegExp(`^([+-]?)(0|(?:${PART})+)$`);

function readDuration(written: string): ParsedValue {
  const [, sign, parts] = DURATION.exec(written) ?? [];
  if (parts === undefined) {
    const unit = /^\d+$/.test(written) ? `; "${written}" has no unit` : "";
    return { allowed: `a duration such as 90s, 5m or 1h30m${unit}` };
  }
  const seconds = sumSeconds(parts);
  if (sign === "-" && seconds > 0) return { value: "0s", remark: "a time below zero is none" };
  const text = formatDuration(seconds);
  return Number.isInteger(seconds)
    ? { value: text }
    : { value: text, remark: `${written}, in whole seconds` };
}

function sumSeconds(parts: string): number {
  const found = parts.matchAll(/([\d.]+)([a-zµμ]+)/g);
  const seconds = [...found].reduce(
    (sum, [, count, unit = ""]) => sum + Number(count) * (UNIT_SECONDS[unit] ?? 0),
    0,
  );
  return Math.round(seconds * 1e9) / 1e9; // What binary fractions lose is no news.
}
