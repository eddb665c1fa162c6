import { findUndrainedScalers } from "../functions/core/execution-input.ts";
import { readScalers, type Scaler } from "../functions/core/scaler.ts";
import { estimateStateBytes, MOST_STATE_BYTES } from "./loops.ts";
import {
  describePath,
  isMapping,
  listClusterPaths,
  listEntryPaths,
  type Path,
  valueAt,
} from "./path.ts";
import type { SettingProblem } from "./remark.ts";
import { DIMENSION_VALUE } from "./schema.ts";
import { findShapeProblems } from "./shape.ts";

/** Everything in a file, defaults filled in, that keeps it from being deployed. */
export function findProblems(full: unknown): SettingProblem[] {
  const clusters = listClusterPaths(full);
  const entries = clusters.map((cluster) => listEntryPaths(full, cluster));
  return [
    ...findShapeProblems(full),
    ...doubles(full, usesOf(full, clusters, "name"), "a name of its own for each cluster"),
    ...doubles(full, usesOf(full, entries.flat(), "group"), "a group in one entry only"),
    ...entries.flatMap((paths) => doubleNames(full, paths)),
    ...entries.flat().flatMap((path) => queueProblems(full, path)),
    ...entries.flat().flatMap((path) => notBuiltYet(full, path)),
    ...entries.flat().flatMap((path) => tooLarge(full, path)),
  ];
}

/** The scaler of an entry, every default filled in; undefined where the entry makes no sense. */
export function parseScalerAt(full: unknown, path: Path): Scaler | undefined {
  return readScalers([valueAt(full, path)], String).scalers[0];
}

/** A value that may stand in one place only. */
interface Use {
  holder: Path;
  field: string;
  value: string;
}

function usesOf(full: unknown, holders: readonly Path[], field: string): Use[] {
  return holders.flatMap((holder) => {
    const value = valueAt(full, [...holder, field]);
    return typeof value === "string" ? [{ holder, field, value }] : [];
  });
}

/** A value that stands in two places: the later one is named, with the earlier one. */
function doubles(full: unknown, uses: readonly Use[], allowed: string): SettingProblem[] {
  const byValue = Map.groupBy(uses, ({ value }) => value);
  return [...byValue.values()].flatMap(([first, ...later]) =>
    later.map(({ holder, field, value }) => {
      const earlier = describePath(full, first?.holder ?? []);
      const what = `${JSON.stringify(value)} stands in ${earlier} already; allowed: ${allowed}`;
      return { path: [...holder, field], what };
    }),
  );
}

/** A scaler without a name has its group's; that a group stands twice is said elsewhere. */
function doubleNames(full: unknown, entries: readonly Path[]): SettingProblem[] {
  const groups = new Set<string>();
  const uses = entries.flatMap((entry) => {
    const named = usesOf(full, [entry], "name");
    if (named.length > 0) return named;
    const news = usesOf(full, [entry], "group").filter(({ value }) => !groups.has(value));
    for (const { value } of news) groups.add(value);
    return news;
  });
  return doubles(full, uses, "a name in one entry only, and no other entry's group");
}

function queueProblems(full: unknown, path: Path): SettingProblem[] {
  const entry = valueAt(full, path);
  if (!isMapping(entry)) return [];
  const { queue, queues } = entry;
  const at = [...path, "queue"];
  if (queue === undefined && queues === undefined)
    return [{ path: at, what: "is missing; allowed: queue or queues" }];
  if (queue !== undefined && queues !== undefined)
    return [{ path: at, what: "stands beside queues; allowed: one of the two" }];
  return unpublishableQueues(full, path);
}

/** One dimension that CloudWatch refuses loses the metrics of the whole cluster. */
function unpublishableQueues(full: unknown, path: Path): SettingProblem[] {
  if (valueAt(full, [...path.slice(0, 2), "publishMetrics"]) !== true) return [];
  const queues = parseScalerAt(full, path)?.queues ?? [];
  return queues
    .filter((queue) => !DIMENSION_VALUE.test(queue))
    .map((queue) => ({
      path: [...path, valueAt(full, [...path, "queue"]) === queue ? "queue" : "queues"],
      what: `${JSON.stringify(queue)} is not allowed with publishMetrics: true; allowed: printable ASCII characters, because CloudWatch takes no others`,
    }));
}

function notBuiltYet(full: unknown, path: Path): SettingProblem[] {
  const scaler = parseScalerAt(full, path);
  const found = scaler === undefined ? [] : findUndrainedScalers([scaler]);
  return found.map(({ what }) => ({
    path: [...path, "elasticCiMode"],
    what,
    besides: [["dryRun"]],
  }));
}

/** Loops are cut between entries, so one entry has to fit by itself. */
function tooLarge(full: unknown, path: Path): SettingProblem[] {
  const entry = valueAt(full, path);
  const scaler = parseScalerAt(full, path);
  if (scaler === undefined) return [];
  const bytes = estimateStateBytes(entry, scaler);
  if (bytes <= MOST_STATE_BYTES) return [];
  const what = `${scaler.queues.length} queues make a state of up to ${bytes} bytes; allowed: queues that come to ${MOST_STATE_BYTES}, because Step Functions carries no more`;
  return [{ path: [...path, "queues"], what }];
}
