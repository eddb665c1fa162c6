import * as v from "valibot";
import { toProblems } from "../functions/core/schema-helpers.ts";
import { type Path, valueAt } from "./path.ts";
import type { SettingProblem } from "./remark.ts";
import { fullFileSchema, hasCredentials, REQUIRED } from "./schema.ts";

/** Everything in a file, defaults filled in, that the schema refuses. */
export function findShapeProblems(full: unknown): SettingProblem[] {
  const { issues = [] } = v.safeParse(fullFileSchema, full, { abortPipeEarly: true });
  return issues.flatMap(remarksOn);
}

function remarksOn(issue: v.BaseIssue<unknown>): SettingProblem[] {
  const path = pathOf(issue);
  const last = issue.path?.at(-1);
  if (last?.type === "object" && Array.isArray(last.input)) return [listRemark(issue)];
  const problems = toProblems([issue], String);
  if (issue.expected === "never") {
    return problems.map(({ what }) => ({
      path: [...path.slice(0, -1), keyIn(what, Object(last?.input))],
      what,
    }));
  }
  return problems.map(({ what }) => ({ path, what: inYaml(issue, what) }));
}

/** valibot takes a list for an object without the keys that it looks for. */
function listRemark(issue: v.BaseIssue<unknown>): SettingProblem {
  const known = issue.message.split(" ").join(", ");
  const what = `a list is not allowed; allowed: an object of ${known}`;
  return { path: pathOf(issue).slice(0, -1), what };
}

function pathOf(issue: v.BaseIssue<unknown>): Path {
  return (issue.path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
}

/** All unknown keys of a mapping are one issue, and a problem each: the key that one is about. */
function keyIn(what: string, holder: object): string {
  return Object.keys(holder).find((key) => what.startsWith(`"${key}" is `)) ?? "";
}

const A_TOKEN =
  "what stands there looks like an agent token itself: put it into an SSM parameter, name that parameter here, and revoke the token if this file was shared";

/** What is wrong, in the words of the file at hand. */
function inYaml(issue: v.BaseIssue<unknown>, what: string): string {
  const { input, type } = issue;
  const field = pathOf(issue).at(-1);
  const allowed = what.slice(what.indexOf("allowed: "));
  if (input === undefined) return `is missing: ${valueAt(REQUIRED, [String(field)])}`;
  if (input === null) return `is empty; ${allowed}`;
  if (field === "agentTokenParameter") return looksLikeToken(input) ? A_TOKEN : what;
  if (field === "agentEndpoint" && typeof input === "string" && hasCredentials(input))
    return `what stands there is not allowed; ${allowed}`;
  const isPlain = typeof input === "number" || typeof input === "boolean";
  return type === "string" && isPlain ? `${what}; as a text it is "${input}"` : what;
}

/** A parameter's path has a slash; a token is one long run of letters and digits. */
function looksLikeToken(value: unknown): boolean {
  return typeof value === "string" && /^[\w-]{20,}$/.test(value.trim());
}
