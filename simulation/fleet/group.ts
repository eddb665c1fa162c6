import type { GroupFacts } from "../../functions/core/facts.ts";
import { ActivityLog, cancelActivity, type Request, type ScalingActivity } from "./activity-log.ts";
import { Agents } from "./agents.ts";
import { sampleMs } from "./distribution.ts";
import { type Instance, instanceId } from "./instance.ts";
import type { GroupOptions } from "./options.ts";
import type { Queue } from "./queue.ts";
import { type Random, sampleExponential, sampleWhole } from "./random.ts";
import { TimeWeightedSum } from "./time-weighted.ts";
import { cancelTimer, type Timeline, type Timer } from "./timeline.ts";
import type { WorldActivity, WorldGroup } from "./world.ts";

const HOUR_MS = 3_600_000;
const LEAST_BILLED_SECONDS = 60;

/** How long the group waits before it asks AWS again for an instance that AWS did not have. */
const CAPACITY_RETRY_MS = 60_000;

/** An Auto Scaling group: keeps as many instances as desired, whose agents run its queues' jobs. */
export class Group {
  readonly options: GroupOptions;
  readonly instancesOverTime: TimeWeightedSum;
  readonly agents: Agents;
  /** What was paid for of instances that have ended, in milliseconds. */
  billedMs = 0;
  launches = 0;
  failedLaunches = 0;
  lost = 0;
  #min: number;
  #max: number;
  #desired: number;
  #inService = 0;
  readonly #live: Instance[] = [];
  readonly #ending = new Set<Instance>();
  #request: Request | undefined;
  #retry: Timer | undefined;
  readonly #log = new ActivityLog();
  readonly #number: number;
  readonly #queues: readonly Queue[];
  readonly #timeline: Timeline;
  readonly #random: Random;

  constructor(options: GroupOptions, { number, queues, timeline, random }: GroupEnvironment) {
    this.options = options;
    this.#number = number;
    this.#queues = queues;
    this.#timeline = timeline;
    this.#random = random;
    this.#min = options.min;
    this.#max = options.max;
    this.#desired = options.desired ?? options.min;
    this.instancesOverTime = new TimeWeightedSum(timeline.nowMs);
    this.agents = new Agents(options, queues, timeline, (instance) => this.#watchIdle(instance));
    for (let count = 0; count < this.#desired; count += 1) this.#connect(this.#enter());
  }

  facts(): GroupFacts {
    return {
      desired: this.#desired,
      min: this.#min,
      max: this.#max,
      inService: this.#inService,
      pending: this.#live.length - this.#inService,
    };
  }

  described(): WorldGroup {
    const { name } = this.options;
    const instances = [...this.#live, ...this.#ending].map((instance) => ({
      id: instanceId(this.#number, instance),
      lifecycleState: instance.lifecycleState,
    }));
    return { name, min: this.#min, max: this.#max, desired: this.#desired, instances };
  }

  activities(sinceMs?: number): WorldActivity[] {
    return this.#log.activities(sinceMs);
  }

  /** @throws RangeError outside min and max */
  setDesiredCapacity(desired: number): void {
    if (desired < this.#min || desired > this.#max) {
      throw new RangeError(`${desired} is not within ${this.#min} and ${this.#max}`);
    }
    const { nowMs } = this.#timeline;
    if (this.#desired === 0 && desired > 0)
      for (const queue of this.#queues) queue.reactToNone(nowMs);
    this.#request = { atMs: nowMs, from: this.#desired, to: desired };
    this.#desired = desired;
    this.#reconcile();
  }

  setLimits(min: number, max: number): void {
    this.#min = min;
    this.#max = max;
    this.#desired = Math.min(Math.max(this.#desired, min), max);
    this.#request = undefined;
    this.#reconcile();
  }

  /** Gives the oldest scheduled job of a queue to an idle agent, if there is one. */
  offer(queue: Queue): boolean {
    return this.agents.offer(queue);
  }

  /** What is paid for up to now, in milliseconds: ended instances and those that live. */
  billedUpTo(nowMs: number): number {
    return this.#live.reduce(
      (sum, { launchedMs }) => sum + this.#bill(launchedMs, nowMs),
      this.billedMs,
    );
  }

  #reconcile(): void {
    while (this.#live.length > this.#desired) this.#scaleIn();
    while (this.#live.length < this.#desired && this.#canLaunch()) this.#launch();
    if (this.#live.length < this.#desired) this.#retryLater();
  }

  #canLaunch(): boolean {
    const { capacityLimit = Number.POSITIVE_INFINITY } = this.options.instance;
    return this.#live.length + this.#ending.size < capacityLimit;
  }

  #retryLater(): void {
    if (this.#retry?.run !== undefined) return;
    this.failedLaunches += 1;
    this.#tell("launch", this.#live.length, this.#live.length + 1, "none", true);
    this.#retry = this.#timeline.after(CAPACITY_RETRY_MS, () => {
      cancelTimer(this.#retry);
      this.#reconcile();
    });
  }

  #launch(): void {
    const before = this.#live.length;
    const instance = this.#enter();
    const { boot, launchFailures = 0 } = this.options.instance;
    const deed = this.#tell("launch", before, this.#desired, instanceId(this.#number, instance));
    instance.launch = deed;
    const fails = launchFailures > 0 && this.#random() < launchFailures;
    instance.step = this.#timeline.after(sampleMs(boot, this.#random), () => {
      deed.endedMs = this.#timeline.nowMs;
      deed.failed = fails;
      if (fails) this.#launchFailed(instance);
      else this.#comeIntoService(instance);
    });
  }

  #enter(): Instance {
    this.launches += 1;
    const instance: Instance = {
      number: this.launches,
      launchedMs: this.#timeline.nowMs,
      lifecycleState: "Pending",
      place: this.#live.length,
      launch: undefined,
      idleAgents: 0,
      running: new Set(),
      step: undefined,
      idleEnd: undefined,
      loss: undefined,
    };
    this.#live.push(instance);
    this.instancesOverTime.add(1, this.#timeline.nowMs);
    return instance;
  }

  #launchFailed(instance: Instance): void {
    this.failedLaunches += 1;
    this.#leave(instance);
    this.#request = undefined;
    this.#reconcile();
  }

  #comeIntoService(instance: Instance): void {
    this.#serve(instance);
    const connectMs = sampleMs(this.options.instance.connect, this.#random);
    instance.step = this.#timeline.after(connectMs, () => this.#connectAgents(instance));
  }

  /** Instances that are there from the start have booted before. */
  #connect(instance: Instance): void {
    this.#serve(instance);
    this.#connectAgents(instance);
  }

  #serve(instance: Instance): void {
    instance.lifecycleState = "InService";
    this.#inService += 1;
    const { lossesPerHour = 0 } = this.options.instance;
    if (lossesPerHour === 0) return;
    const livesMs = sampleExponential(HOUR_MS / lossesPerHour, this.#random);
    instance.loss = this.#timeline.after(livesMs, () => this.#lose(instance));
  }

  #connectAgents(instance: Instance): void {
    instance.step = undefined;
    this.agents.connect(instance);
  }

  #lose(instance: Instance): void {
    this.lost += 1;
    this.#request = undefined;
    const { length } = this.#live;
    const deed = this.#tell("replace", length, length, instanceId(this.#number, instance));
    deed.endedMs = deed.atMs;
    this.#leave(instance);
    this.#reconcile();
  }

  #scaleIn(): void {
    const instance = this.#selected();
    if (instance !== undefined) this.#terminate(instance);
  }

  #terminate(instance: Instance): void {
    const before = this.#live.length;
    const deed = this.#tell("terminate", before, before - 1, instanceId(this.#number, instance));
    this.#leave(instance);
    instance.lifecycleState = "Terminating";
    this.#ending.add(instance);
    const terminateMs = sampleMs(this.options.instance.terminate, this.#random);
    this.#timeline.after(terminateMs, () => {
      deed.endedMs = this.#timeline.nowMs;
      this.#ending.delete(instance);
    });
  }

  #selected(): Instance | undefined {
    if (this.options.instance.scaleInEnds === "idle first") {
      const idle = this.#live.findLast(({ running }) => running.size === 0);
      if (idle !== undefined) return idle;
    }
    return this.#live[sampleWhole(0, this.#live.length - 1, this.#random)];
  }

  /** Takes an instance out, with whatever runs on it: its jobs start again elsewhere. */
  #leave(instance: Instance): void {
    const { nowMs } = this.#timeline;
    cancelTimer(instance.step);
    cancelTimer(instance.loss);
    cancelTimer(instance.idleEnd);
    if (instance.launch !== undefined) cancelActivity(instance.launch, nowMs);
    this.#removeFromLive(instance);
    this.billedMs += this.#bill(instance.launchedMs, nowMs);
    if (instance.lifecycleState === "InService") this.#inService -= 1;
    this.agents.disconnect(instance);
  }

  #removeFromLive(instance: Instance): void {
    const last = this.#live.pop();
    if (last !== undefined && last !== instance) {
      this.#live[instance.place] = last;
      last.place = instance.place;
    }
    if (this.#live.length === 0) this.agents.forgetAll();
    this.instancesOverTime.add(-1, this.#timeline.nowMs);
  }

  #bill(launchedMs: number, untilMs: number): number {
    const { leastBilledSeconds = LEAST_BILLED_SECONDS } = this.options.instance;
    return Math.max(leastBilledSeconds * 1000, untilMs - launchedMs);
  }

  #watchIdle(instance: Instance): void {
    const { endsItselfAfterIdleSeconds: seconds } = this.options.instance;
    if (seconds === undefined) return;
    instance.idleEnd = this.#timeline.after(seconds * 1000, () => this.#endItself(instance));
  }

  #endItself(instance: Instance): void {
    if (this.#desired > this.#min) this.#desired -= 1;
    this.#request = undefined;
    this.#terminate(instance);
    this.#reconcile();
  }

  #tell(
    kind: ScalingActivity["kind"],
    from: number,
    to: number,
    instance: string,
    failed = false,
  ): ScalingActivity {
    const atMs = this.#timeline.nowMs;
    const endedMs = failed ? atMs : undefined;
    return this.#log.add({
      kind,
      atMs,
      endedMs,
      failed,
      instance,
      from,
      to,
      request: this.#request,
    });
  }
}

/** What a group lives in. */
export interface GroupEnvironment {
  /** Unlike in every group of a fleet. */
  number: number;
  queues: readonly Queue[];
  timeline: Timeline;
  random: Random;
}
