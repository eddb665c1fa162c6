import * as v from "valibot";
import { findNearestName, type Problem } from "./problems.ts";

/** A whole number of at least `least`. */
export function wholeNumberSchema(least: number) {
  const allowed = `a whole number of at least ${least}`;
  return v.pipe(v.number(allowed), v.safeInteger(allowed), v.minValue(least, allowed));
}

/** A text of 1 to 255 characters. */
export const textSchema = v.pipe(
  v.string("a text of 1 to 255 characters"),
  v.minLength(1, "a text of 1 to 255 characters"),
  v.maxLength(255, "a text of 1 to 255 characters"),
);

/** `true` or `false`. */
export const flagSchema = v.boolean("true or false");

const A_MAP = "an object";

/**
 * An object of one kind of value by names that users choose, every name kept. (valibot's own record
 * leaves out a few that could reach a prototype, so a queue called `prototype` would look empty.)
 */
export function recordSchema<const Item extends v.GenericSchema>(item: Item) {
  return v.pipe(
    v.custom<Record<string, v.InferInput<Item>>>(isMap, A_MAP),
    v.transform((values) => new Map(Object.entries(values))),
    v.map(v.string(), item),
    v.transform((values): Record<string, v.InferOutput<Item>> => Object.fromEntries(values)),
  );
}

function isMap(input: unknown): boolean {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}

/**
 * A strict object whose unknown keys can be answered with the nearest known one: its own keys ride
 * in its message, because an issue does not carry its schema.
 */
export function settingsSchema<T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, Object.keys(entries).join(" "));
}

/**
 * Every issue as a problem: where it stands, what is there, what is allowed. An unknown key names
 * the nearest known one.
 */
export function toProblems(
  issues: readonly v.BaseIssue<unknown>[],
  where: (path: string) => string,
): Problem[] {
  return issues.flatMap((issue) => {
    const place = where(pathOf(issue));
    const wrongs = isUnknownKey(issue) ? unknownKeys(issue) : [whatIsWrong(issue)];
    return wrongs.map((what) => ({ where: place, what }));
  });
}

/** `scaleIn.factor`, `queues[1]`; a key that is unknown belongs to what is wrong, not to where. */
function pathOf(issue: v.BaseIssue<unknown>): string {
  const items = isUnknownKey(issue) ? (issue.path ?? []).slice(0, -1) : (issue.path ?? []);
  return items.reduce((path, { key }) => {
    if (typeof key === "number") return `${path}[${key}]`;
    return path === "" ? String(key) : `${path}.${String(key)}`;
  }, "");
}

function whatIsWrong(issue: v.BaseIssue<unknown>): string {
  if (issue.input === undefined)
    return isObject(issue) ? "is missing" : `is missing; allowed: ${allowed(issue)}`;
  return `${shown(issue)} is not allowed; allowed: ${allowed(issue)}`;
}

/** The value, but not where a token may have been pasted by mistake, nor a whole that may hold one. */
function shown({ path, input }: v.BaseIssue<unknown>): string {
  if (path === undefined || path.some(({ key }) => /token/i.test(String(key)))) {
    return "what stands there";
  }
  if (Array.isArray(input)) return input.some(isWhole) ? "a list" : JSON.stringify(input);
  if (isWhole(input)) return "an object";
  return typeof input === "string" ? JSON.stringify(input) : String(input);
}

function isWhole(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function isObject({ type }: v.BaseIssue<unknown>): boolean {
  return type === "object" || type === "strict_object";
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === "strict_object" && issue.expected === "never";
}

/** valibot stops at an object's first unknown key; here are all of them. */
function unknownKeys(issue: v.BaseIssue<unknown>): string[] {
  const known = issue.message.split(" ");
  const keys = Object.keys(Object(issue.path?.at(-1)?.input));
  return keys.filter((key) => !known.includes(key)).map((key) => unknownKey(key, known));
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = findNearestName(key, known);
  const hint = meant === undefined ? `known: ${known.join(", ")}` : `did you mean "${meant}"?`;
  return `"${key}" is not known here; ${hint}`;
}

function allowed(issue: v.BaseIssue<unknown>): string {
  if (issue.type === "object") return "an object";
  return issue.type === "strict_object"
    ? `an object of ${issue.message.split(" ").join(", ")}`
    : issue.message;
}
