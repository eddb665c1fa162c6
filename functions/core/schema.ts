import * as v from "valibot";
import { nearest, type Problem } from "./problems.ts";

/** A whole number of at least `least`. */
export function whole(least: number) {
  const allowed = `a whole number of at least ${least}`;
  return v.pipe(v.number(allowed), v.safeInteger(allowed), v.minValue(least, allowed));
}

/** A text of 1 to 255 characters. */
export const text = v.pipe(
  v.string("a text of 1 to 255 characters"),
  v.minLength(1, "a text of 1 to 255 characters"),
  v.maxLength(255, "a text of 1 to 255 characters"),
);

/** `true` or `false`. */
export const flag = v.boolean("true or false");

/**
 * A strict object whose unknown keys can be answered with the nearest known one: its own keys ride
 * in its message, because an issue does not carry its schema.
 */
export function settings<T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, Object.keys(entries).join(" "));
}

/**
 * Every issue as a problem: where it stands, what is there, what is allowed. An unknown key names
 * the nearest known one.
 */
export function problemsIn(
  issues: readonly v.BaseIssue<unknown>[],
  where: (path: string) => string,
): Problem[] {
  return issues.map((issue) => ({ where: where(pathOf(issue)), what: whatIsWrong(issue) }));
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
  if (isUnknownKey(issue)) return unknownKey(issue);
  if (issue.input === undefined)
    return issue.type === "strict_object" ? "is missing" : `is missing; allowed: ${allowed(issue)}`;
  return `${shown(issue)} is not allowed; allowed: ${allowed(issue)}`;
}

/** The value, but not where a token may have been pasted by mistake. */
function shown(issue: v.BaseIssue<unknown>): string {
  const field = String(issue.path?.at(-1)?.key);
  return /token/i.test(field) ? "what stands there" : JSON.stringify(issue.input);
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === "strict_object" && issue.expected === "never";
}

function unknownKey(issue: v.BaseIssue<unknown>): string {
  const key = String(issue.path?.at(-1)?.key);
  const known = issue.message.split(" ");
  const meant = nearest(key, known);
  const hint = meant === undefined ? `known: ${known.join(", ")}` : `did you mean "${meant}"?`;
  return `"${key}" is not known here; ${hint}`;
}

function allowed(issue: v.BaseIssue<unknown>): string {
  return issue.type === "strict_object"
    ? `an object of ${issue.message.split(" ").join(", ")}`
    : issue.message;
}
