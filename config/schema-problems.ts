import * as v from "valibot";
import { listUnknownKeys, toProblems } from "../functions/core/schema-helpers.ts";
import { fullFileSchema, hasCredentials } from "./file-schema.ts";
import type { SettingProblem } from "./scalers-file.ts";
import type { Path } from "./setting-path.ts";
import { describeSetting, settingName } from "./setting-texts.ts";

/** Finds everything that the schema refuses in a file with its defaults in every entry. */
export function findSchemaProblems(full: unknown): SettingProblem[] {
  const { issues = [] } = v.safeParse(fullFileSchema, full, { abortPipeEarly: true });
  return issues.flatMap(toSettingProblems);
}

function toSettingProblems(issue: v.BaseIssue<unknown>): SettingProblem[] {
  const path = readPath(issue);
  const last = issue.path?.at(-1);
  if (last?.type === "object" && Array.isArray(last.input)) return [refuseList(issue)];
  const problems = toProblems([issue], String);
  if (issue.expected === "never") {
    // valibot has one issue for all unknown keys of a mapping; each is a problem of its own here.
    const keys = listUnknownKeys(issue);
    return problems.map(({ what }, index) => ({
      path: [...path.slice(0, -1), keys[index] ?? ""],
      what,
    }));
  }
  return problems.map(({ what }) => ({ path, what: explainIssue(issue, what) }));
}

/** valibot takes a list for an object without the keys that it looks for. */
function refuseList(issue: v.BaseIssue<unknown>): SettingProblem {
  const known = issue.message.split(" ").join(", ");
  const what = `a list is not allowed; allowed: an object of ${known}`;
  return { path: readPath(issue).slice(0, -1), what };
}

function readPath(issue: v.BaseIssue<unknown>): Path {
  return (issue.path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
}

const A_TOKEN =
  "this value looks like an agent token itself: put the token into an SSM parameter, write the parameter's name here, and revoke the token if this file was shared";

/** Adds what a reader of the YAML file needs to know. */
function explainIssue(issue: v.BaseIssue<unknown>, what: string): string {
  const { input, type } = issue;
  const path = readPath(issue);
  const field = path.at(-1);
  const allowed = what.slice(what.indexOf("allowed: "));
  if (input === undefined) return `is missing: ${describeSetting(settingName(path))}`;
  if (input === null) return `is empty; ${allowed}`;
  if (field === "agentTokenParameter") return looksLikeToken(input) ? A_TOKEN : what;
  if (field === "agentEndpoint" && typeof input === "string" && hasCredentials(input))
    return `this value is not allowed; ${allowed}`;
  const isPlain = typeof input === "number" || typeof input === "boolean";
  return type === "string" && isPlain ? `${what}; write it as a text: "${input}"` : what;
}

/** A token is one long run of letters and digits; a parameter's path starts with a slash. */
function looksLikeToken(value: unknown): boolean {
  return typeof value === "string" && /^[\w-]{20,}$/.test(value.trim());
}
