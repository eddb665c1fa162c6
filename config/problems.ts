import { describeDuplicate, findDuplicates } from "../functions/core/read-scalers.ts";
import { findGracefulProblems, findQueueProblem } from "../functions/core/scaler-entry.ts";
import { DIMENSION_VALUE } from "./file-schema.ts";
import type { FileEntry, ScalersFile, SettingProblem } from "./scalers-file.ts";
import { findSchemaProblems } from "./schema-problems.ts";
import { getValue, isMapping, type Path } from "./setting-path.ts";
import { mostStateBytes } from "./state-size.ts";

type FileRule = (file: ScalersFile) => SettingProblem[];
type EntryRule = (entry: FileEntry) => SettingProblem[];

const FILE_RULES: readonly FileRule[] = [
  ({ full }) => findSchemaProblems(full),
  findDuplicateClusters,
  checkQueueMetrics,
  checkEvents,
  findDuplicateGroups,
  findDuplicateNames,
];

const ENTRY_RULES: readonly EntryRule[] = [
  checkQueueOrQueues,
  checkQueueDimensions,
  checkGracefulScaleIn,
  checkFactors,
  checkStateSize,
];

/** Finds everything in a file that keeps it from being deployed. */
export function findProblems(file: ScalersFile): SettingProblem[] {
  return [
    ...FILE_RULES.flatMap((rule) => rule(file)),
    ...ENTRY_RULES.flatMap((rule) => file.entries.flatMap((entry) => rule(entry))),
  ];
}

function findDuplicateClusters({ clusters }: ScalersFile): SettingProblem[] {
  return findDuplicates("name", clusters).map(({ entry, first, value }) => ({
    path: [...entry.path, "name"],
    what: `${JSON.stringify(value)} is already the name of ${first.label}; allowed: a different name for each cluster`,
  }));
}

function checkQueueMetrics({ clusters }: ScalersFile): SettingProblem[] {
  return clusters
    .filter(({ raw }) => getValue(raw, ["allQueueMetrics"]) === true)
    .filter(({ raw }) => getValue(raw, ["publishMetrics"]) !== true)
    .map(({ path }) => ({
      path: [...path, "allQueueMetrics"],
      what: "is set without publishMetrics: true; set both, or leave it out",
    }));
}

const BUS_OR_SOURCE =
  "use bus for an event bus that exists, or source for a partner event source without one";

function checkEvents({ clusters }: ScalersFile): SettingProblem[] {
  return clusters.flatMap(({ path, raw }) => {
    const events = getValue(raw, ["events"]);
    if (!isMapping(events)) return [];
    const { bus, source } = events;
    if ((bus === undefined) !== (source === undefined)) return [];
    const what = bus === undefined ? "has neither bus nor source" : "bus and source are both set";
    return [{ path: [...path, "events"], what: `${what}; ${BUS_OR_SOURCE}` }];
  });
}

/** One group must not have two scalers, in whichever clusters they are. */
function findDuplicateGroups({ entries }: ScalersFile): SettingProblem[] {
  return findDuplicateEntries("group", entries);
}

/** A scaler's name identifies it within its loop only. */
function findDuplicateNames({ entries }: ScalersFile): SettingProblem[] {
  const byCluster = Map.groupBy(entries, ({ cluster }) => cluster);
  return [...byCluster.values()].flatMap((each) => findDuplicateEntries("name", each));
}

function findDuplicateEntries(
  field: "group" | "name",
  entries: readonly FileEntry[],
): SettingProblem[] {
  return findDuplicates(field, entries).map((duplicate) => ({
    path: [...duplicate.entry.path, field],
    what: describeDuplicate(duplicate, duplicate.first.label),
  }));
}

function checkQueueOrQueues({ path, raw }: FileEntry): SettingProblem[] {
  const problem = findQueueProblem(raw);
  if (problem === undefined || Array.isArray(raw)) return [];
  const { where, what } = problem;
  return [{ path: where === "" ? path : [...path, where], what }];
}

/** CloudWatch refuses the whole call, and with it all metrics of the loop, for one bad dimension. */
function checkQueueDimensions({ path, raw, cluster, scaler }: FileEntry): SettingProblem[] {
  if (getValue(cluster.raw, ["publishMetrics"]) !== true) return [];
  const queues = scaler?.queues ?? [];
  return queues
    .filter((queue) => !DIMENSION_VALUE.test(queue))
    .map((queue) => ({
      path: [...path, getValue(raw, ["queue"]) === queue ? "queue" : "queues"],
      what: `${JSON.stringify(queue)} is not allowed with publishMetrics: true; allowed: printable ASCII characters, because a queue's name is a CloudWatch dimension`,
    }));
}

/** The other settings of an entry that decide whether its scale-in settings fit together. */
const GRACEFUL_SETTINGS: readonly Path[] = [["elasticCiMode"], ["scaleIn", "graceful"]];

function checkGracefulScaleIn({ path, raw }: FileEntry): SettingProblem[] {
  return findGracefulProblems(raw).map(({ where, what }) => ({
    path: [...path, ...where.split(".")],
    what,
    involved: GRACEFUL_SETTINGS,
  }));
}

/** The other settings that decide whether both factors act. */
const FACTOR_SETTINGS: readonly Path[] = [
  ["scaleOut", "factor"],
  ["scaleIn", "disabled"],
  ["scaleOut", "disabled"],
  ...GRACEFUL_SETTINGS,
];

/**
 * Both changes are rounded up, so with both factors above 1 each overshoots the target and the group never
 * comes to rest. The loop accepts such factors all the same: buildkite-agent-scaler does. A graceful scale-in
 * never drains more than the surplus.
 */
function checkFactors({ path, scaler }: FileEntry): SettingProblem[] {
  if (scaler === undefined) return [];
  const { scaleIn, scaleOut } = scaler;
  const overshoots = [scaleIn, scaleOut].every(
    ({ disabled, factor }) => !disabled && factor !== undefined && factor > 1,
  );
  if (!overshoots || scaleIn.graceful) return [];
  const what = `${scaleIn.factor} and scaleOut.factor ${scaleOut.factor} are both above 1, so each change overshoots the target and the group never comes to rest; allowed: at most one of them above 1`;
  return [{ path: [...path, "scaleIn", "factor"], what, involved: FACTOR_SETTINGS }];
}

/** A cluster is cut into loops between entries, so each entry has to fit by itself. */
function checkStateSize({ path, scaler, stateBytes = 0 }: FileEntry): SettingProblem[] {
  const most = scaler === undefined ? 0 : mostStateBytes([scaler]);
  if (scaler === undefined || stateBytes <= most) return [];
  const what = `${scaler.queues.length} queues can make a state of ${stateBytes} bytes; allowed: ${most} bytes, because Step Functions limits its size; use fewer queues in one entry`;
  return [{ path: [...path, "queues"], what }];
}
