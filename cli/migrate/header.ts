import { distance } from "fastest-levenshtein";
import { REFERENCE_SETTINGS } from "../../config/settings-table.ts";
import { findNearestName } from "../../functions/core/problems.ts";
import { PRODUCT } from "../../functions/core/version.ts";
import { listNames, type MatchedSetting } from "./match-settings.ts";
import { formatName, type Source } from "./source.ts";

/** What the comment at the top of the scalers.yml says about one scaler. */
export interface HeaderPart {
  source: Source;
  matched: readonly MatchedSetting[];
}

/** Returns the comment at the top of the scalers.yml, paragraph by paragraph. */
export function buildHeader(parts: readonly HeaderPart[], toDo: readonly string[]): string[] {
  const scalers =
    parts.length === 1 ? "a buildkite-agent-scaler" : `${parts.length} buildkite-agent-scalers`;
  const without = new Set(parts.flatMap(({ matched }) => listWithoutCounterpart(matched)));
  return [
    `The settings of ${scalers}, converted by \`${PRODUCT} migrate\`.`,
    ...formatList("To do:", toDo),
    ...formatList("Settings without a counterpart:", [...without]),
    ...listLeftOut(parts, "stack", "Not about scaling"),
    ...listLeftOut(parts, "environment", "Not a setting of buildkite-agent-scaler"),
  ];
}

function listLeftOut(parts: readonly HeaderPart[], kind: Source["kind"], why: string): string[] {
  const sources = parts.map(({ source }) => source).filter((source) => source.kind === kind);
  const names = new Set(sources.flatMap(findUnknown).map(formatUnknown));
  return names.size === 0 ? [] : [`${why}, and left out: ${[...names].join(", ")}`];
}

function formatList(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [title, ...items.map((item) => `- ${item}`)];
}

/** Values are left out: one of them is a token. */
function listWithoutCounterpart(matched: readonly MatchedSetting[]): string[] {
  return matched.flatMap(({ setting, given }) =>
    setting.target === undefined && given !== undefined ? [`${given.name}: ${setting.remark}`] : [],
  );
}

/**
 * Returns the names in the source that are no setting of the reference, each with the name that was
 * probably meant. For a stack, only likely typing errors: most of its parameters concern instances.
 */
export function listUnknownToReport(source: Source): string[] {
  return findUnknown(source)
    .filter(({ meant }) => source.kind === "environment" || meant !== undefined)
    .map(formatUnknown);
}

/** A name in the source that is no setting of the reference. */
interface UnknownName {
  name: string;
  /** The setting that was probably meant; absent if no name is similar. */
  meant?: string;
}

function findUnknown({ kind, given }: Source): UnknownName[] {
  const known = REFERENCE_SETTINGS.flatMap((setting) => listNames(setting, kind));
  return given
    .filter(({ name }) => !known.includes(name))
    .map(({ name }) => {
      const meant = findNearestName(name, known);
      const isMeant = meant !== undefined && (kind === "environment" || isTypo(name, meant));
      return isMeant ? { name, meant } : { name };
    });
}

const MAX_TYPO_DISTANCE = 3;

function isTypo(name: string, meant: string): boolean {
  return distance(name, meant) <= MAX_TYPO_DISTANCE;
}

function formatUnknown({ name, meant }: UnknownName): string {
  return meant === undefined ? formatName(name) : `${formatName(name)} (did you mean ${meant}?)`;
}
