import { SLOT_LEAD_SECONDS, SLOT_SECONDS } from "../../functions/core/slot.ts";
import { randomStream, sampleWhole } from "../fleet/random.ts";
import { type LastPoll, type RunExecution, runSteps } from "./execution.ts";
import type { FaultKind } from "./fault-kinds.ts";
import { intrude } from "./intruder.ts";
import { VirtualClock } from "./virtual-clock.ts";
import type { Violation } from "./watch.ts";
import { type CreateClock, START_MS, type TortureOptions, TortureWorld } from "./world.ts";

const SLOT_MS = SLOT_SECONDS * 1000;
const SLOT_LEAD_MS = SLOT_LEAD_SECONDS * 1000;
const MINUTE_MS = 60_000;

/** How long after a storm every poll has its facts again, and the beat is kept again. */
const RECOVERED_AFTER_MS = 10 * MINUTE_MS;

/**
 * An instance whose agent is dead is looked at, and reported, at least so often: sweeps are every five
 * minutes, and one that is due at the last beat of a slot is lost.
 */
const REPORTED_EVERY_MS = 11 * MINUTE_MS;

/** The result of one run. */
export interface TortureResult {
  options: TortureOptions;
  simulatedMs: number;
  polls: number;
  faults: ReadonlyMap<FaultKind, number>;
  /** Of memory and observation together. */
  largestStateBytes: number;
  /** The run ends at the first one. */
  violations: readonly Violation[];
}

/** What executes the loop, and in which time. */
export interface Stage {
  createClock: CreateClock;
  runExecution: RunExecution;
  /** Is told each line about what happens. */
  onNote?: (line: string) => void;
}

/** The steps of the definition without an engine. */
export const STEPS: Stage = {
  createClock: (startMs, onMoved) => new VirtualClock(startMs, onMoved),
  runExecution: runSteps,
};

/** Runs the loop in virtual time under faults, until the end or the first violation. */
export async function runTorture(
  options: TortureOptions,
  stage: Stage = STEPS,
): Promise<TortureResult> {
  const world = new TortureWorld(options, stage);
  const { clock, watch, weather } = world;
  const loop = new ScheduledLoop(world, stage.runExecution);
  clock.start(() => loop.schedule());
  clock.start(() => intrude(world));
  clock.start(() => watchCalms(world, loop));
  const endMs = weather.cycles.at(-1)?.endMs ?? START_MS;
  await clock.run(endMs, () => watch.violations.length > 0);
  return {
    options,
    simulatedMs: world.nowMs - START_MS,
    polls: world.polls,
    faults: weather.struck,
    largestStateBytes: watch.largestStateBytes,
    violations: watch.violations,
  };
}

/** Starts executions as the schedule does: late, twice or not at all. */
class ScheduledLoop {
  last: LastPoll | undefined;
  /** By scaler: when a decision last said that an instance is dead or did not answer. Epoch milliseconds. */
  readonly reportedMs = new Map<string, number>();
  readonly #world: TortureWorld;
  readonly #runExecution: RunExecution;
  #executions = 0;
  /** The latest beat for which an execution has planned a poll. */
  #plannedMs = Number.POSITIVE_INFINITY;

  constructor(world: TortureWorld, runExecution: RunExecution) {
    this.#world = world;
    this.#runExecution = runExecution;
  }

  async schedule(): Promise<void> {
    const { clock, options } = this.#world;
    const random = randomStream(options.seed, "schedule");
    for (let scheduledMs = START_MS; ; scheduledMs += SLOT_MS) {
      await clock.sleepUntil(scheduledMs);
      const lateMs = sampleWhole(0, SLOT_LEAD_MS, random);
      if (this.#world.strikes("execution missing")) continue;
      this.#start(scheduledMs, lateMs + this.#drawDelayMs());
      if (this.#world.strikes("execution twice"))
        this.#start(scheduledMs, lateMs + this.#drawDelayMs());
    }
  }

  #drawDelayMs(): number {
    if (!this.#world.strikes("execution late")) return 0;
    return sampleWhole(0, 200_000, this.#world.weather.random("execution late"));
  }

  #start(scheduledMs: number, delayMs: number): void {
    const { clock } = this.#world;
    this.#executions += 1;
    const number = this.#executions;
    clock.start(async () => {
      await clock.sleep(delayMs);
      await this.#runExecution(this.#world, { number, scheduledMs }, (...poll) =>
        this.#notePoll(...poll),
      );
    });
  }

  #notePoll(beatMs: number, nextMs: number, last: LastPoll): void {
    const { weather, watch, nowMs } = this.#world;
    this.last = last;
    for (const decision of last.result.poll.decisions)
      if (/dead|did not answer/.test(decision.reasons.join()))
        this.reportedMs.set(decision.scaler, nowMs);
    const { calmMs } = weather.cycle(nowMs);
    if (nowMs > calmMs + RECOVERED_AFTER_MS && beatMs > this.#plannedMs)
      watch.fail("no beat is left out", `${new Date(this.#plannedMs).toISOString()} was`);
    this.#plannedMs = nextMs;
  }
}

/** Judges whether the loop recovers in each time without faults. */
async function watchCalms(world: TortureWorld, loop: ScheduledLoop): Promise<void> {
  for (const { calmMs, endMs } of world.weather.cycles) {
    await world.clock.sleepUntil(calmMs + RECOVERED_AFTER_MS + 5000);
    checkFacts(world, loop);
    await world.clock.sleepUntil(endMs - 5000);
    checkRest(world, loop);
  }
}

/** Some minutes after the last fault, every poll has its facts. */
function checkFacts({ watch }: TortureWorld, { last }: ScheduledLoop): void {
  for (const { decision } of last?.result.verdicts ?? []) {
    if (decision.fault !== undefined)
      watch.fail("facts come back", `${decision.scaler}: ${decision.reasons.join("; ")}`);
  }
}

/** Long after the last job, every group has its target and nothing drains. */
function checkRest(
  { watch, fleet, nowMs }: TortureWorld,
  { last, reportedMs }: ScheduledLoop,
): void {
  if (last === undefined || nowMs - last.atMs > SLOT_MS)
    watch.fail("the loop goes on", "there was no poll for a slot");
  for (const { scaler, decision, target, basis } of last?.result.verdicts ?? []) {
    const { desired } = fleet.groupFacts(scaler.group) ?? {};
    const reasons = decision.reasons.join("; ");
    const isReported = nowMs - (reportedMs.get(scaler.name) ?? 0) < REPORTED_EVERY_MS;
    if (scaler.dryRun || isReported) continue;
    if (desired !== target)
      watch.fail(
        "groups come to rest",
        `${scaler.name}: desired ${desired}, target ${target}: ${reasons}`,
      );
    if ((basis?.leaving.drains.size ?? 0) > 0)
      watch.fail("drains end", `${scaler.name}: ${reasons}`);
  }
}
