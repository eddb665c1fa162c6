import type { QueueFacts } from "../../functions/core/facts.ts";

/** What the sandbox's Buildkite and AWS answer from: queues, groups and the commands for their instances. */
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
  /**
   * Ends instances. With `decrement`, desired capacity falls with them; without, the group replaces them.
   * Instances that terminate already are skipped. Takes effect at once.
   * @throws RangeError if desired capacity would fall below min, or if the group has no such instance
   */
  terminateInstances(group: string, instances: readonly string[], decrement: boolean): void;
  /**
   * Sends a command to instances, as SSM's Run Command does. Returns the command's id.
   * @throws UnknownInstances if SSM does not know one of them; then the command is sent to none
   */
  sendCommand(request: WorldCommand): string;
  /** Returns what SSM has on record, newest first. */
  invocations(filter: InvocationFilter): readonly WorldInvocation[];
  /** Returns what SSM knows of instances; it leaves out those that it does not know. Absent: of none. */
  managedInstances?(ids: readonly string[]): readonly ManagedInstance[];
}

/** SSM's record of an instance. */
export interface ManagedInstance {
  id: string;
  isOnline: boolean;
  platform: "linux" | "windows";
}

/** One Auto Scaling group. */
export interface WorldGroup {
  name: string;
  min: number;
  max: number;
  desired: number;
  instances: readonly WorldInstance[];
  tags: ReadonlyMap<string, string>;
  /** Settings that no scaling depends on here, such as suspended processes. */
  setup?: GroupSetup;
}

/** What somebody may have set in a group, other than its size. */
export interface GroupSetup {
  suspendedProcesses?: readonly string[];
  /** Whether instances are protected from scale-in. */
  isProtected?: boolean;
  zones?: readonly string[];
  /** Names of scaling policies. */
  policies?: readonly string[];
  /** AWS's status of a group that is being deleted. */
  status?: string;
}

/** One EC2 instance of a group. */
export interface WorldInstance {
  id: string;
  lifecycleState: "Pending" | "InService" | "Terminating";
}

/** A command for some instances. */
export interface WorldCommand {
  /** Name of the SSM document. */
  document: string;
  /** What the document does on the instances. `stop-if-idle` leaves an instance with jobs alone. */
  action: "look" | "stop-if-idle" | "stop";
  /** The agents' systemd unit, or a pattern of units. */
  unit: string;
  instances: readonly string[];
  comment: string;
  /** When SSM gives up an instance that has not received the command. Default: 30. */
  deliverySeconds?: number;
}

/** The invocations of one command, or of one document from a time on, at most as many as wanted. */
export type InvocationFilter =
  | { commandId: string }
  | { document: string; afterMs: number; most?: number };

/** SSM's record of one command on one instance. */
export interface WorldInvocation {
  commandId: string;
  instanceId: string;
  document: string;
  comment: string;
  /** When the command was sent, in epoch milliseconds. */
  requestedMs: number;
  status: "Pending" | "InProgress" | "Success" | "Failed" | "TimedOut";
  /** E.g. `Success`, `DeliveryTimedOut`, `ExecutionTimedOut`. */
  statusDetails: string;
  /** What the command printed; empty until it has ended. */
  output: string;
}

/** SSM does not know some of a command's instances, so it refuses the whole command. */
export class UnknownInstances extends Error {
  readonly ids: readonly string[];

  constructor(ids: readonly string[]) {
    super(`Instances [[${ids.join(", ")}]] not in a valid state for account`);
    this.name = "UnknownInstances";
    this.ids = ids;
  }
}
