import type { LoopInput } from "../../config/loops.ts";
import { applyScaling } from "../../functions/apply-scaling.ts";
import { claimFirstBeat } from "../../functions/claim-slot.ts";
import { isSlotOver, type Loop, nextBeatMs } from "../../functions/core/beat.ts";
import { type ExecutionInput, parseExecutionInput } from "../../functions/core/execution-input.ts";
import { formatTimesTag, TIMES_TAG } from "../../functions/core/group-times.ts";
import { formatInstant, parseInstantMs } from "../../functions/core/instant.ts";
import type { LoopSettings } from "../../functions/core/loop-settings.ts";
import type { Memory } from "../../functions/core/memory.ts";
import type { Plan } from "../../functions/core/plan.ts";
import { decidePoll, type NextState, type Poll } from "../../functions/core/poll.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import { SLOT_LEAD_SECONDS, SLOT_SECONDS } from "../../functions/core/slot.ts";
import { gatherFacts } from "../../functions/fetch-metrics.ts";
import type { EventDelivery } from "../events/delivery.ts";
import { EventArrivals } from "../events/event-arrivals.ts";
import { EventFeed } from "../events/event-feed.ts";
import { listenAfterPoll } from "../events/listen.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { randomStream } from "../fleet/random.ts";
import { countDescribeCalls, createFleetTools, type FleetTools } from "./fleet-tools.ts";
import type { Actor, CallCounts, PolicyWorld } from "./policy.ts";

const SLOT_MS = SLOT_SECONDS * 1000;
const SLOT_LEAD_MS = SLOT_LEAD_SECONDS * 1000;

/** The model publishes no metrics, so this interval has no effect. */
const PUBLISH_INTERVAL_SECONDS = 60;

/** The model has one queue for a loop, and nobody reads its name. */
const EVENT_QUEUE = { queueUrl: "https://sqs.example/events.fifo" };

/**
 * One loop of the state machine on the fleet's virtual clock. It runs the steps of the handlers, with
 * the fleet in the place of Buildkite and AWS: execution after execution, poll after poll. A poll
 * takes no time.
 */
export class ScalingLoop implements Actor {
  readonly #world: PolicyWorld;
  readonly #input: ExecutionInput;
  readonly #settings: LoopSettings;
  readonly #tools: FleetTools;
  readonly #calls: CallCounts = { autoScaling: 0, ssm: 0 };
  /** Absent if the loop listens to no events. */
  readonly #feed: EventFeed | undefined;
  /** Whether a poll may look at instances although nothing has happened: then no beat is skipped. */
  readonly #sweeps: boolean;
  /** The loop before its next poll; undefined before the first one. */
  #loop: Loop | undefined;
  #memory: Memory = {};
  /** The next beat. */
  #beatMs: number;
  /** The next poll if it is not on a beat: an event caused it, or it follows such a poll. */
  #offBeatMs: number | undefined;
  #polls = 0;
  /** Polls that were counted but not computed. */
  #skippedPolls = 0;
  /** The last poll changed nothing, and no remembered time can change a later decision. */
  #isQuiet = false;

  constructor(loop: LoopInput, world: PolicyWorld, events?: EventDelivery) {
    const { fleet, startMs, pollIntervalSeconds, leastGapSeconds } = world;
    this.#world = world;
    const listening = events === undefined ? {} : { events: EVENT_QUEUE };
    this.#input = { ...parseExecutionInput(loop), publishMetrics: false, ...listening };
    this.#feed = events === undefined ? undefined : createFeed(this.#input, world, events);
    this.#settings = {
      pollIntervalSeconds,
      publishIntervalSeconds: PUBLISH_INTERVAL_SECONDS,
      leastGapSeconds,
    };
    this.#tools = createFleetTools(fleet, this.#calls);
    this.#sweeps = this.#input.scalers.some((scaler) => sharesQueues(scaler, this.#input.scalers));
    markAsSeen(this.#input.scalers, fleet);
    const { nextPollAt } = this.#claimSlot(startMs - SLOT_LEAD_MS, startMs - SLOT_LEAD_MS);
    this.#beatMs = parseInstantMs(nextPollAt);
  }

  /** A quiet loop decides the same until something happens, so those beats are skipped. */
  nextMs(): number {
    if (this.#offBeatMs !== undefined) return this.#offBeatMs;
    if (!this.#isQuiet) return this.#beatMs;
    return Math.min(this.#firstBeatFrom(this.#world.fleet.nextEventMs()), this.#lastSilentBeatMs());
  }

  async act(): Promise<void> {
    const { fleet, trace } = this.#world;
    if (this.#offBeatMs === undefined) {
      this.#countSkippedPolls(fleet.nowMs);
      this.#beatMs = fleet.nowMs;
    }
    this.#polls += 1;
    trace.recordState();
    await this.#poll();
    trace.recordState();
  }

  polls(untilMs: number): number {
    const offBeat = (this.#offBeatMs ?? Number.POSITIVE_INFINITY) < untilMs ? 1 : 0;
    const onBeat = Math.max(0, Math.ceil((untilMs - this.#beatMs) / this.#intervalMs));
    return this.#polls + offBeat + onBeat;
  }

  /** Every poll describes the groups once. */
  calls(untilMs: number): CallCounts {
    const uncomputed = this.#skippedPolls + this.polls(untilMs) - this.#polls;
    const describes = uncomputed * countDescribeCalls(this.#input.scalers.length);
    return { ...this.#calls, autoScaling: this.#calls.autoScaling + describes };
  }

  async #poll(): Promise<void> {
    const poll = await this.#decide(this.#continueExecution());
    const { carry, plan } = poll.next;
    this.#memory = carry.memory;
    if (plan !== undefined) await this.#apply(poll, plan);
    this.#planNextPoll(poll.next);
    this.#isQuiet = !this.#sweeps && plan === undefined && Object.keys(this.#memory).length === 0;
  }

  /** Returns the loop at this poll: of a new execution, if the slot of the last one is over. */
  #continueExecution(): Loop {
    const loop = this.#loop;
    if (this.#offBeatMs !== undefined && loop !== undefined) return loop;
    const isOver = loop === undefined || isSlotOver(loop.pollUntil, this.#beatMs);
    const current = isOver ? this.#startExecution() : loop;
    return { ...current, nextPollAt: formatInstant(this.#beatMs) };
  }

  /** Without events, the next poll is on the next beat. */
  #planNextPoll(next: NextState): void {
    const { loop } = next.carry;
    this.#loop = loop;
    this.#offBeatMs = undefined;
    this.#beatMs = parseInstantMs(loop?.nextPollAt ?? next.nextPollAt);
    if (loop?.events === undefined || this.#feed === undefined) return;
    this.#offBeatMs = listenAfterPoll(next, this.#feed, this.#world.fleet.nowMs);
    if (this.#offBeatMs !== undefined) this.#loop = { ...loop, events: { heard: {} } };
    else if (next.lastPoll) this.#beatMs = this.#firstBeatFrom(parseInstantMs(loop.pollUntil));
    else if (loop.events.offBeatAt !== undefined)
      this.#offBeatMs = parseInstantMs(loop.events.offBeatAt);
  }

  /** A new execution remembers only what the groups' tags remember. */
  #startExecution(): Loop {
    const scheduledMs = Math.floor((this.#beatMs - SLOT_LEAD_MS) / SLOT_MS) * SLOT_MS;
    this.#memory = {};
    return this.#claimSlot(scheduledMs, this.#beatMs);
  }

  #claimSlot(scheduledMs: number, nowMs: number): Loop {
    const input = { ...this.#input, scheduledAt: formatInstant(scheduledMs) };
    return claimFirstBeat(input, this.#settings, nowMs);
  }

  async #decide(loop: Loop): Promise<Poll> {
    const observation = await gatherFacts(this.#input, this.#memory, this.#tools);
    return decidePoll({
      settings: this.#settings,
      loop,
      scalers: this.#input.scalers,
      memory: this.#memory,
      observation,
      observedAt: observation.observedAt,
    }).poll;
  }

  async #apply({ decisions, next }: Poll, plan: Plan): Promise<void> {
    const { name } = this.#input;
    const event = { loop: name, plan, carry: { ...next.carry } };
    const { memory, applied } = await applyScaling(event, this.#tools);
    this.#memory = memory;
    const stopped = new Set(plan.stops?.map(({ scaler }) => scaler));
    for (const decision of decisions) {
      const { scaler } = decision;
      if (Object.hasOwn(applied, scaler) || stopped.has(scaler))
        this.#world.trace.recordDecision(decision);
    }
  }

  /** Counts the beats that were skipped before this poll. */
  #countSkippedPolls(nowMs: number): void {
    const skipped = Math.round((nowMs - this.#beatMs) / this.#intervalMs);
    this.#polls += skipped;
    this.#skippedPolls += skipped;
  }

  get #intervalMs(): number {
    return this.#settings.pollIntervalSeconds * 1000;
  }

  #firstBeatFrom(ms: number): number {
    return nextBeatMs({
      beatMs: this.#beatMs - this.#intervalMs,
      observedMs: ms - 1,
      intervalSeconds: this.#settings.pollIntervalSeconds,
    });
  }

  /** The beat after which the loop hears the next event. */
  #lastSilentBeatMs(): number {
    const eventMs = this.#feed?.nextMs() ?? Number.POSITIVE_INFINITY;
    return Math.max(this.#beatMs, this.#firstBeatFrom(eventMs + 1) - this.#intervalMs);
  }
}

function createFeed(
  { name, scalers }: ExecutionInput,
  { jobs, seed }: PolicyWorld,
  events: EventDelivery,
): EventFeed {
  const arrivals = new EventArrivals(jobs(), events, randomStream(seed, `events/${name}`));
  return new EventFeed(arrivals, new Set(scalers.flatMap(({ queues }) => queues)));
}

/** A loop has polled the groups before: without the tag that it left, it would hold scale-in at first. */
function markAsSeen(scalers: readonly Scaler[], fleet: Fleet): void {
  for (const { group } of scalers) {
    const desired = fleet.groupFacts(group)?.desired;
    if (desired !== undefined) fleet.setTag(group, TIMES_TAG, formatTimesTag({ desired }));
  }
}

/** Whether a graceful group shares a queue: its dangling instances are found by regular looks only. */
function sharesQueues(scaler: Scaler, all: readonly Scaler[]): boolean {
  return (
    scaler.scaleIn.graceful &&
    all.some((other) => other !== scaler && other.queues.some((q) => scaler.queues.includes(q)))
  );
}
