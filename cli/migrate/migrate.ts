import {
  DEFAULT_POLL_INTERVAL,
  OWN_SETTINGS,
  REFERENCE_SETTINGS,
  type Target,
} from "../../config/settings-table.ts";
import { parseDurationSeconds } from "../../functions/core/duration.ts";
import type { Problem } from "../../functions/core/problems.ts";
import { disableCommand } from "./disable-command.ts";
import { checkDraft, type DraftProblem, type DraftSetting } from "./draft.ts";
import { buildHeader, type HeaderPart, listUnknownToReport } from "./header.ts";
import { type MatchedSetting, matchSettings } from "./match-settings.ts";
import { findMergeProblems, mergeClusters } from "./merge-clusters.ts";
import { addMissingSettings } from "./missing-settings.ts";
import { readSource } from "./read-source.ts";
import { describePlace, type Source } from "./source.ts";
import { writeScalersYaml } from "./write-yaml.ts";

/** The result of migrating the settings of one or more buildkite-agent-scalers. */
export interface Migration {
  /** The scalers.yml with the same behaviour; absent if there are problems. */
  yaml?: string;
  /** What the user has to do before the file works, a sentence each. */
  toDo: string[];
  /** The commands that stop the old scalers. */
  disable: string[];
  /**
   * Names that are no setting of the reference, each with the name that was probably meant. For a
   * stack, only likely typing errors: most of its parameters concern instances.
   */
  unknown: string[];
  problems: Problem[];
}

/** The settings of one scaler, as text. */
export interface MigrationInput {
  /** The name of the file; it is in messages if there are several. */
  name: string;
  text: string;
}

/** Converts the settings of a deployed buildkite-agent-scaler; see {@link migrateAll}. */
export function migrate(text: string): Migration {
  return migrateAll([{ name: "standard input", text }]);
}

/**
 * Converts the settings of deployed buildkite-agent-scalers to one scalers.yml with the same behaviour.
 * The result never contains a token.
 */
export function migrateAll(inputs: readonly MigrationInput[]): Migration {
  const conversions = inputs.map(({ name, text }) =>
    convertSource(text, inputs.length === 1 ? "" : `${name}: `),
  );
  const unknown = conversions.flatMap((each) => each.unknown);
  const drafts = conversions.flatMap(({ draft }) => draft ?? []);
  const clusters = mergeClusters(drafts.map(({ settings }) => settings));
  const ownProblems = conversions.flatMap((each) => each.problems);
  const problems = ownProblems.length > 0 ? ownProblems : findMergeProblems(clusters);
  if (problems.length > 0) return { toDo: [], disable: [], unknown, problems };
  const toDo = [...new Set(conversions.flatMap((each) => each.toDo))];
  const yaml = writeScalersYaml(buildHeader(drafts, toDo), clusters);
  const disable = drafts.flatMap(({ source, settings }) => disableCommand(source, settings) ?? []);
  return { yaml, toDo, disable, unknown, problems };
}

/** The result of converting one source. */
interface Conversion {
  /** Absent if there are problems. */
  draft?: HeaderPart & { settings: DraftSetting[] };
  toDo: string[];
  unknown: string[];
  problems: Problem[];
}

/** `label` is put before each place and each sentence. */
function convertSource(text: string, label: string): Conversion {
  const { source, problems: sourceProblems } = readSource(text);
  const labelProblem = ({ where, what }: Problem) => ({ where: label + where, what });
  if (source === undefined)
    return { toDo: [], unknown: [], problems: sourceProblems.map(labelProblem) };
  const draft = createDraft(source);
  const { problems: draftProblems, warnings } = checkDraft(draft.settings);
  const problems = collectProblems(draft, sourceProblems, draftProblems).map(labelProblem);
  const unknown = listUnknownToReport(source).map((name) => label + name);
  if (problems.length > 0) return { toDo: [], unknown, problems };
  const settings = addWarnings(draft.settings, warnings);
  const toDo = draft.toDo.map((what) => label + what);
  return { draft: { source, matched: draft.matched, settings }, toDo, unknown, problems };
}

/** The settings of the new file before they are checked. */
interface Draft {
  matched: MatchedSetting[];
  settings: DraftSetting[];
  toDo: string[];
  problems: Problem[];
}

function createDraft(source: Source): Draft {
  const matched = matchSettings(source);
  const missing = addMissingSettings(source, matched);
  const settings = [
    ...matched.flatMap(toDraftSettings),
    ...missing.settings,
    ...listOwnSettings(matched),
  ];
  return {
    matched,
    settings: sortSettings(settings),
    toDo: [...missing.toDo, ...pollIntervalToDo(matched)],
    problems: [...matched.flatMap(({ problem }) => problem ?? []), ...missing.problems],
  };
}

/** A setting that could not be parsed is absent from the draft, but it is not missing. */
function collectProblems(
  { matched, settings, problems }: Draft,
  sourceProblems: readonly Problem[],
  draftProblems: readonly DraftProblem[],
): Problem[] {
  const ownProblems = [...sourceProblems, ...problems];
  const isNew = ({ target }: DraftProblem) =>
    ownProblems.length === 0 || settings.some((setting) => setting.target === target);
  return [...ownProblems, ...draftProblems.filter(isNew).map((each) => toProblem(matched, each))];
}

/** Settings of the state machine are not part of scalers.yml. */
function toDraftSettings(matched: MatchedSetting): DraftSetting[] {
  const { setting, value } = matched;
  const { target } = setting;
  const isElsewhere = target === undefined || target.startsWith("settings.");
  return isElsewhere || value === undefined
    ? []
    : [{ target, value, comments: explainMode(matched) }];
}

/** Returns settings that the reference does not have, each with a remark about the reference's behaviour. */
function listOwnSettings(matched: readonly MatchedSetting[]): DraftSetting[] {
  const name: DraftSetting = {
    target: "cluster.name",
    value: "main",
    comments: ["choose a name for the Buildkite cluster; add its other queues under scalers"],
  };
  const settings = OWN_SETTINGS.flatMap(({ target, migratedAs }): DraftSetting[] =>
    migratedAs === undefined
      ? []
      : [{ target, value: migratedAs.value, comments: [migratedAs.remark] }],
  );
  return [name, ...settings, ...listScaleInWay(matched)];
}

/**
 * Says what Elastic CI mode does here. Without the mode, and unless scale-in is disabled, `graceful: false`
 * keeps the reference's scale-in; `validate`'s warning becomes its comment.
 */
function listScaleInWay(matched: readonly MatchedSetting[]): DraftSetting[] {
  const isTrue = (target: Target) =>
    matched.some(({ setting, value }) => setting.target === target && value === true);
  return isTrue("scaler.elasticCiMode") || isTrue("scaler.scaleIn.disabled")
    ? []
    : [{ target: "scaler.scaleIn.graceful", value: false, comments: [] }];
}

const MODE_COMMENTS = [
  "here the mode never lowers desired capacity: the loop tells the agents of idle instances to stop, and each instance ends itself and decrements; jobs always finish",
  "with several agents per instance, busy instances are told too once a surplus has lasted 15 minutes (scaleIn.busyAfter)",
];

/** The mode does the same as the reference's by other means, so its comment says how. */
function explainMode({ setting, value, comments }: MatchedSetting): string[] {
  const isMode = setting.target === "scaler.elasticCiMode" && value === true;
  return isMode ? [...comments, ...MODE_COMMENTS] : comments;
}

const ORDER: readonly (Target | undefined)[] = [
  "cluster.name",
  ...REFERENCE_SETTINGS.map(({ target }) => target),
  ...OWN_SETTINGS.map(({ target }) => target),
];

/** Settings of one group, such as `scaleIn`, stay together: YAML has the group once. */
function sortSettings(settings: readonly DraftSetting[]): DraftSetting[] {
  const rank = ({ target }: DraftSetting) => ORDER.findIndex((each) => isSameGroup(each, target));
  return settings.toSorted(
    (a, b) => rank(a) - rank(b) || ORDER.indexOf(a.target) - ORDER.indexOf(b.target),
  );
}

function isSameGroup(a: Target | undefined, b: Target): boolean {
  const [holder, key] = b.split(".");
  return a === b || a?.startsWith(`${holder}.${key}.`) === true;
}

/** The user knows a setting by its name in the source. */
function toProblem(matched: readonly MatchedSetting[], { target, what }: DraftProblem): Problem {
  const cause = matched.find(({ setting }) => setting.target === target);
  return { where: cause?.given === undefined ? target : describePlace(cause.given), what };
}

function addWarnings(
  settings: readonly DraftSetting[],
  warnings: readonly DraftProblem[],
): DraftSetting[] {
  return settings.map((setting) => {
    const own = warnings.filter(
      ({ target }) => settings.find((each) => isPart(each.target, target)) === setting,
    );
    return { ...setting, comments: [...setting.comments, ...own.map(({ what }) => what)] };
  });
}

/** Whether a setting is the one that a warning is about, or a part of it: `danglingCheck.maxInstances`. */
function isPart(setting: Target, whole: Target): boolean {
  return setting === whole || setting.startsWith(`${whole}.`);
}

/** The interval is a parameter of the deployment, not a setting of the file. */
function pollIntervalToDo(matched: readonly MatchedSetting[]): string[] {
  const interval = matched.find(({ setting }) => setting.target === "settings.pollIntervalSeconds");
  if (typeof interval?.value !== "string" || interval.value === DEFAULT_POLL_INTERVAL) return [];
  const seconds = Math.max(1, parseDurationSeconds(interval.value) ?? 0);
  return [
    `deploy with --param pollIntervalSeconds=${seconds} (${interval.given?.name} was ${interval.value}); it applies to all clusters`,
  ];
}
