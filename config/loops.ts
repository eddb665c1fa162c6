import type { ScalerEntry } from "../functions/core/scaler-entry.ts";
import { chunkBySize } from "./chunk-by-size.ts";
import type { EventsSetting, FullCluster, FullFile } from "./file-schema.ts";
import type { FileEntry } from "./scalers-file.ts";
import { mostStateBytes } from "./state-size.ts";

/** The input of a loop's executions without their scheduled time: a cluster, or a part of a large one. */
export interface LoopInput {
  /** The cluster's name; the second loop of a large cluster is `main.2`. */
  name: string;
  agentTokenParameter: string;
  agentEndpoint?: string;
  publishMetrics?: boolean;
  allQueueMetrics?: boolean;
  /** As written: whole seconds, or a duration such as `5s`. */
  startupJitter?: number | string;
  /** As written, with the defaults of the file and the cluster. */
  scalers: ScalerEntry[];
}

/** DescribeAutoScalingGroups takes at most 100 groups a call, and a longer execution is hard to read. */
export const MOST_SCALERS = 100;

/**
 * Returns the loops of a file, in its order. A cluster with too many scalers for one execution is cut
 * after every hundredth, or earlier if the state would grow too large. A scaler that is added at the
 * end moves no other scaler to another loop.
 */
export function cutIntoLoops({ clusters }: FullFile, entries: readonly FileEntry[]): LoopInput[] {
  const known = new Map<unknown, FileEntry>(entries.map((entry) => [entry.raw, entry]));
  return clusters.flatMap((cluster) => {
    const scalers = cluster.scalers.flatMap((entry) => known.get(entry)?.scaler ?? []);
    const limits = { items: MOST_SCALERS, size: mostStateBytes(scalers) };
    return chunkBySize(cluster.scalers, (entry) => known.get(entry)?.stateBytes ?? 0, limits).map(
      (part, index) => createLoop(cluster, index, part),
    );
  });
}

/** Returns where the events of each cluster arrive, by its name. A cluster without events is absent. */
export function listEventSettings({ clusters }: FullFile): Map<string, EventsSetting> {
  return new Map(
    clusters.flatMap(({ name, events }) => (events === undefined ? [] : [[name, events]])),
  );
}

/** The cluster of a loop: the loops of a large cluster are `main`, `main.2`, `main.3`. */
export function clusterName(loopName: string): string {
  return loopName.split(".", 1)[0] ?? loopName;
}

function createLoop(cluster: FullCluster, index: number, scalers: ScalerEntry[]): LoopInput {
  const { name, agentTokenParameter, agentEndpoint, startupJitter } = cluster;
  const { publishMetrics, allQueueMetrics } = cluster;
  return {
    name: index === 0 ? name : `${name}.${index + 1}`,
    agentTokenParameter,
    ...(agentEndpoint === undefined ? {} : { agentEndpoint }),
    ...(publishMetrics === undefined ? {} : { publishMetrics }),
    ...(allQueueMetrics === undefined ? {} : { allQueueMetrics }),
    ...(startupJitter === undefined ? {} : { startupJitter }),
    scalers,
  };
}
