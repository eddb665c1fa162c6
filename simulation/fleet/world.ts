import type { QueueFacts } from "../../functions/core/facts.ts";
import type { Activity } from "../../functions/core/memory.ts";

/** What the sandbox's Buildkite and AWS have to tell of: queues, groups and what happened to them. */
export interface World {
  /** Buildkite's slug of the organization. */
  readonly organization: string;
  /** Buildkite's name of the cluster. */
  readonly cluster: string;
  /** Queues that have jobs or agents, or had them once, by name. */
  queues(): ReadonlyMap<string, QueueFacts>;
  /** Undefined where there is no such group. */
  group(name: string): WorldGroup | undefined;
  groupNames(): readonly string[];
  /** Takes effect at once, within min and max only: @throws RangeError otherwise. */
  setDesiredCapacity(group: string, desired: number): void;
  /** Somebody else's change of a group's limits; desired follows, as it does on AWS. */
  setLimits(group: string, limits: { min: number; max: number }): void;
  /** Newest first, as AWS words them. */
  activities(group: string): readonly WorldActivity[];
}

/** One Auto Scaling group. */
export interface WorldGroup {
  name: string;
  min: number;
  max: number;
  desired: number;
  instances: readonly WorldInstance[];
}

/** One EC2 instance of a group. */
export interface WorldInstance {
  id: string;
  lifecycleState: "Pending" | "InService" | "Terminating";
}

/** One entry of a group's activity log. */
export interface WorldActivity extends Activity {
  id: string;
  /** RFC 3339; absent while in progress. */
  endedAt?: string;
}
