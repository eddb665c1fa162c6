import {
  DEFAULT_POLL_INTERVAL,
  OWN_SETTINGS,
  REFERENCE_SETTINGS,
  type Target,
} from "../../config/settings-table.ts";
import { parseDurationSeconds } from "../../functions/core/duration.ts";
import type { Problem } from "../../functions/core/problems.ts";
import { checkDraft, type DraftProblem, type DraftSetting } from "./draft.ts";
import { buildHeader, listUnknownToReport } from "./header.ts";
import { type MatchedSetting, matchSettings } from "./match-settings.ts";
import { addMissingSettings } from "./missing-settings.ts";
import { readSource } from "./read-source.ts";
import { describePlace, type Source } from "./source.ts";
import { writeScalersYaml } from "./write-yaml.ts";

/** What a reference deployment's settings come to. */
export interface Migration {
  /** The scalers.yml that does the same; absent where there are problems. */
  yaml?: string;
  /** What a person has yet to do, a sentence each. */
  toDo: string[];
  /**
   * Names of settings that are not in the table, with the nearest that is. Of a stack, only what may
   * be a mistake: most of its parameters are about its instances.
   */
  unknown: string[];
  problems: Problem[];
}

/** The scalers.yml that does what a reference deployment does. No token is ever part of the result. */
export function migrate(text: string): Migration {
  const { source, problems: unread } = readSource(text);
  if (source === undefined) return { toDo: [], unknown: [], problems: unread };
  const draft = createDraft(source);
  const { problems: refused, warnings } = checkDraft(draft.settings);
  const problems = collectProblems(draft, unread, refused);
  const unknown = listUnknownToReport(source);
  if (problems.length > 0) return { toDo: [], unknown, problems };
  const header = buildHeader(source, draft.matched, draft.toDo);
  const yaml = writeScalersYaml(header, addWarnings(draft.settings, warnings));
  return { yaml, toDo: draft.toDo, unknown, problems };
}

/** What a source comes to before it is checked. */
interface Draft {
  matched: MatchedSetting[];
  settings: DraftSetting[];
  toDo: string[];
  problems: Problem[];
}

function createDraft(source: Source): Draft {
  const picked = matchSettings(source);
  const gaps = addMissingSettings(source, picked);
  return {
    matched: picked,
    settings: sortSettings([
      ...picked.flatMap(toDraftSettings),
      ...gaps.settings,
      ...listOwnSettings(picked),
    ]),
    toDo: [...gaps.toDo, ...pollIntervalToDo(picked)],
    problems: [...picked.flatMap(({ problem }) => problem ?? []), ...gaps.problems],
  };
}

/** What could not be read is not missing besides. */
function collectProblems(
  { matched, settings, problems }: Draft,
  unread: readonly Problem[],
  refused: readonly DraftProblem[],
): Problem[] {
  const unfit = [...unread, ...problems];
  const isNews = ({ target }: DraftProblem) =>
    unfit.length === 0 || settings.some((setting) => setting.target === target);
  return [...unfit, ...refused.filter(isNews).map((each) => toProblem(matched, each))];
}

/** What stands in the definition has no line in scalers.yml. */
function toDraftSettings({ setting, value, comments }: MatchedSetting): DraftSetting[] {
  const { target } = setting;
  const isElsewhere = target === undefined || target.startsWith("settings.");
  return isElsewhere || value === undefined ? [] : [{ target, value, comments }];
}

/** What the reference does not have, so that ours does as the reference did. */
function listOwnSettings(picked: readonly MatchedSetting[]): DraftSetting[] {
  const name: DraftSetting = {
    target: "cluster.name",
    value: "main",
    comments: ["your name for the Buildkite cluster; more of its queues go under the same scalers"],
  };
  const asBefore = OWN_SETTINGS.flatMap(({ target, migratedAs: setting }): DraftSetting[] =>
    setting === undefined ? [] : [{ target, value: setting.value, comments: [setting.remark] }],
  );
  return [name, ...asBefore, ...requireDryRun(picked)];
}

/** See `undrained` in functions/core/input.ts. */
function requireDryRun(picked: readonly MatchedSetting[]): DraftSetting[] {
  const mode = picked.find(({ setting }) => setting.target === "scaler.elasticCiMode");
  if (mode?.value !== true) return [];
  const comment =
    "elasticCiMode is allowed only with dryRun for now, because its graceful scale-in is not built: keep the reference running, or set both to false to scale without that mode";
  return [{ target: "scaler.dryRun", value: true, comments: [comment] }];
}

const ORDER: readonly (Target | undefined)[] = [
  "cluster.name",
  ...REFERENCE_SETTINGS.map(({ target }) => target),
  ...OWN_SETTINGS.map(({ target }) => target),
];

function sortSettings(settings: readonly DraftSetting[]): DraftSetting[] {
  return settings.toSorted((a, b) => ORDER.indexOf(a.target) - ORDER.indexOf(b.target));
}

/** What the check refuses, under the name that it was given by. */
function toProblem(picked: readonly MatchedSetting[], { target, what }: DraftProblem): Problem {
  const cause = picked.find(({ setting }) => setting.target === target);
  return { where: cause?.given === undefined ? target : describePlace(cause.given), what };
}

function addWarnings(
  settings: readonly DraftSetting[],
  warnings: readonly DraftProblem[],
): DraftSetting[] {
  return settings.map((setting) => {
    const own = warnings.filter(({ target }) => target === setting.target);
    return { ...setting, comments: [...setting.comments, ...own.map(({ what }) => what)] };
  });
}

/** The interval stands in the definition; it has to be changed there where it is not what it was. */
function pollIntervalToDo(picked: readonly MatchedSetting[]): string[] {
  const interval = picked.find(({ setting }) => setting.target === "settings.pollIntervalSeconds");
  if (typeof interval?.value !== "string" || interval.value === DEFAULT_POLL_INTERVAL) return [];
  const seconds = Math.max(1, parseDurationSeconds(interval.value) ?? 0);
  return [
    `set pollIntervalSeconds to ${seconds} in Settings, the first state of statemachine/scaling-loop.asl.yml: ${interval.given?.name} was ${interval.value}; it holds for all clusters`,
  ];
}
