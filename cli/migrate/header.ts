import { distance } from "fastest-levenshtein";
import { TABLE } from "../../config/settings-table.ts";
import { findNearestName } from "../../functions/core/problems.ts";
import { listNames, type MatchedSettings } from "./match-settings.ts";
import { formatName, type Source } from "./source.ts";

/** What a reader of the result should know before reading it, a paragraph each. */
export function buildHeader(
  source: Source,
  picked: readonly MatchedSettings[],
  toDo: readonly string[],
): string[] {
  const strangers = unknownIn(source).map(unknownText).join(", ");
  const what = source.kind === "stack" ? "Say nothing about scaling" : "Not known to the reference";
  return [
    "What buildkite-agent-scaler did, as scalers.yml; made by `scaling-loop migrate`.",
    ...list("To do:", toDo),
    ...list("Without a setting here:", withoutSetting(picked)),
    ...(strangers === "" ? [] : [`${what}, and left out: ${strangers}`]),
  ];
}

function list(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [title, ...items.map((item) => `- ${item}`)];
}

/** Values are not shown: one of them is a token. */
function withoutSetting(picked: readonly MatchedSettings[]): string[] {
  return picked.flatMap(({ row, given }) =>
    row.target === undefined && given !== undefined ? [`${given.name}: ${row.remark}`] : [],
  );
}

/**
 * What is given and not in the table, with the nearest that is. Of a stack, only what may be a
 * mistake: most of its parameters are about its instances.
 */
export function isUnknownWorthReporting(source: Source): string[] {
  return unknownIn(source)
    .filter(({ meant }) => source.kind === "environment" || meant !== undefined)
    .map(unknownText);
}

/** A name that is given and not in the table. */
interface Unknown {
  name: string;
  /** The nearest name that is in the table, where one is near. */
  meant?: string;
}

function unknownIn({ kind, given }: Source): Unknown[] {
  const known = TABLE.flatMap((row) => listNames(row, kind));
  return given
    .filter(({ name }) => !known.includes(name))
    .map(({ name }) => {
      const meant = findNearestName(name, known);
      const isMeant = meant !== undefined && (kind === "environment" || isTypo(name, meant));
      return isMeant ? { name, meant } : { name };
    });
}

const MOST_TYPING_ERRORS = 3;

function isTypo(name: string, meant: string): boolean {
  return distance(name, meant) <= MOST_TYPING_ERRORS;
}

function unknownText({ name, meant }: Unknown): string {
  return meant === undefined ? formatName(name) : `${formatName(name)} (did you mean ${meant}?)`;
}
