import { type Kind, readValue, type Value } from "../../config/reference-values.ts";
import { type Row, TABLE } from "../../config/settings-table.ts";
import type { Problem } from "../../functions/core/problems.ts";
import { describePlace, type Source, type SourceSetting } from "./source.ts";

/** A row of the table, and what a source has for it. */
export interface MatchedSettings {
  row: Row;
  /** Absent where the source is silent. */
  given?: SourceSetting;
  /** Absent where there is nothing to write, or a problem. */
  value?: Value;
  /** Where the value is not quite what was written. */
  comments: string[];
  problem?: Problem;
}

/** Every row with what a source has for it: what was given, or what a stack does unless told otherwise. */
export function matchSettings(source: Source): MatchedSettings[] {
  return TABLE.map((row) => {
    const given = givenFor(row, source);
    if (given !== undefined) return { ...fromGiven(row, given, source), given };
    if (source.kind === "stack") return fromStack(row);
    return row.required ? { row, comments: [], problem: missing(row) } : { row, comments: [] };
  });
}

/** The names that a row goes by in a source. */
export function listNames({ variable, parameters = [] }: Row, kind: Source["kind"]): string[] {
  if (kind === "stack") return [...parameters];
  return variable === undefined ? [] : [variable];
}

/** The reference takes an empty variable for one that is not set. */
function givenFor(row: Row, { kind, given }: Source): SourceSetting | undefined {
  return listNames(row, kind)
    .map((name) => given.find((each) => each.name === name && each.value !== ""))
    .find((each) => each !== undefined);
}

/** What means nothing here is not read, so that it cannot be wrong and a secret is not carried on. */
function fromGiven(row: Row, given: SourceSetting, source: Source): MatchedSettings {
  if (row.target === undefined) return { row, comments: [] };
  const read = readValue(kindIn(row, source.kind), given.value);
  if ("allowed" in read) {
    const what = `${shown(given.value)} is not allowed; allowed: ${read.allowed}`;
    return { row, comments: [], problem: { where: describePlace(given), what } };
  }
  const comments = [read.remark, row.remark].filter((comment) => comment !== undefined);
  return { row, value: read.value, comments };
}

function kindIn({ kind, parameterKind = kind }: Row, source: Source["kind"]): Kind {
  return source === "stack" ? parameterKind : kind;
}

const LONGEST_SHOWN = 19;

/** A value that cannot be read, unless it is so long that it may be a token in the wrong place. */
function shown(value: string): string {
  return value.length > LONGEST_SHOWN ? "what stands there" : JSON.stringify(value);
}

/** A stack's silence is its default, which is written down where it is not what silence means here. */
function fromStack(row: Row): MatchedSettings {
  const { target, stackFallback, fallback, remark } = row;
  if (target === undefined || stackFallback === undefined || stackFallback === fallback) {
    return { row, comments: [] };
  }
  const read = readValue(kindIn(row, "stack"), stackFallback);
  if ("allowed" in read) return { row, comments: [] };
  const comments = ["the stack's default", remark].filter((comment) => comment !== undefined);
  return { row, value: read.value, comments };
}

function missing({ variable = "" }: Row): Problem {
  return { where: variable, what: "is missing; the reference does not run without it" };
}
