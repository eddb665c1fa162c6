import type { Decision } from "../../functions/core/decision.ts";
import type { GroupFacts, QueueFacts } from "../../functions/core/facts.ts";
import type { PollCause } from "./loop-events.ts";

/** Facts of one scaler. Those that are not known are absent. */
export interface ScalerFacts {
  /** Jobs and agents, summed over the scaler's queues. */
  queue?: QueueFacts | undefined;
  group?: GroupFacts | undefined;
}

/** A decision, and its time in epoch milliseconds. */
export interface TimedDecision {
  decision: Decision;
  atMs: number;
}

/** What the live view shows of one scaler: the facts as they are now, and what was decided. */
export interface ScalerView extends ScalerFacts {
  name: string;
  queues: readonly string[];
  /** The scaler decides, but its decisions are not applied. */
  isDryRun?: boolean;
  /** How long the oldest job that is scheduled now has waited. Absent if no job waits, or if it is not known. */
  longestWaitSeconds?: number | undefined;
  /** Instances that were told to stop and are still in service. */
  draining?: number;
  /** The latest decision, and the facts that it rests on. */
  latest?: (TimedDecision & { facts: ScalerFacts }) | undefined;
  /** The latest decision that changed the desired capacity. */
  lastChange?: TimedDecision | undefined;
}

/** What the live view shows of a running loop. Times are epoch milliseconds. */
export interface LoopView {
  title: string;
  startedMs: number;
  /** Absent if the loop runs until it is stopped. */
  endsMs?: number | undefined;
  polls: number;
  /** What began the latest poll; absent before the first one. */
  cause?: PollCause;
  /** Absent before the first poll and after the last one. */
  nextPollMs?: number | undefined;
  /** Number of calls so far, by service. Absent if calls are not counted. */
  calls?: ReadonlyMap<string, number> | undefined;
  scalers: readonly ScalerView[];
}
