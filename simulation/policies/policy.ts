import type { LoopInput } from "../../config/loops.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { GroupOptions, Job } from "../fleet/options.ts";
import type { Trace } from "../trace.ts";

/** How many calls of AWS's services were made. */
export interface CallCounts {
  autoScaling: number;
  ssm: number;
}

/** A policy that calls nothing that is counted. */
export const NO_CALLS: CallCounts = { autoScaling: 0, ssm: 0 };

/** What a policy acts on. */
export interface PolicyWorld {
  fleet: Fleet;
  trace: Trace;
  /** Epoch milliseconds. */
  startMs: number;
  seed: number;
  pollIntervalSeconds: number;
  /** Of polls that an event begins. Default: the loop's own. */
  leastGapSeconds?: number | undefined;
  /** Returns the jobs of the fleet, from the first one on. */
  jobs(): Iterable<Job>;
}

/** Polls a fleet from time to time and sets desired capacities. */
export interface Actor {
  /** Returns when to act next, in epoch milliseconds. Events may change it, so it is asked before each act. */
  nextMs(): number;
  act(): Promise<void>;
  /** Returns how many polls there have been by `untilMs`. */
  polls(untilMs: number): number;
  /** Returns how many calls of AWS's services there have been by `untilMs`. */
  calls(untilMs: number): CallCounts;
}

/** One way to decide. */
export interface Policy {
  name: string;
  /** In one sentence. */
  about: string;
  /** What it scales. */
  loops: readonly LoopInput[];
  /** Whether one of the loops listens to Buildkite's events. Default: none does. */
  hasEvents?: boolean;
  /** Adapts a group to the policy. Default: the group stays as it is. */
  adaptGroup?(options: GroupOptions): GroupOptions;
  createActors(world: PolicyWorld): Promise<Actor[]>;
}
