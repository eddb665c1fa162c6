import { isDeepStrictEqual } from "node:util";
import { type Clock, install } from "@sinonjs/fake-timers";
import * as v from "valibot";
import { readDefinition } from "../../config/definition.ts";
import { createHandler as createApplyScaling } from "../../functions/apply-scaling.ts";
import { handler as claimSlot } from "../../functions/claim-slot.ts";
import { handler as computeCapacity } from "../../functions/compute-capacity.ts";
import { loopSchema } from "../../functions/core/beat.ts";
import { isTaskFailure, observationSchema } from "../../functions/core/facts.ts";
import { NamedFault } from "../../functions/core/faults.ts";
import { formatInstant, instantSchema, parseInstantMs } from "../../functions/core/instant.ts";
import { loopSettingsSchema } from "../../functions/core/loop-settings.ts";
import { memorySchema } from "../../functions/core/memory.ts";
import { decidePoll } from "../../functions/core/poll.ts";
import { createHandler as createFetchMetrics } from "../../functions/fetch-metrics.ts";
import { createHandler as createPublishMetrics } from "../../functions/publish-metrics.ts";
import type { Handler } from "../../local/engine/invoke-lambda.ts";
import { runExecution } from "../../local/engine/run-execution.ts";
import { sampleWhole } from "../../simulation/fleet/random.ts";
import type { PollListener, RunExecution } from "../../simulation/torture/execution.ts";
import { FaultyClients, type TaskCalls } from "../../simulation/torture/faulty-clients.ts";
import { runTorture, type TortureResult } from "../../simulation/torture/torture.ts";
import type { TortureClock } from "../../simulation/torture/virtual-clock.ts";
import {
  START_MS,
  type TortureOptions,
  type TortureWorld,
} from "../../simulation/torture/world.ts";

/**
 * Runs torture through the definition: the engine executes its states, and each Task is the deployed
 * handler with its middleware. Only the clients are faulty ones over the fleet. The timers of this thread
 * are fake meanwhile.
 */
export async function runTortureOnEngine(options: TortureOptions): Promise<TortureResult> {
  const timers = install({
    toFake: ["Date", "setTimeout", "clearTimeout"],
    now: START_MS,
    shouldClearNativeTimers: true,
  });
  try {
    return await runTorture(options, {
      createClock: (_startMs, onMoved) => new TimerClock(timers, onMoved),
      runExecution: runOnEngine,
    });
  } finally {
    timers.uninstall();
  }
}

/** The clock of a run whose work waits with fake timers. */
class TimerClock implements TortureClock {
  readonly #timers: Clock;
  readonly #onMoved: (ms: number) => void;
  #failure: { error: unknown } | undefined;

  constructor(timers: Clock, onMoved: (ms: number) => void) {
    this.#timers = timers;
    this.#onMoved = onMoved;
  }

  /** Brings the fleet to now, because not only this clock's sleepers move the time. */
  get nowMs(): number {
    this.#onMoved(this.#timers.now);
    return this.#timers.now;
  }

  async sleepUntil(ms: number): Promise<void> {
    await this.sleep(ms - this.#timers.now);
  }

  async sleep(ms: number): Promise<void> {
    if (ms > 0) await new Promise((wake) => setTimeout(wake, ms));
    this.#onMoved(this.#timers.now);
  }

  start(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  async run(untilMs: number, isOver: () => boolean): Promise<void> {
    for (;;) {
      await letWorkRun();
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#timers.now >= untilMs || isOver() || this.#timers.countTimers() === 0) return;
      this.#timers.next();
    }
  }
}

/** Turns of the event loop in which the engine passes from one state to the next. */
const TURNS = 3;

async function letWorkRun(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const definition = readDefinition();

const runOnEngine: RunExecution = async (world, { number, scheduledMs }, onPoll) => {
  const cut = new AbortController();
  const { outcome } = runExecution({
    definition,
    input: { ...world.source, scheduledAt: formatInstant(scheduledMs) },
    handlers: new EngineTasks(world, number, { onPoll, cut }).create(),
    name: String(number),
    signal: cut.signal,
  });
  const { status, error, cause } = await outcome;
  world.watch.note(`execution ${number}: ${status}`);
  if (status !== "SUCCEEDED" && status !== "ABORTED")
    world.watch.fail("an execution succeeds", `${status}: ${error}: ${cause}`);
};

const claimedSchema = v.looseObject({ nextPollAt: instantSchema, pollUntil: instantSchema });
const computeEventSchema = v.looseObject({
  settings: loopSettingsSchema,
  loop: loopSchema,
  memory: memorySchema,
  observation: observationSchema,
});

/** How long the calls of a function may take, in milliseconds: 1.5 s less than its limit of 13 s. */
const CALLS_MS = 11_500;

/** The Tasks of one execution, with the faults of its world. */
class EngineTasks {
  readonly #world: TortureWorld;
  readonly #number: number;
  readonly #onPoll: PollListener;
  readonly #cut: AbortController;
  readonly #poll: TaskCalls["poll"];

  constructor(
    world: TortureWorld,
    number: number,
    { onPoll, cut }: { onPoll: PollListener; cut: AbortController },
  ) {
    this.#world = world;
    this.#number = number;
    this.#onPoll = onPoll;
    this.#cut = cut;
    this.#poll = {
      execution: number,
      beatMs: 0,
      beganMs: 0,
      pollUntilMs: 0,
      observation: { Error: "", Cause: "" },
      outdated: new Set(),
    };
  }

  create(): Record<string, Handler> {
    return {
      "Claim slot": (event, context) => this.#claim(event, context),
      "Fetch metrics": (event, context) => this.#fetch(event, context),
      "Compute capacity": (event, context) => this.#compute(event, context),
      "Apply scaling": (event, context) => this.#apply(event, context),
      "Publish metrics": (event, context) => this.#publish(event, context),
    };
  }

  async #claim(...call: Parameters<Handler>) {
    const loop = v.parse(claimedSchema, await Reflect.apply(claimSlot, undefined, call));
    this.#poll.beatMs = parseInstantMs(loop.nextPollAt);
    this.#poll.pollUntilMs = parseInstantMs(loop.pollUntil);
    return loop;
  }

  async #fetch(...call: Parameters<Handler>) {
    const world = this.#world;
    await this.#mayBeCut();
    this.#poll.beganMs = world.nowMs;
    this.#poll.outdated = new Set();
    world.polls += 1;
    if (world.strikes("Fetch metrics fails")) {
      await world.clock.sleep(sampleWhole(0, 20_000, world.weather.random("Fetch metrics fails")));
      throw new Error("a fault of this run");
    }
    const handler = createFetchMetrics(this.#createClients(Number.POSITIVE_INFINITY));
    return await Reflect.apply(handler, undefined, call);
  }

  async #compute(...call: Parameters<Handler>) {
    const world = this.#world;
    await this.#mayBeCut();
    const facts = v.parse(computeEventSchema, call[0]);
    const { observation } = facts;
    const observedAt = isTaskFailure(observation)
      ? new Date(world.nowMs).toISOString()
      : observation.observedAt;
    this.#poll.observation = observation;
    const result = decidePoll({ ...facts, scalers: world.input.scalers, observedAt });
    world.watch.checkPoll(this.#poll, result);
    world.noteDecisions(this.#number, result);
    const answer: unknown = await Reflect.apply(computeCapacity, undefined, call);
    if (!isDeepStrictEqual(answer, result.poll))
      world.watch.fail("the handler answers what the rules decide", JSON.stringify(answer));
    const nextMs = parseInstantMs(result.poll.next.nextPollAt);
    this.#onPoll(this.#poll.beatMs, nextMs, { atMs: world.nowMs, result });
    this.#poll.beatMs = nextMs;
    return answer;
  }

  async #apply(...call: Parameters<Handler>) {
    await this.#mayBeCut();
    const handler = createApplyScaling(this.#createClients(this.#poll.pollUntilMs));
    return await Reflect.apply(handler, undefined, call);
  }

  async #publish(...call: Parameters<Handler>) {
    await this.#mayBeCut();
    const handler = createPublishMetrics({ putMetrics: async () => this.#putMetrics() });
    return await Reflect.apply(handler, undefined, call);
  }

  #putMetrics(): number {
    if (this.#world.strikes("metrics not published"))
      throw new NamedFault("CloudWatchUnavailable", "a fault of this run");
    return 1;
  }

  /** @param endMs when calls are aborted, besides the function's own limit */
  #createClients(endMs: number) {
    const poll = { ...this.#poll };
    return new FaultyClients(this.#world, {
      poll,
      endMs: Math.min(endMs, this.#world.nowMs + CALLS_MS),
    }).create();
  }

  /** An execution that is cut does nothing more. */
  async #mayBeCut(): Promise<void> {
    if (!this.#world.strikes("execution cut")) return;
    this.#cut.abort();
    await new Promise(() => {});
  }
}
