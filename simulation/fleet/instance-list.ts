import { createUnit, formatInstanceId, type Instance } from "./instance.ts";
import { TimeWeightedSum } from "./time-weighted.ts";
import type { Timeline } from "./timeline.ts";
import type { WorldInstance } from "./world.ts";

const LEAST_BILLED_SECONDS = 60;

/** How a list names and bills its instances. */
export interface InstanceListOptions {
  /** Unique in a fleet. */
  groupNumber: number;
  /** Default: 60. */
  leastBilledSeconds?: number | undefined;
}

/** The instances of a group: those that count as its capacity, those that terminate, and what all are billed. */
export class InstanceList {
  /** Instances that count as capacity, in no order. */
  readonly live: Instance[] = [];
  /** The live instances over time. */
  readonly overTime: TimeWeightedSum;
  launches = 0;
  inService = 0;
  readonly #terminating = new Set<Instance>();
  /** Live and terminating instances. */
  readonly #byId = new Map<string, Instance>();
  readonly #groupNumber: number;
  readonly #leastBilledMs: number;
  readonly #timeline: Timeline;
  /** Undefined after a change, until it is asked for. */
  #inServiceIds: readonly string[] | undefined;
  /** Of the instances that are no longer live. */
  #billedMs = 0;

  constructor(options: InstanceListOptions, timeline: Timeline) {
    const { groupNumber, leastBilledSeconds = LEAST_BILLED_SECONDS } = options;
    this.#groupNumber = groupNumber;
    this.#leastBilledMs = leastBilledSeconds * 1000;
    this.#timeline = timeline;
    this.overTime = new TimeWeightedSum(timeline.nowMs);
  }

  /** Live and terminating instances: what AWS has to provide. */
  get size(): number {
    return this.live.length + this.#terminating.size;
  }

  /** Returns an instance that is live or terminates; undefined if there is none. */
  find(id: string): Instance | undefined {
    return this.#byId.get(id);
  }

  /** Returns an instance that counts as capacity; undefined if there is none. */
  findLive(id: string): Instance | undefined {
    const instance = this.#byId.get(id);
    return instance?.lifecycleState === "Terminating" ? undefined : instance;
  }

  /** Returns the instances as DescribeAutoScalingGroups lists them. */
  describe(): WorldInstance[] {
    return this.all().map(({ id, lifecycleState }) => ({ id, lifecycleState }));
  }

  /** Returns the live and the terminating instances. */
  all(): Instance[] {
    return [...this.live, ...this.#terminating];
  }

  /** Returns the ids of the instances in service, in the order of {@link describe}. */
  inServiceIds(): readonly string[] {
    this.#inServiceIds ??= this.live
      .filter(({ lifecycleState }) => lifecycleState === "InService")
      .map(({ id }) => id);
    return this.#inServiceIds;
  }

  /** Adds a pending instance. */
  launch(): Instance {
    this.launches += 1;
    const instance: Instance = {
      id: formatInstanceId(this.#groupNumber, this.launches),
      launchedMs: this.#timeline.nowMs,
      lifecycleState: "Pending",
      index: this.live.length,
      unit: createUnit(),
      idleAgents: 0,
      running: new Set(),
      startTimer: undefined,
      idleTimer: undefined,
      lossTimer: undefined,
    };
    this.live.push(instance);
    this.#byId.set(instance.id, instance);
    this.overTime.add(1, this.#timeline.nowMs);
    return instance;
  }

  enterService(instance: Instance): void {
    instance.lifecycleState = "InService";
    this.#inServiceIds = undefined;
    this.inService += 1;
  }

  /** Bills a live instance and removes it. */
  remove(instance: Instance): void {
    const { nowMs } = this.#timeline;
    this.#billedMs += this.#bill(instance, nowMs);
    if (instance.lifecycleState === "InService") this.inService -= 1;
    this.#fillGap(instance);
    this.#inServiceIds = undefined;
    this.#byId.delete(instance.id);
    this.overTime.add(-1, nowMs);
  }

  /** Lists a removed instance as terminating, until {@link endTermination}. */
  startTermination(instance: Instance): void {
    instance.lifecycleState = "Terminating";
    this.#terminating.add(instance);
    this.#byId.set(instance.id, instance);
  }

  endTermination(instance: Instance): void {
    this.#terminating.delete(instance);
    this.#byId.delete(instance.id);
  }

  /** Returns the time that is paid for up to now, in milliseconds, of removed and of live instances. */
  billedUpTo(nowMs: number): number {
    return this.live.reduce((sum, instance) => sum + this.#bill(instance, nowMs), this.#billedMs);
  }

  /** The last instance moves to the removed one's index: O(1), and the order has no meaning. */
  #fillGap({ index }: Instance): void {
    const last = this.live.pop();
    if (last === undefined || last.index === index) return;
    this.live[index] = last;
    last.index = index;
  }

  #bill({ launchedMs }: Instance, untilMs: number): number {
    return Math.max(this.#leastBilledMs, untilMs - launchedMs);
  }
}
