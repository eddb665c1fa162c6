import type { LoopInput } from "../config/loops.ts";
import { parseExecutionInput } from "../functions/core/execution-input.ts";
import type { Scaler } from "../functions/core/scaler.ts";
import { Fleet } from "./fleet/fleet.ts";
import type { GroupOptions, Job } from "./fleet/options.ts";
import { computeMeasures, type Measures } from "./measures.ts";
import type { Actor, CallCounts, Policy } from "./policies/policy.ts";
import { sum } from "./statistics.ts";
import { type ScalerTrace, Trace } from "./trace.ts";

/** A workload and a fleet on which policies are compared. Times are epoch milliseconds. */
export interface Scenario {
  startMs: number;
  /** No job appears at or after this time. The simulation goes on until every job has ended, at most a day longer. */
  endMs: number;
  seed: number;
  pollIntervalSeconds: number;
  /** From the start of a poll to the start of one that an event begins. Default: the loop's own. */
  leastGapSeconds?: number | undefined;
  /** Price of one instance for one hour, in US dollars. */
  pricePerHour: number;
  /** Called for every policy: returns the same jobs each time. */
  jobs(): Iterable<Job>;
  /** Returns the group of a scaler, with the scaler's group name and queues. */
  createGroup(scaler: Scaler): GroupOptions;
}

/** The result of one policy. */
export interface SimulationResult {
  policy: string;
  about: string;
  measures: Measures;
  /** Without rows unless a trace is requested. */
  scalers: readonly ScalerTrace[];
}

/** How a simulation runs, beyond its scenario. */
export interface SimulationOptions {
  /** Whether to record what the report draws. */
  trace: boolean;
  /** Called from time to time with the simulated share of the time span, from 0. May exceed 1. */
  onProgress?: (share: number) => void;
}

const LONGEST_TAIL_MS = 24 * 3_600_000;

/** Simulates one policy on a scenario, in virtual time. */
export async function simulate(
  policy: Policy,
  scenario: Scenario,
  options: SimulationOptions,
): Promise<SimulationResult> {
  const { startMs, seed, pollIntervalSeconds, leastGapSeconds, pricePerHour } = scenario;
  const scalers = parseScalers(policy.loops);
  const groups = scalers.map((scaler) => {
    const group = adaptToScaleIn(scenario.createGroup(scaler), scaler);
    return policy.adaptGroup?.(group) ?? group;
  });
  const fleet = new Fleet({ startMs, seed, groups, jobs: scenario.jobs() });
  const trace = new Trace(fleet, scalers, options.trace);
  const settings = { pollIntervalSeconds, leastGapSeconds };
  const jobs = () => scenario.jobs();
  const actors = await policy.createActors({ fleet, trace, startMs, seed, ...settings, jobs });
  const endedMs = await runActors(fleet, actors, scenario, options);
  const polls = sum(actors.map((actor) => actor.polls(endedMs)));
  const calls = addCalls(actors.map((actor) => actor.calls(endedMs)));
  const measures = computeMeasures({ fleet, trace, pricePerHour, polls, calls });
  return { policy: policy.name, about: policy.about, measures, scalers: trace.scalers };
}

/** If the instances of a group are to end themselves, they do. */
function adaptToScaleIn(group: GroupOptions, { scaleIn }: Scaler): GroupOptions {
  if (!scaleIn.graceful || scaleIn.endedBy === "loop") return group;
  return { ...group, instance: { endsItself: {}, ...group.instance } };
}

function addCalls(counts: readonly CallCounts[]): CallCounts {
  return {
    autoScaling: sum(counts.map(({ autoScaling }) => autoScaling)),
    ssm: sum(counts.map(({ ssm }) => ssm)),
  };
}

function parseScalers(loops: readonly LoopInput[]) {
  return loops.flatMap((loop) => parseExecutionInput(loop).scalers);
}

const STEPS_PER_PROGRESS_CALL = 5000;

/** Runs the actors, the earliest first, until every job has ended. Returns the time of the end. */
async function runActors(
  fleet: Fleet,
  actors: readonly Actor[],
  scenario: Scenario,
  options: SimulationOptions,
): Promise<number> {
  const { startMs, endMs } = scenario;
  const lastMs = endMs + LONGEST_TAIL_MS;
  for (let step = 0; ; step += 1) {
    const next = findEarliest(actors);
    const nextMs = next?.nextMs() ?? Number.POSITIVE_INFINITY;
    if (nextMs > lastMs || (nextMs >= endMs && fleet.isDone())) break;
    fleet.advanceTo(nextMs);
    await next?.act();
    if (step % STEPS_PER_PROGRESS_CALL === 0)
      options.onProgress?.((nextMs - startMs) / (endMs - startMs));
  }
  fleet.advanceTo(Math.max(endMs, fleet.nowMs));
  return fleet.nowMs;
}

function findEarliest(actors: readonly Actor[]): Actor | undefined {
  let first: Actor | undefined;
  let firstMs = Number.POSITIVE_INFINITY;
  for (const actor of actors) {
    const ms = actor.nextMs();
    if (first !== undefined && ms >= firstMs) continue;
    first = actor;
    firstMs = ms;
  }
  return first;
}
