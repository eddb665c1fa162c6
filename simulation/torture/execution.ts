import { applyScaling } from "../../functions/apply-scaling.ts";
import { claimFirstBeat, SlotOver } from "../../functions/claim-slot.ts";
import { isPublishDue, type Loop, nextBeatMs } from "../../functions/core/beat.ts";
import type { Observation, TaskFailure } from "../../functions/core/facts.ts";
import { SWEEP_SECONDS } from "../../functions/core/graceful/plan-graceful.ts";
import { TIMES_TAG } from "../../functions/core/group-times.ts";
import { formatInstant, parseInstantMs } from "../../functions/core/instant.ts";
import type { Memory } from "../../functions/core/memory.ts";
import type { Plan } from "../../functions/core/plan.ts";
import { decidePoll, type Poll, type PollResult } from "../../functions/core/poll.ts";
import { gatherFacts } from "../../functions/fetch-metrics.ts";
import { sampleWhole } from "../fleet/random.ts";
import { FaultyClients, LambdaDied, type TaskCalls } from "./faulty-clients.ts";
import type { TortureWorld } from "./world.ts";

/** The definition's, without metrics. */
const SETTINGS = { pollIntervalSeconds: 10, publishIntervalSeconds: 60 };

const INTERVAL_MS = SETTINGS.pollIntervalSeconds * 1000;

/** How long calls of a Task may take: its limit of 15 s without the time in which its Lambda ends. */
const CALLS_MS = 13_500;

/** The longest that a Task takes, in milliseconds. */
const TASK_MS = 15_000;

/** This execution ends here, wherever it is. */
class ExecutionCut extends Error {
  override readonly name = "ExecutionCut";
}

/** What the last poll of a run decided. */
export interface LastPoll {
  atMs: number;
  result: PollResult;
}

/** One execution of the definition: the handlers' steps with faulty clients, in virtual time. */
export class Execution {
  readonly #world: TortureWorld;
  readonly #number: number;
  readonly #onPoll: (beatMs: number, nextMs: number, last: LastPoll) => void;
  #memory: Memory = {};

  /** @param onPoll is told each poll: its beat, the next one, and what it decided */
  constructor(
    world: TortureWorld,
    number: number,
    onPoll: (beatMs: number, nextMs: number, last: LastPoll) => void,
  ) {
    this.#world = world;
    this.#number = number;
    this.#onPoll = onPoll;
  }

  /** Runs from its start to its end, or to where it is cut. @param scheduledMs epoch milliseconds */
  async run(scheduledMs: number): Promise<void> {
    try {
      await this.#pollUntilEnd(this.#claimSlot(scheduledMs));
    } catch (error) {
      if (!(error instanceof SlotOver || error instanceof ExecutionCut)) throw error;
      this.#world.watch.note(`execution ${this.#number}: ${error.name}`);
    }
  }

  #claimSlot(scheduledMs: number): Loop {
    const input = { ...this.#world.input, scheduledAt: formatInstant(scheduledMs) };
    return claimFirstBeat(input, SETTINGS, this.#world.nowMs);
  }

  async #pollUntilEnd(first: Loop): Promise<void> {
    const { clock } = this.#world;
    const untilMs = parseInstantMs(first.pollUntil);
    let loop = first;
    for (;;) {
      await clock.sleepUntil(parseInstantMs(loop.nextPollAt));
      const result = await this.#poll(loop, untilMs);
      const { nextPollAt, lastPoll } = result.poll.next;
      const isLast = lastPoll === true || clock.nowMs >= untilMs;
      const nextMs = isLast
        ? parseInstantMs(nextPollAt)
        : this.#skipQuietBeats(loop, result.poll, untilMs);
      const last = { atMs: clock.nowMs, result };
      this.#onPoll(parseInstantMs(loop.nextPollAt), nextMs, last);
      if (isLast) return;
      loop = { ...loop, nextPollAt: formatInstant(nextMs) };
    }
  }

  async #poll(loop: Loop, untilMs: number): Promise<PollResult> {
    const world = this.#world;
    const beatMs = parseInstantMs(loop.nextPollAt);
    const record: TaskCalls["poll"] = {
      execution: this.#number,
      beatMs,
      beganMs: world.nowMs,
      pollUntilMs: untilMs,
      observation: { Error: "", Cause: "" },
      outdated: new Set(),
    };
    world.polls += 1;
    this.#mayBeCut();
    record.observation = await this.#observe(record);
    this.#mayBeCut();
    const result = this.#decide(loop, record);
    const { carry, plan } = result.poll.next;
    this.#memory = carry.memory;
    this.#mayBeCut();
    if (plan !== undefined && world.nowMs < untilMs)
      await this.#apply(record, result.poll, plan, untilMs);
    this.#mayBeCut();
    return result;
  }

  /** Fetch metrics. If the Task fails, Step Functions puts its error in the observation's place. */
  async #observe(poll: TaskCalls["poll"]): Promise<Observation | TaskFailure> {
    const world = this.#world;
    if (world.strikes("Fetch metrics fails")) {
      const tookMs = sampleWhole(0, TASK_MS, world.weather.random("Fetch metrics fails"));
      await world.clock.sleep(tookMs);
      return { Error: "States.Timeout", Cause: "a fault of this run" };
    }
    const tools = this.#createTools(poll, Number.POSITIVE_INFINITY);
    return await gatherFacts(world.input, this.#memory, tools);
  }

  #decide(loop: Loop, record: TaskCalls["poll"]): PollResult {
    const world = this.#world;
    const { observation } = record;
    const observedAt =
      "observedAt" in observation ? observation.observedAt : new Date(world.nowMs).toISOString();
    const result = decidePoll({
      settings: SETTINGS,
      loop,
      scalers: world.input.scalers,
      memory: this.#memory,
      observation,
      observedAt,
    });
    world.watch.checkPoll(record, result);
    this.#noteDecisions(result);
    return result;
  }

  #noteDecisions({ poll: { decisions, next } }: PollResult): void {
    if (next.plan === undefined && !this.#world.weather.isStormy(this.#world.nowMs)) return;
    for (const { scaler, action, from, to, reasons } of decisions)
      this.#world.watch.note(
        `execution ${this.#number}: ${scaler} ${action} ${from} to ${to}: ${reasons.join("; ")}`,
      );
  }

  /** Apply scaling. If the Task fails, the state goes on as it was before. */
  async #apply(
    poll: TaskCalls["poll"],
    { next }: Poll,
    plan: Plan,
    untilMs: number,
  ): Promise<void> {
    const event = { loop: this.#world.input.name, plan, carry: { ...next.carry } };
    try {
      const { memory } = await applyScaling(event, this.#createTools(poll, untilMs));
      this.#memory = memory;
    } catch (error) {
      if (!(error instanceof LambdaDied)) throw error;
      for (const { group } of plan.changes) this.#noteDeath(group);
    }
  }

  #noteDeath(group: string): void {
    const { fleet, watch } = this.#world;
    const tag = fleet.results().groups.get(group)?.tags.get(TIMES_TAG);
    watch.noteDeath(group, tag, this.#world.desired(group));
  }

  /** @param endMs when calls are aborted, besides the Task's own limit */
  #createTools(poll: TaskCalls["poll"], endMs: number) {
    const world = this.#world;
    const calls = { poll, endMs: Math.min(endMs, world.nowMs + CALLS_MS) };
    return {
      clients: new FaultyClients(world, calls).create(),
      signal: new AbortController().signal,
      log: { info: ignore, warn: ignore, error: ignore },
      now: () => world.nowMs,
    };
  }

  #mayBeCut(): void {
    if (this.#world.strikes("execution cut")) throw new ExecutionCut("the execution is cut");
  }

  /**
   * Returns the next beat. While everything works and nothing is remembered, polls decide the same until
   * something happens, a storm begins or a sweep is due, so those beats are skipped.
   */
  #skipQuietBeats(loop: Loop, poll: Poll, untilMs: number): number {
    const { fleet, weather, options, nowMs } = this.#world;
    const nextMs = parseInstantMs(poll.next.nextPollAt);
    const isQuiet =
      options.skipsQuietPolls &&
      !weather.isStormy(nowMs) &&
      poll.next.plan === undefined &&
      Object.keys(this.#memory).length === 0;
    if (!isQuiet) return nextMs;
    const eventMs = Math.min(fleet.nextEventMs(), weather.cycle(nowMs).endMs, nextSweepMs(nextMs));
    const lastMs = parseInstantMs(loop.nextPollAt) + lastBeatOffsetMs(loop, untilMs);
    const skippedMs = Math.min(firstBeatFrom(nextMs, eventMs), lastMs);
    this.#world.skippedPolls += Math.max(0, skippedMs - nextMs) / INTERVAL_MS;
    return Math.max(nextMs, skippedMs);
  }
}

/** From a loop's beat to the last beat of its slot. */
function lastBeatOffsetMs({ nextPollAt }: Loop, untilMs: number): number {
  const leftMs = untilMs - parseInstantMs(nextPollAt);
  return (Math.ceil(leftMs / INTERVAL_MS) - 1) * INTERVAL_MS;
}

/** The first beat from `beatMs` on at which a sweep is due. */
function nextSweepMs(beatMs: number): number {
  let ms = beatMs;
  while (!isPublishDue(ms, ms + INTERVAL_MS, SWEEP_SECONDS)) ms += INTERVAL_MS;
  return ms;
}

/** The first beat at or after a time, of those from `beatMs` on. */
function firstBeatFrom(beatMs: number, ms: number): number {
  if (ms <= beatMs) return beatMs;
  if (!Number.isFinite(ms)) return Number.MAX_SAFE_INTEGER;
  return nextBeatMs({
    beatMs: beatMs - INTERVAL_MS,
    observedMs: ms - 1,
    intervalSeconds: SETTINGS.pollIntervalSeconds,
  });
}

function ignore(): void {}
