import type { Decision } from "../../functions/core/decision.ts";
import type { GroupFacts, QueueFacts } from "../../functions/core/facts.ts";

/** What the live view shows of one scaler. Facts that are not known yet are absent. */
export interface ScalerView {
  name: string;
  queues: readonly string[];
  /** The scaler decides, but its decisions are not applied. */
  isDryRun?: boolean;
  /** Jobs and agents, summed over the scaler's queues. */
  queue?: QueueFacts | undefined;
  group?: GroupFacts | undefined;
  /** Instances that were told to stop and are still in service. */
  draining?: number;
  /** The latest decision. */
  decision?: Decision | undefined;
  /** The latest decision that changed the desired capacity; `atMs` is its time in epoch milliseconds. */
  lastChange?: { decision: Decision; atMs: number } | undefined;
}

/** What the live view shows of a running loop. Times are epoch milliseconds. */
export interface LoopView {
  title: string;
  startedMs: number;
  /** Absent if the loop runs until it is stopped. */
  endsMs?: number | undefined;
  polls: number;
  /** Absent before the first poll and after the last one. */
  nextPollMs?: number | undefined;
  /** Number of calls so far, by service. Absent if calls are not counted. */
  calls?: ReadonlyMap<string, number> | undefined;
  scalers: readonly ScalerView[];
}
