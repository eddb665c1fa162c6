import {
  type ParsedValue,
  parseReferenceValue,
  type SettingValue,
  type ValueKind,
} from "../../config/reference-values.ts";
import { REFERENCE_SETTINGS, type ReferenceSetting } from "../../config/settings-table.ts";
import type { Problem } from "../../functions/core/problems.ts";
import { describePlace, type Source, type SourceSetting } from "./source.ts";

/** A setting of the reference, and its value in a source. */
export interface MatchedSetting {
  setting: ReferenceSetting;
  /** Absent if the source does not contain the setting. */
  given?: SourceSetting;
  /** Absent if there is nothing to write to scalers.yml, or if there is a problem. */
  value?: SettingValue;
  /** Remarks for the reader of scalers.yml, e.g. that the value differs from the given one. */
  comments: string[];
  problem?: Problem;
}

/**
 * Returns every setting of the reference with its value in the source. A stack has a default for
 * most parameters that it does not list.
 */
export function matchSettings(source: Source): MatchedSetting[] {
  return REFERENCE_SETTINGS.map((setting) => {
    const given = findGiven(setting, source);
    if (given !== undefined) return { ...matchGiven(setting, given, source), given };
    if (source.kind === "stack") return matchStackDefault(setting);
    const problem = setting.required ? { problem: missingProblem(setting) } : {};
    return { setting, comments: [], ...problem };
  });
}

/** Returns the names of a setting in a kind of source. */
export function listNames(
  { variable, parameters = [] }: ReferenceSetting,
  kind: Source["kind"],
): string[] {
  if (kind === "stack") return [...parameters];
  return variable === undefined ? [] : [variable];
}

/** The reference treats an empty variable as not set. */
function findGiven(setting: ReferenceSetting, { kind, given }: Source): SourceSetting | undefined {
  return listNames(setting, kind)
    .map((name) => given.find((each) => each.name === name && each.value !== ""))
    .find((each) => each !== undefined);
}

/** Values without a counterpart here are not parsed: they may be secret, and they cannot be wrong. */
function matchGiven(
  setting: ReferenceSetting,
  given: SourceSetting,
  source: Source,
): MatchedSetting {
  if (setting.target === undefined) return { setting, comments: [] };
  const parsed = parseReferenceValue(valueKind(setting, source.kind), given.value);
  if ("allowed" in parsed) {
    const what = `${quoteValue(given.value)} is not allowed; allowed: ${parsed.allowed}`;
    return { setting, comments: [], problem: { where: describePlace(given), what } };
  }
  return withValue(setting, parsed, [parsed.remark, setting.remark]);
}

/** The default is written only if it differs from the default of scalers.yml. */
function matchStackDefault(setting: ReferenceSetting): MatchedSetting {
  const { target, stackDefault, defaultText, remark } = setting;
  if (target === undefined || stackDefault === undefined || stackDefault === defaultText) {
    return { setting, comments: [] };
  }
  const parsed = parseReferenceValue(valueKind(setting, "stack"), stackDefault);
  if ("allowed" in parsed) return { setting, comments: [] };
  return withValue(setting, parsed, ["the stack's default", remark]);
}

function withValue(
  setting: ReferenceSetting,
  { value }: Extract<ParsedValue, { value: SettingValue }>,
  comments: readonly (string | undefined)[],
): MatchedSetting {
  return { setting, value, comments: comments.filter((comment) => comment !== undefined) };
}

function valueKind(
  { kind, parameterKind = kind }: ReferenceSetting,
  source: Source["kind"],
): ValueKind {
  return source === "stack" ? parameterKind : kind;
}

const MAX_QUOTED_LENGTH = 19;

/** A long value may be a token in the wrong variable, so it is not quoted. */
function quoteValue(value: string): string {
  return value.length > MAX_QUOTED_LENGTH ? "this value" : JSON.stringify(value);
}

function missingProblem({ variable = "" }: ReferenceSetting): Problem {
  return { where: variable, what: "is missing; buildkite-agent-scaler does not start without it" };
}
