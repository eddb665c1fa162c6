import { applyScaling } from "../../functions/apply-scaling.ts";
import { claimFirstBeat, SlotOver } from "../../functions/claim-slot.ts";
import type { Loop } from "../../functions/core/beat.ts";
import type { Observation, TaskFailure } from "../../functions/core/facts.ts";
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

/** Is told each poll: its beat, the next one, and what it decided. */
export type PollListener = (beatMs: number, nextMs: number, last: LastPoll) => void;

/** Runs one execution from its start to its end, or to where it is cut. */
export type RunExecution = (
  world: TortureWorld,
  execution: { number: number; scheduledMs: number },
  onPoll: PollListener,
) => Promise<void>;

/** Runs the handlers' steps in the order of the definition, which is much faster than the engine. */
export const runSteps: RunExecution = async (world, { number, scheduledMs }, onPoll) => {
  await new Execution(world, number, onPoll).run(scheduledMs);
};

/** One execution of the definition: the handlers' steps with faulty clients, in virtual time. */
class Execution {
  readonly #world: TortureWorld;
  readonly #number: number;
  readonly #onPoll: PollListener;
  #memory: Memory = {};
  #unconfirmed: Loop["unconfirmed"];

  constructor(world: TortureWorld, number: number, onPoll: PollListener) {
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
      const last = { atMs: clock.nowMs, result };
      this.#onPoll(parseInstantMs(loop.nextPollAt), parseInstantMs(nextPollAt), last);
      if (lastPoll === true || clock.nowMs >= untilMs) return;
      loop = { ...loop, nextPollAt };
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
      loop: { ...loop, unconfirmed: this.#unconfirmed },
      scalers: world.input.scalers,
      memory: this.#memory,
      observation,
      observedAt,
    });
    this.#unconfirmed = undefined;
    world.watch.checkPoll(record, result);
    world.noteDecisions(this.#number, result);
    return result;
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
      this.#unconfirmed = { decidedAt: plan.decidedAt, changes: plan.changes };
    }
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
}

function ignore(): void {}
