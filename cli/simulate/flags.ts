import type { Distribution } from "../../simulation/fleet/distribution.ts";

/** What `simulate` is told on the command line. */
export interface SimulateFlags {
  scalers: string;
  compare: string[];
  workload: string;
  set: string[];
  jobs: string[];
  defaultQueue?: string;
  /** Epoch milliseconds. */
  from: number;
  days: number;
  seed: number;
  /** Seconds; absent: the definition's. */
  pollInterval?: number;
  min: number;
  max: number;
  limits: GroupLimits[];
  boot: Distribution;
  connect: Distribution;
  terminate: Distribution;
  launchFailures: number;
  capacity?: number;
  lossesPerHour: number;
  idleTimeout?: number;
  scaleInEnds: "any" | "idle";
  leastBilled: number;
  price: number;
  json: boolean;
  report?: string;
}

/** Limits of one group, unlike the others'. */
export interface GroupLimits {
  group: string;
  min: number;
  max: number;
}
