import type { LoopInput } from "../../config/loops.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { GroupOptions } from "../fleet/options.ts";
import type { Trace } from "../trace.ts";

/** What a policy has to work with. */
export interface PolicyWorld {
  fleet: Fleet;
  trace: Trace;
  startMs: number;
  pollIntervalSeconds: number;
}

/** Somebody who looks at a fleet from time to time, and sets capacities. */
export interface Actor {
  /** When to act next, epoch milliseconds; asked anew each time, because what happens may change it. */
  nextMs(): number;
  act(): void;
  /** How often it has looked by then. */
  polls(untilMs: number): number;
}

/** One way to decide. */
export interface Policy {
  name: string;
  /** In one sentence. */
  about: string;
  /** What it scales. */
  loops: readonly LoopInput[];
  /** The groups as it needs them to be. Default: as they are. */
  group?(options: GroupOptions): GroupOptions;
  actors(world: PolicyWorld): Actor[];
}
