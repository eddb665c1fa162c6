import type { LoopInput } from "../../config/loops.ts";
import type { WorkloadName } from "./demo-workloads.ts";

/** How a loop is tried out. */
export interface TryoutOptions {
  /** The cluster to run. */
  loop: LoopInput;
  seconds: number;
  /** Absent: the definition's own. */
  pollIntervalSeconds?: number | undefined;
  seed: number;
  workload: WorkloadName;
  /** Where what was run is written to. */
  folder: string;
}
