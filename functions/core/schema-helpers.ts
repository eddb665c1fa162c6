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

/** A text that matches a pattern; `allowed` describes the pattern. */
export function patternSchema(pattern: RegExp, allowed: string) {
  return v.pipe(v.string(allowed), v.regex(pattern, allowed));
}

const A_MAP = "an object";

/**
 * An object of one kind of value by names that users choose. It keeps every name: valibot's own record
 * drops a few, such as `prototype`, so a queue of that name would look empty.
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
 * A strict object. For an unknown key {@link toProblems} suggests the nearest known one: the message
 * holds the known keys, because an issue does not carry its schema.
 */
export function settingsSchema<T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, Object.keys(entries).join(" "));
}

/**
 * Converts every issue to a problem: its place, the value, and what is allowed. For an unknown key it
 * suggests the nearest known one. `where` turns the path of a setting into a place for a person.
 */
export function toProblems(
  issues: readonly v.BaseIssue<unknown>[],
  where: (path: string) => string,
): Problem[] {
  return issues.flatMap((issue) => {
    const place = where(formatPath(issue));
    const texts = isUnknownKey(issue) ? describeUnknownKeys(issue) : [describeIssue(issue)];
    return texts.map((what) => ({ where: place, what }));
  });
}

/** `scaleIn.factor`, `queues[1]`. An unknown key is left out: its problem is that of its object. */
function formatPath(issue: v.BaseIssue<unknown>): string {
  const items = isUnknownKey(issue) ? (issue.path ?? []).slice(0, -1) : (issue.path ?? []);
  return items.reduce((path, { key }) => {
    if (typeof key === "number") return `${path}[${key}]`;
    return path === "" ? String(key) : `${path}.${String(key)}`;
  }, "");
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  if (issue.input === undefined)
    return isObject(issue) ? "is missing" : `is missing; allowed: ${describeAllowed(issue)}`;
  return `${formatInput(issue)} is not allowed; allowed: ${describeAllowed(issue)}`;
}

/** Quotes the value, but never one in which a user may have pasted a token by mistake. */
function formatInput({ path, input }: v.BaseIssue<unknown>): string {
  if (path === undefined || path.some(({ key }) => /token/i.test(String(key)))) {
    return "this value";
  }
  if (Array.isArray(input)) return input.some(isComposite) ? "a list" : JSON.stringify(input);
  if (isComposite(input)) return "an object";
  return typeof input === "string" ? JSON.stringify(input) : String(input);
}

function isComposite(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function isObject({ type }: v.BaseIssue<unknown>): boolean {
  return type === "object" || type === "strict_object";
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === "strict_object" && issue.expected === "never";
}

/** valibot reports only the first unknown key of an object; this reports all of them. */
function describeUnknownKeys(issue: v.BaseIssue<unknown>): string[] {
  const known = issue.message.split(" ");
  return listUnknownKeys(issue).map((key) => describeUnknownKey(key, known));
}

/** The unknown keys of an object, in the order of {@link toProblems}. */
export function listUnknownKeys(issue: v.BaseIssue<unknown>): string[] {
  const known = issue.message.split(" ");
  const keys = Object.keys(Object(issue.path?.at(-1)?.input));
  return keys.filter((key) => !known.includes(key));
}

function describeUnknownKey(key: string, known: readonly string[]): string {
  const nearest = findNearestName(key, known);
  const hint = nearest === undefined ? `known: ${known.join(", ")}` : `did you mean "${nearest}"?`;
  return `"${key}" is not known here; ${hint}`;
}

function describeAllowed(issue: v.BaseIssue<unknown>): string {
  if (issue.type === "object") return "an object";
  return issue.type === "strict_object"
    ? `an object of ${issue.message.split(" ").join(", ")}`
    : issue.message;
}
