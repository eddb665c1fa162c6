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
import { decidePoll, type Poll } from "../../functions/core/poll.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import { SLOT_LEAD_SECONDS, SLOT_SECONDS } from "../../functions/core/slot.ts";
import { gatherFacts } from "../../functions/fetch-metrics.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { countDescribeCalls, createFleetTools, type FleetTools } from "./fleet-tools.ts";
import type { Actor, CallCounts, PolicyWorld } from "./policy.ts";

const SLOT_MS = SLOT_SECONDS * 1000;
const SLOT_LEAD_MS = SLOT_LEAD_SECONDS * 1000;

/** The model publishes no metrics, so this interval has no effect. */
const PUBLISH_INTERVAL_SECONDS = 60;

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
  /** Whether a poll may look at instances although nothing has happened: then no beat is skipped. */
  readonly #sweeps: boolean;
  /** Of the execution that polls now; undefined before the first one. */
  #loop: Loop | undefined;
  #memory: Memory = {};
  #beatMs: number;
  #polls = 0;
  /** Polls that were counted but not computed. */
  #skippedPolls = 0;
  /** The last poll changed nothing, and no remembered time can change a later decision. */
  #isQuiet = false;

  constructor(loop: LoopInput, world: PolicyWorld) {
    const { fleet, startMs, pollIntervalSeconds } = world;
    this.#world = world;
    this.#input = { ...parseExecutionInput(loop), publishMetrics: false };
    this.#settings = { pollIntervalSeconds, publishIntervalSeconds: PUBLISH_INTERVAL_SECONDS };
    this.#tools = createFleetTools(fleet, this.#calls);
    this.#sweeps = this.#input.scalers.some((scaler) => sharesQueues(scaler, this.#input.scalers));
    markAsSeen(this.#input.scalers, fleet);
    const { nextPollAt } = this.#claimSlot(startMs - SLOT_LEAD_MS, startMs - SLOT_LEAD_MS);
    this.#beatMs = parseInstantMs(nextPollAt);
  }

  /** A quiet loop decides the same until something happens, so those beats are skipped. */
  nextMs(): number {
    if (!this.#isQuiet) return this.#beatMs;
    const eventMs = this.#world.fleet.nextEventMs();
    if (eventMs <= this.#beatMs || eventMs === Number.POSITIVE_INFINITY) {
      return Math.max(this.#beatMs, eventMs);
    }
    return this.#firstBeatFrom(eventMs);
  }

  async act(): Promise<void> {
    const { fleet, trace } = this.#world;
    this.#countPolls(fleet.nowMs);
    this.#beatMs = fleet.nowMs;
    trace.recordState();
    await this.#poll();
    trace.recordState();
  }

  polls(untilMs: number): number {
    return this.#polls + Math.max(0, Math.ceil((untilMs - this.#beatMs) / this.#intervalMs));
  }

  /** Every poll describes the groups once. */
  calls(untilMs: number): CallCounts {
    const uncomputed = this.#skippedPolls + this.polls(untilMs) - this.#polls;
    const describes = uncomputed * countDescribeCalls(this.#input.scalers.length);
    return { ...this.#calls, autoScaling: this.#calls.autoScaling + describes };
  }

  async #poll(): Promise<void> {
    const poll = await this.#decide(this.#continueExecution());
    const { carry, plan, nextPollAt } = poll.next;
    this.#memory = carry.memory;
    if (plan !== undefined) await this.#apply(poll, plan);
    this.#isQuiet = !this.#sweeps && plan === undefined && Object.keys(this.#memory).length === 0;
    this.#beatMs = parseInstantMs(nextPollAt);
  }

  /** Returns the loop at this beat: of a new execution, if the slot of the last one is over. */
  #continueExecution(): Loop {
    const loop = this.#loop;
    const isOver = loop === undefined || isSlotOver(loop.pollUntil, this.#beatMs);
    const current = isOver ? this.#startExecution() : loop;
    this.#loop = { ...current, nextPollAt: formatInstant(this.#beatMs) };
    return this.#loop;
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

  /** Counts this poll and the beats that were skipped before it. */
  #countPolls(nowMs: number): void {
    const skipped = Math.round((nowMs - this.#beatMs) / this.#intervalMs);
    this.#polls += 1 + skipped;
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
