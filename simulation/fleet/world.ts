import type { QueueFacts } from "../../functions/core/facts.ts";

/** What the sandbox's Buildkite and AWS answer from: queues, groups and their activities. */
export interface World {
  /** Buildkite's slug of the organization. */
  readonly organization: string;
  /** Buildkite's name of the cluster. */
  readonly cluster: string;
  /** Queues that have or had jobs or agents, by name. */
  queues(): ReadonlyMap<string, QueueFacts>;
  /** Undefined if there is no such group. */
  group(name: string): WorldGroup | undefined;
  groupNames(): readonly string[];
  /** Takes effect at once. @throws RangeError if it is not within min and max, or if there is no such group */
  setDesiredCapacity(group: string, desired: number): void;
  /** Changes a group's limits, as another user would; the desired capacity follows, as on AWS. */
  setLimits(group: string, limits: { min: number; max: number }): void;
  /** Sets a tag of a group, as CreateOrUpdateTags does. @throws RangeError if there is no such group */
  setTag(group: string, key: string, value: string): void;
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
  tags: ReadonlyMap<string, string>;
}

/** One EC2 instance of a group. */
export interface WorldInstance {
  id: string;
  lifecycleState: "Pending" | "InService" | "Terminating";
}

/** One entry of a group's activity log. */
export interface WorldActivity {
  id: string;
  /** AWS's own English account of it. */
  cause: string;
  /** RFC 3339. */
  startedAt: string;
  /** E.g. `Successful`, `InProgress`, `Failed`, `Cancelled`. */
  status: string;
  /** RFC 3339; absent while in progress. */
  endedAt?: string;
}
