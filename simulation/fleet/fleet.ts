import { type GroupFacts, type QueueFacts, sumQueues } from "../../functions/core/facts.ts";
import { sum } from "../statistics.ts";
import { Group } from "./group.ts";
import type { Instance } from "./instance.ts";
import { appearanceMs, type FleetOptions, type Job } from "./options.ts";
import { Queue } from "./queue.ts";
import { randomStream } from "./random.ts";
import { RunCommand } from "./run-command.ts";
import { Timeline } from "./timeline.ts";
import type {
  InvocationFilter,
  World,
  WorldCommand,
  WorldGroup,
  WorldInvocation,
} from "./world.ts";

/**
 * Jobs, agents and instances over time. It has no clock: the caller advances the time, which jumps
 * from one event to the next, so a month passes in seconds.
 */
export class Fleet implements World {
  readonly organization = "example";
  readonly cluster = "main";
  readonly #timeline: Timeline;
  readonly #queues: ReadonlyMap<string, Queue>;
  readonly #groups: ReadonlyMap<string, Group>;
  readonly #runCommand: RunCommand;
  readonly #jobs: Iterator<Job>;
  #nextJob: Job | undefined;

  constructor({ startMs, seed, groups, jobs }: FleetOptions) {
    const timeline = new Timeline(startMs);
    const names = new Set(groups.flatMap(({ queues }) => queues));
    const queues = new Map([...names].map((name) => [name, new Queue(name)]));
    this.#timeline = timeline;
    this.#queues = queues;
    this.#groups = new Map(
      groups.map((options, index) => [
        options.name,
        new Group(options, {
          number: index + 1,
          queues: options.queues.flatMap((name) => queues.get(name) ?? []),
          timeline,
          random: randomStream(seed, `group/${options.name}`),
        }),
      ]),
    );
    for (const group of this.#groups.values()) {
      for (const name of group.options.queues) queues.get(name)?.addTaker(group);
    }
    this.#runCommand = new RunCommand({
      timeline,
      seed,
      findInstance: (id) => this.#findInstance(id),
    });
    this.#jobs = jobs[Symbol.iterator]();
    this.#takeNextJob();
  }

  get nowMs(): number {
    return this.#timeline.nowMs;
  }

  /** Returns when the next event is due, in epoch milliseconds: a timer or a job. Infinity if there is none. */
  nextEventMs(): number {
    return Math.min(this.#timeline.nextMs(), this.#nextJobMs());
  }

  /**
   * Runs every event that is due by `ms` and sets the time to `ms`. The time never goes back.
   * @param ms epoch milliseconds
   * @throws RangeError if a job appears whose queue has no group
   */
  advanceTo(ms: number): void {
    for (;;) {
      const timerMs = this.#timeline.nextMs();
      const jobMs = this.#nextJobMs();
      const nextMs = Math.min(timerMs, jobMs);
      if (nextMs > ms || nextMs === Number.POSITIVE_INFINITY) break;
      if (timerMs <= jobMs) this.#timeline.runNext();
      else this.#admitNextJob(jobMs);
    }
    if (ms > this.#timeline.nowMs && Number.isFinite(ms)) this.#timeline.moveTo(ms);
  }

  /** Returns whether every job has appeared and ended. */
  isDone(): boolean {
    if (this.#nextJob !== undefined) return false;
    return [...this.#queues.values()].every((queue) => queue.isEmpty());
  }

  queues(): ReadonlyMap<string, QueueFacts> {
    return new Map([...this.#queues].map(([name, queue]) => [name, queue.facts()]));
  }

  queueFacts(name: string): QueueFacts | undefined {
    return this.#queues.get(name)?.facts();
  }

  /** Returns the sum of several queues' jobs and agents. Unknown names count as empty. */
  sumQueueFacts(names: readonly string[]): QueueFacts {
    return sumQueues(names.map((name) => this.queueFacts(name)));
  }

  /** Returns how long the oldest job that is scheduled in these queues has waited; undefined if there is none. */
  longestWaitSeconds(names: readonly string[]): number | undefined {
    const oldest = names.flatMap((name) => this.#queues.get(name)?.scheduled.front() ?? []);
    if (oldest.length === 0) return undefined;
    return (this.nowMs - Math.min(...oldest.map(({ scheduledMs }) => scheduledMs))) / 1000;
  }

  /** Returns how many instances of a group run jobs. @throws RangeError if there is no such group */
  busyInstances(group: string): number {
    return this.#findGroup(group).agents.busyInstances;
  }

  /** Returns how often a job of a group lost its instance or its agent. @throws RangeError if there is no such group */
  countInterruptions(group: string): number {
    return sum(this.#findGroup(group).interruptions.values());
  }

  groupFacts(name: string): GroupFacts | undefined {
    return this.#groups.get(name)?.facts();
  }

  group(name: string): WorldGroup | undefined {
    return this.#groups.get(name)?.describe();
  }

  groupNames(): readonly string[] {
    return [...this.#groups.keys()];
  }

  setDesiredCapacity(group: string, desired: number): void {
    this.#findGroup(group).setDesiredCapacity(desired);
  }

  setLimits(group: string, { min, max }: { min: number; max: number }): void {
    this.#findGroup(group).setLimits(min, max);
  }

  setTag(group: string, key: string, value: string): void {
    this.#findGroup(group).tags.set(key, value);
  }

  terminateInstances(group: string, instances: readonly string[], decrement: boolean): void {
    this.#findGroup(group).terminateInstances(instances, decrement);
  }

  sendCommand(request: WorldCommand): string {
    return this.#runCommand.send(request);
  }

  invocations(filter: InvocationFilter): readonly WorldInvocation[] {
    return this.#runCommand.invocations(filter);
  }

  /** Returns whether SSM reaches an instance. */
  isOnline(id: string): boolean {
    const found = this.#findInstance(id);
    return found !== undefined && this.#runCommand.isOnline(found);
  }

  /** Sends SIGTERM to an instance's agent, as somebody else may. @throws RangeError if there is no such instance */
  signalAgent(id: string): void {
    const { instance, group } = this.#getInstance(id);
    group.units.signal(instance);
  }

  /** Kills an instance's agent; the instance lives on. @throws RangeError if there is no such instance */
  killAgent(id: string): void {
    const { instance, group } = this.#getInstance(id);
    group.units.die(instance);
  }

  /** Returns a group's instances, in the order in which {@link group} lists them. @throws RangeError if there is no such group */
  instances(group: string): readonly Instance[] {
    return this.#findGroup(group).instances.all();
  }

  /** Returns the ids of a group's instances in service, in the order in which {@link group} lists them. */
  inServiceIds(group: string): readonly string[] {
    return this.#findGroup(group).instances.inServiceIds();
  }

  /** Returns the value of a group's tag; undefined if it has no such tag. */
  tag(group: string, key: string): string | undefined {
    return this.#findGroup(group).tags.get(key);
  }

  /** Returns the queues and groups, with what they have counted so far. */
  results(): FleetResults {
    return { nowMs: this.nowMs, queues: this.#queues, groups: this.#groups };
  }

  #findInstance(id: string): { instance: Instance; group: Group } | undefined {
    for (const group of this.#groups.values()) {
      const instance = group.instances.find(id);
      if (instance !== undefined) return { instance, group };
    }
    return undefined;
  }

  #getInstance(id: string): { instance: Instance; group: Group } {
    const found = this.#findInstance(id);
    if (found === undefined) throw new RangeError(`there is no instance ${id}`);
    return found;
  }

  #findGroup(name: string): Group {
    const group = this.#groups.get(name);
    if (group === undefined) throw new RangeError(`there is no group ${name}`);
    return group;
  }

  #nextJobMs(): number {
    const job = this.#nextJob;
    return job === undefined ? Number.POSITIVE_INFINITY : appearanceMs(job);
  }

  #takeNextJob(): void {
    const next = this.#jobs.next();
    this.#nextJob = next.done === true ? undefined : next.value;
  }

  /** Counts a job as waiting until its wait step is over. */
  #holdUntilScheduled(queue: Queue, job: Job): void {
    queue.waiting += 1;
    this.#timeline.at(job.scheduledMs, () => {
      queue.waiting -= 1;
      scheduleJob(queue, job);
    });
  }

  #admitNextJob(atMs: number): void {
    const job = this.#nextJob;
    if (job === undefined) return;
    this.#takeNextJob();
    this.#timeline.moveTo(Math.max(atMs, this.nowMs));
    const queue = this.#queues.get(job.queue);
    if (queue === undefined) throw new RangeError(`no group runs jobs of the queue ${job.queue}`);
    if (job.scheduledMs <= this.nowMs) scheduleJob(queue, job);
    else this.#holdUntilScheduled(queue, job);
  }
}

/** The queues and groups of a fleet by name, with what they have counted. */
export interface FleetResults {
  nowMs: number;
  queues: ReadonlyMap<string, Queue>;
  groups: ReadonlyMap<string, Group>;
}

function scheduleJob(queue: Queue, job: Job): void {
  queue.schedule(job);
  queue.dispatch();
}
