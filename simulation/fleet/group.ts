import type { GroupFacts } from "../../functions/core/facts.ts";
import { AgentUnits } from "./agent-units.ts";
import { Agents } from "./agents.ts";
import type { Instance } from "./instance.ts";
import { InstanceList } from "./instance-list.ts";
import { Lifecycle } from "./lifecycle.ts";
import type { GroupOptions } from "./options.ts";
import type { JobTaker, Queue } from "./queue.ts";
import { type Random, sampleWhole } from "./random.ts";
import { cancelTimer, type Timeline, type Timer } from "./timeline.ts";
import type { WorldGroup } from "./world.ts";

/** How long a group waits before it asks AWS again for an instance that AWS did not have. */
const CAPACITY_RETRY_MS = 60_000;

/** What a group shares with the rest of its fleet. */
export interface GroupEnvironment {
  /** Unique in the fleet. */
  number: number;
  queues: readonly Queue[];
  timeline: Timeline;
  random: Random;
}

/** Why jobs were interrupted: they lost their instance or their agent. */
export type InterruptionCause =
  | "scale-in" // Desired capacity fell, so the group terminated an instance.
  | "termination" // A call terminated it.
  | "ended itself"
  | "lost"
  | "agent died"
  | "second signal";

/** An Auto Scaling group: keeps as many instances as desired, whose agents run its queues' jobs. */
export class Group implements JobTaker {
  readonly tags = new Map<string, string>();
  readonly options: GroupOptions;
  readonly instances: InstanceList;
  readonly agents: Agents;
  /** The agents' units of the instances. */
  readonly units: AgentUnits;
  failedLaunches = 0;
  lost = 0;
  /** How often a job was interrupted, by cause. */
  readonly interruptions = new Map<InterruptionCause, number>();
  /** How often an instance lowered the desired capacity that a request had lowered for it already. */
  doubleDecrements = 0;
  /** By how much requests lowered the desired capacity without an end of an instance so far. */
  #lowered = 0;
  #min: number;
  #max: number;
  #desired: number;
  #retry: Timer | undefined;
  readonly #lifecycle: Lifecycle;
  readonly #queues: readonly Queue[];
  readonly #timeline: Timeline;
  readonly #random: Random;

  constructor(options: GroupOptions, { number, queues, timeline, random }: GroupEnvironment) {
    const { leastBilledSeconds } = options.instance;
    this.options = options;
    this.#queues = queues;
    this.#timeline = timeline;
    this.#random = random;
    this.#min = options.min;
    this.#max = options.max;
    this.#desired = options.desired ?? options.min;
    this.instances = new InstanceList({ groupNumber: number, leastBilledSeconds }, timeline);
    this.#lifecycle = this.#createLifecycle();
    this.agents = new Agents(options, queues, timeline, (instance) => this.#reportIdle(instance));
    this.units = new AgentUnits(
      { options: options.instance, agents: this.agents, timeline, random },
      {
        onEndsItself: (instance) => this.#endItself(instance),
        onInterrupted: (jobs, cause) => this.#countInterruptions(jobs, cause),
      },
    );
    for (let count = 0; count < this.#desired; count += 1) {
      this.#lifecycle.skipStart(this.instances.launch());
    }
  }

  facts(): GroupFacts {
    const { live, inService } = this.instances;
    return {
      desired: this.#desired,
      min: this.#min,
      max: this.#max,
      inService,
      pending: live.length - inService,
    };
  }

  /** Returns the group as DescribeAutoScalingGroups does. */
  describe(): WorldGroup {
    const { name } = this.options;
    const instances = this.instances.describe();
    const { tags } = this;
    return { name, min: this.#min, max: this.#max, desired: this.#desired, instances, tags };
  }

  /** @throws RangeError if it is not within min and max */
  setDesiredCapacity(desired: number): void {
    if (desired < this.#min || desired > this.#max) {
      throw new RangeError(`${desired} is not within ${this.#min} and ${this.#max}`);
    }
    const { nowMs } = this.#timeline;
    if (this.#desired === 0 && desired > 0) {
      for (const queue of this.#queues) queue.recordScaleOutFromZero(nowMs);
    }
    this.#lowered = Math.max(0, this.#lowered + this.#desired - desired);
    this.#desired = desired;
    this.#reconcile();
  }

  /** @throws RangeError if desired capacity would fall below min, or if the group has no such instance */
  terminateInstances(ids: readonly string[], decrement: boolean): void {
    const named = [...new Set(ids)];
    const missing = named.find((id) => this.instances.find(id) === undefined);
    if (missing !== undefined) throw new RangeError(`there is no instance ${missing}`);
    const live = named.flatMap((id) => this.instances.findLive(id) ?? []);
    const desired = this.#desired - (decrement ? live.length : 0);
    if (desired < this.#min) throw new RangeError(`${desired} is below min, ${this.#min}`);
    this.#desired = desired;
    for (const instance of live) this.#terminate(instance, "termination");
    this.#reconcile();
  }

  setLimits(min: number, max: number): void {
    this.#min = min;
    this.#max = max;
    this.#desired = Math.min(Math.max(this.#desired, min), max);
    this.#reconcile();
  }

  takeJob(queue: Queue): boolean {
    return this.agents.takeJob(queue);
  }

  #createLifecycle(): Lifecycle {
    return new Lifecycle(this.options.instance, this.#timeline, this.#random, {
      onLaunchFailed: (instance) => this.#replaceFailedLaunch(instance),
      onInService: (instance) => this.instances.enterService(instance),
      onAgentsStarted: (instance) => this.units.start(instance),
      onLost: (instance) => this.#replaceLost(instance),
      onIdleTooLong: (instance) => this.units.quit(instance),
      onTerminated: (instance) => this.instances.endTermination(instance),
    });
  }

  /** Launches or terminates instances until there are as many as desired, or AWS has no capacity. */
  #reconcile(): void {
    const { live } = this.instances;
    if (this.options.instance.scaleInEnds !== "none") {
      while (live.length > this.#desired) this.#scaleIn();
    }
    while (live.length < this.#desired && this.#canLaunch()) this.#launch();
    if (live.length < this.#desired) this.#retryLater();
  }

  #canLaunch(): boolean {
    const { capacityLimit = Number.POSITIVE_INFINITY } = this.options.instance;
    return this.instances.size < capacityLimit;
  }

  #retryLater(): void {
    if (this.#retry?.run !== undefined) return;
    this.failedLaunches += 1;
    this.#retry = this.#timeline.after(CAPACITY_RETRY_MS, () => {
      cancelTimer(this.#retry);
      this.#reconcile();
    });
  }

  #launch(): void {
    this.#lifecycle.boot(this.instances.launch());
  }

  #replaceFailedLaunch(instance: Instance): void {
    this.failedLaunches += 1;
    this.#remove(instance, "lost");
    this.#reconcile();
  }

  #replaceLost(instance: Instance): void {
    this.lost += 1;
    this.#remove(instance, "lost");
    this.#reconcile();
  }

  /** At min, the instance marks itself unhealthy instead: the group replaces it. */
  #endItself(instance: Instance): void {
    if (this.#desired > this.#min) this.#decrement();
    this.#terminate(instance, "ended itself");
    this.#reconcile();
  }

  #decrement(): void {
    this.#desired -= 1;
    if (this.#lowered === 0) return;
    this.#lowered -= 1;
    this.doubleDecrements += 1;
  }

  #reportIdle(instance: Instance): void {
    if (instance.unit.takesJobs) this.#lifecycle.watchIdle(instance);
    else this.units.endAgent(instance);
  }

  #countInterruptions(jobs: number, cause: InterruptionCause): void {
    if (jobs > 0) this.interruptions.set(cause, (this.interruptions.get(cause) ?? 0) + jobs);
  }

  #scaleIn(): void {
    const instance = this.#selectForScaleIn();
    if (instance === undefined) return;
    this.#lowered = Math.max(0, this.#lowered - 1);
    this.#terminate(instance, "scale-in");
  }

  #selectForScaleIn(): Instance | undefined {
    const { live } = this.instances;
    if (this.options.instance.scaleInEnds === "idle first") {
      const idle = live.findLast(({ running }) => running.size === 0);
      if (idle !== undefined) return idle;
    }
    return live[sampleWhole(0, live.length - 1, this.#random)];
  }

  #terminate(instance: Instance, cause: InterruptionCause): void {
    this.#remove(instance, cause);
    this.instances.startTermination(instance);
    this.#lifecycle.terminate(instance);
  }

  /** Removes a live instance: its boot is cancelled, interrupted jobs start again elsewhere. */
  #remove(instance: Instance, cause: InterruptionCause): void {
    this.#lifecycle.stop(instance);
    this.units.release(instance);
    this.#countInterruptions(instance.running.size, cause);
    this.instances.remove(instance);
    if (this.instances.live.length === 0) this.agents.forgetAll();
    this.agents.disconnect(instance);
  }
}
