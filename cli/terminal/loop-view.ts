import type { Decision } from "../../functions/core/decision.ts";
import type { GroupFacts, QueueFacts } from "../../functions/core/facts.ts";

/** What a person sees of one scaler. What is not known yet is absent. */
export interface ScalerView {
  name: string;
  queues: readonly string[];
  /** A dry run: it would do what it decides. */
  rehearses?: boolean;
  /** Jobs and agents of its queues, summed. */
  queue?: QueueFacts | undefined;
  group?: GroupFacts | undefined;
  /** The last one. */
  decision?: Decision | undefined;
  /** The last decision that moved the desired capacity, and when it was made. */
  moved?: { decision: Decision; atMs: number } | undefined;
}

/** What a person sees of a loop that runs. Times are epoch milliseconds. */
export interface LoopView {
  title: string;
  startedMs: number;
  /** Absent where it goes on until stopped. */
  endsMs?: number | undefined;
  polls: number;
  /** Absent before the first poll and after the last. */
  nextPollMs?: number | undefined;
  /** Calls made so far, by service; absent where nobody counts them. */
  calls?: ReadonlyMap<string, number> | undefined;
  scalers: readonly ScalerView[];
}
