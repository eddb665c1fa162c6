import * as v from "valibot";
import { nearest, type Problem } from "./problems.ts";

/** A whole number of at least `least`. */
export function whole(least: number) {
  const allowed = `a whole number of at least ${least}`;
  return v.pipe(v.number(allowed), v.safeInteger(allowed), v.minValue(least, allowed));
}

/** A text of 1 to 255 characters. */
export const text = v.pipe(
  v.string("a text"),
  v.minLength(1, "a text of at least 1 character"),
  v.maxLength(255, "a text of at most 255 characters"),
);

/** `true` or `false`. */
export const flag = v.boolean("true or false");

/**
 * Every issue as a problem: where it stands, what is there, what is allowed. An unknown key names
 * the nearest known one.
 */
export function problemsIn(
  issues: readonly v.BaseIssue<unknown>[],
  where: (path: string) => string,
): Problem[] {
  return issues.map((issue) => ({
    where: where(v.getDotPath(issue) ?? ""),
    what: isUnknownKey(issue) ? unknownKey(issue) : refused(issue),
  }));
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === "strict_object" && issue.expected === "never";
}

function unknownKey(issue: v.BaseIssue<unknown>): string {
  const key = String(issue.path?.at(-1)?.key);
  const known = knownKeys(issue);
  const meant = nearest(key, known);
  const hint = meant === undefined ? `; known: ${known.join(", ")}` : `; did you mean "${meant}"?`;
  return `"${key}" is not a setting${hint}`;
}

/** A strict object's own keys ride in its message, because an issue does not carry its schema. */
function knownKeys(issue: v.BaseIssue<unknown>): string[] {
  return issue.message.split(" ").filter((key) => key !== "");
}

/** A strict object whose unknown keys can be answered with the nearest known one. */
export function settings<T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, Object.keys(entries).join(" "));
}

function refused(issue: v.BaseIssue<unknown>): string {
  if (issue.input === undefined) return `is missing; allowed: ${allowedBy(issue)}`;
  return `${JSON.stringify(issue.input)} is not allowed; allowed: ${allowedBy(issue)}`;
}

function allowedBy(issue: v.BaseIssue<unknown>): string {
  return issue.type === "strict_object" ? `settings (${issue.message})` : issue.message;
}
