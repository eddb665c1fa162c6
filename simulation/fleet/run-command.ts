import { type Distribution, sampleMs } from "./distribution.ts";
import type { Group } from "./group.ts";
import type { Instance } from "./instance.ts";
import { mayStop, printAnswer } from "./instance-script.ts";
import type { CommandOptions } from "./options.ts";
import { type Random, randomStream } from "./random.ts";
import type { Timeline } from "./timeline.ts";
import {
  type InvocationFilter,
  UnknownInstances,
  type WorldCommand,
  type WorldInvocation,
} from "./world.ts";

const ANSWER: Distribution = { from: 1, to: 4 };
const LATE_BY: Distribution = { from: 10, to: 40 };
const DELIVERY_SECONDS = 30;

/** SSM gives a running command up after this time: the documents' timeoutSeconds. */
const EXECUTION_MS = 20_000;

/** How long a stop of an instance without jobs waits there for its unit to become inactive. */
const STOP_WAIT_MS = 10_000;

/** SSM forgets later than that; nobody asks for older commands. */
const KEPT_MS = 25 * 3_600_000;

/** What a {@link RunCommand} needs of its fleet. */
export interface RunCommandEnvironment {
  timeline: Timeline;
  seed: number;
  /** Finds an instance that is live or terminates. */
  findInstance(id: string): { instance: Instance; group: Group } | undefined;
}

/** A command on its way to one instance. */
interface Delivery {
  request: WorldCommand;
  invocation: WorldInvocation;
  instance: Instance;
  group: Group;
}

/** How SSM reaches one instance. It is drawn once, for each instance from a stream of its own. */
interface Reach {
  random: Random;
  isSilent: boolean;
  isUnknown: boolean;
}

/** SSM's Run Command: delivers commands to instances, some late and some never, and keeps their answers. */
export class RunCommand {
  readonly #environment: RunCommandEnvironment;
  readonly #reaches = new WeakMap<Instance, Reach>();
  /** By command id, oldest first. */
  readonly #commands = new Map<string, WorldInvocation[]>();
  /** By document, oldest first. */
  readonly #documents = new Map<string, WorldInvocation[]>();
  #sent = 0;

  constructor(environment: RunCommandEnvironment) {
    this.#environment = environment;
  }

  /** @throws UnknownInstances if SSM does not know one of the instances; then nobody receives the command */
  send(request: WorldCommand): string {
    const targets = this.#findTargets(request.instances);
    this.#forgetOld();
    this.#sent += 1;
    const commandId = `00000000-0000-4000-8000-${this.#sent.toString(16).padStart(12, "0")}`;
    const deliveries = targets.map((target) => ({
      ...target,
      request,
      invocation: this.#createInvocation(commandId, target.instance, request),
    }));
    const invocations = deliveries.map(({ invocation }) => invocation);
    this.#commands.set(commandId, invocations);
    const known = this.#documents.get(request.document) ?? [];
    this.#documents.set(request.document, known);
    known.push(...invocations);
    for (const delivery of deliveries) this.#deliver(delivery);
    return commandId;
  }

  /** Newest first. */
  invocations(filter: InvocationFilter): WorldInvocation[] {
    if ("commandId" in filter) return [...(this.#commands.get(filter.commandId) ?? [])];
    const { document, afterMs, most = Number.POSITIVE_INFINITY } = filter;
    const all = this.#documents.get(document) ?? [];
    const found: WorldInvocation[] = [];
    for (let index = all.length - 1; index >= 0 && found.length < most; index -= 1) {
      const invocation = all[index];
      if (invocation === undefined || invocation.requestedMs < afterMs) break;
      found.push(invocation);
    }
    return found;
  }

  /** SSM's PingStatus: whether it reaches an instance. It lags, so a terminating one counts too. */
  isOnline(target: { instance: Instance; group: Group }): boolean {
    const { isSilent, isUnknown } = this.#reach(target);
    return !isSilent && !isUnknown && target.instance.lifecycleState !== "Pending";
  }

  #findTargets(ids: readonly string[]) {
    const targets = ids.flatMap((id) => this.#environment.findInstance(id) ?? []);
    const known = targets.filter((target) => !this.#reach(target).isUnknown);
    if (known.length === ids.length) return known;
    const knownIds = new Set(known.map(({ instance }) => instance.id));
    throw new UnknownInstances(ids.filter((id) => !knownIds.has(id)));
  }

  #createInvocation(
    commandId: string,
    { id: instanceId }: Instance,
    { document, comment }: WorldCommand,
  ): WorldInvocation {
    return {
      commandId,
      instanceId,
      document,
      comment,
      requestedMs: this.#environment.timeline.nowMs,
      status: "Pending",
      statusDetails: "Pending",
      output: "",
    };
  }

  #reach({ instance, group }: Pick<Delivery, "instance" | "group">): Reach {
    const known = this.#reaches.get(instance);
    if (known !== undefined) return known;
    const { silentInstances = 0, unknownInstances = 0 } = readOptions(group);
    const random = randomStream(this.#environment.seed, `commands/${instance.id}`);
    const reach = {
      random,
      isSilent: random() < silentInstances,
      isUnknown: random() < unknownInstances,
    };
    this.#reaches.set(instance, reach);
    return reach;
  }

  #deliver(delivery: Delivery): void {
    const { timeline } = this.#environment;
    const { answer = ANSWER, lateDeliveries = 0, lateBy = LATE_BY } = readOptions(delivery.group);
    const { random, isSilent } = this.#reach(delivery);
    const patienceMs = (delivery.request.deliverySeconds ?? DELIVERY_SECONDS) * 1000;
    const deadlineMs = timeline.nowMs + patienceMs;
    const answerMs = sampleMs(answer, random) / 2; // As long there as back.
    const lateMs = random() < lateDeliveries ? sampleMs(lateBy, random) : 0;
    const giveUp = () =>
      timeline.at(deadlineMs, () => fail(delivery.invocation, "DeliveryTimedOut"));
    const arriveIfInService = () => {
      if (delivery.instance.lifecycleState === "InService") this.#run(delivery, answerMs);
      else giveUp();
    };
    if (isSilent || lateMs + answerMs > patienceMs) giveUp();
    else timeline.after(lateMs + answerMs, arriveIfInService);
  }

  #run(delivery: Delivery, answerMs: number): void {
    const { instance, group, invocation, request } = delivery;
    const stopped = request.action === "look" ? undefined : this.#stop(delivery);
    invocation.status = "InProgress";
    invocation.statusDetails = "InProgress";
    const print = (nowMs: number) => {
      const { unit } = request;
      return printAnswer(instance, group.options.instance, { unit, stopped, nowMs });
    };
    const { timeline } = this.#environment;
    const answer = () => this.#answer(delivery, print(timeline.nowMs), answerMs);
    const isEnding = instance.unit.state === "deactivating" && instance.running.size === 0;
    if (stopped === true && isEnding) {
      timeline.after(STOP_WAIT_MS, answer);
    } else answer();
  }

  /** Returns whether the unit was told to stop. */
  #stop({ instance, group, request }: Delivery): boolean {
    if (!mayStop(instance, group.options.instance, request)) return false;
    group.units.stop(instance);
    return true;
  }

  /** The answer of an instance that is gone by then never arrives. */
  #answer({ invocation, instance }: Delivery, output: string, answerMs: number): void {
    const { timeline, findInstance } = this.#environment;
    if (findInstance(instance.id) === undefined) {
      timeline.after(EXECUTION_MS, () => fail(invocation, "ExecutionTimedOut"));
      return;
    }
    timeline.after(answerMs, () => {
      invocation.status = "Success";
      invocation.statusDetails = "Success";
      invocation.output = output;
    });
  }

  #forgetOld(): void {
    const oldestMs = this.#environment.timeline.nowMs - KEPT_MS;
    const isOld = (invocation: WorldInvocation | undefined) =>
      invocation !== undefined && invocation.requestedMs < oldestMs;
    for (const [commandId, [first]] of this.#commands) {
      if (first !== undefined && !isOld(first)) break;
      this.#commands.delete(commandId);
    }
    for (const [document, all] of this.#documents) {
      const middle = all.length >> 1;
      if (isOld(all[middle])) this.#documents.set(document, all.slice(middle + 1));
    }
  }
}

function readOptions({ options }: Group): CommandOptions {
  return options.instance.commands ?? {};
}

function fail(
  invocation: WorldInvocation,
  details: "DeliveryTimedOut" | "ExecutionTimedOut",
): void {
  invocation.status = "TimedOut";
  invocation.statusDetails = details;
}
