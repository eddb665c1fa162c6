import { distance } from "fastest-levenshtein";
import { REFERENCE_SETTINGS } from "../../config/settings-table.ts";
import { findNearestName } from "../../functions/core/problems.ts";
import { listNames, type MatchedSetting } from "./match-settings.ts";
import { formatName, type Source } from "./source.ts";

/** What a reader of the result should know before reading it, a paragraph each. */
export function buildHeader(
  source: Source,
  picked: readonly MatchedSetting[],
  toDo: readonly string[],
): string[] {
  const strangers = findUnknown(source).map(formatUnknown).join(", ");
  const what = source.kind === "stack" ? "Say nothing about scaling" : "Not known to the reference";
  return [
    "What buildkite-agent-scaler did, as scalers.yml; made by `scaling-loop migrate`.",
    ...formatList("To do:", toDo),
    ...formatList("Without a setting here:", listUntranslated(picked)),
    ...(strangers === "" ? [] : [`${what}, and left out: ${strangers}`]),
  ];
}

function formatList(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [title, ...items.map((item) => `- ${item}`)];
}

/** Values are not shown: one of them is a token. */
function listUntranslated(picked: readonly MatchedSetting[]): string[] {
  return picked.flatMap(({ setting, given }) =>
    setting.target === undefined && given !== undefined ? [`${given.name}: ${setting.remark}`] : [],
  );
}

/**
 * What is given and not in the table, with the nearest that is. Of a stack, only what may be a
 * mistake: most of its parameters are about its instances.
 */
export function listUnknownToReport(source: Source): string[] {
  return findUnknown(source)
    .filter(({ meant }) => source.kind === "environment" || meant !== undefined)
    .map(formatUnknown);
}

/** A name that is given and not in the table. */
interface Unknown {
  name: string;
  /** The nearest name that is in the table, where one is near. */
  meant?: string;
}

function findUnknown({ kind, given }: Source): Unknown[] {
  const known = REFERENCE_SETTINGS.flatMap((row) => listNames(row, kind));
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

function formatUnknown({ name, meant }: Unknown): string {
  return meant === undefined ? formatName(name) : `${formatName(name)} (did you mean ${meant}?)`;
}
