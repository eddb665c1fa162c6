import type { Distribution } from "../../simulation/fleet/distribution.ts";

/** The parsed command line of `simulate`. Durations are seconds, prices are dollars per hour. */
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
  /** Default: the definition's. */
  pollInterval?: number;
  eventDelay: Distribution;
  eventsLost: number;
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
  endFailures: number;
  agentDeathsPerHour: number;
  commandAnswer: Distribution;
  silentInstances: number;
  scaleInEnds: "any" | "idle";
  leastBilled: number;
  price: number;
  json?: boolean;
  report?: string;
}

/** The limits of one group, in place of `--min` and `--max`. */
export interface GroupLimits {
  group: string;
  min: number;
  max: number;
}
