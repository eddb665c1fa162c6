import type { LoopInput } from "../config/loops.ts";
import { parseExecutionInput } from "../functions/core/execution-input.ts";
import { Fleet } from "./fleet/fleet.ts";
import type { GroupOptions, Job } from "./fleet/options.ts";
import { computeMeasures, type Measures } from "./measures.ts";
import type { Actor, Policy } from "./policies/policy.ts";
import { type ScalerTrace, Trace, type TracedScaler } from "./trace.ts";

/** A workload and a fleet, on which policies are compared. */
export interface Scenario {
  startMs: number;
  /** No job comes from here on. Policies go on until every job has ended, at most a day longer. */
  endMs: number;
  seed: number;
  pollIntervalSeconds: number;
  /** Price of an instance for an hour. */
  pricePerHour: number;
  /** The jobs, anew for every policy. */
  jobs(): Iterable<Job>;
  /** What stands behind a scaler's group; the name and the queues are the scaler's. */
  groupFor(scaler: TracedScaler & { agentsPerInstance: number }): GroupOptions;
}

/** How one policy did. */
export interface SimulationResult {
  policy: string;
  about: string;
  measures: Measures;
  /** Empty unless asked for. */
  scalers: readonly ScalerTrace[];
}

/** What a run is asked for besides its figures. */
export interface SimulationOptions {
  trace: boolean;
  /** Is told the share of the time span that has passed, now and then. */
  onProgress?: (share: number) => void;
}

const LONGEST_TAIL_MS = 24 * 3_600_000;

/** Runs one policy over a scenario's virtual clock. */
export function simulate(
  policy: Policy,
  scenario: Scenario,
  wishes: SimulationOptions,
): SimulationResult {
  const { startMs, seed, pollIntervalSeconds, pricePerHour } = scenario;
  const scalers = parseScalers(policy.loops);
  const adapted = policy.group ?? ((options: GroupOptions) => options);
  const groups = scalers.map((scaler) => adapted(scenario.groupFor(scaler)));
  const fleet = new Fleet({ startMs, seed, groups, jobs: scenario.jobs() });
  const trace = new Trace(fleet, scalers, wishes.trace);
  const actors = policy.actors({ fleet, trace, startMs, pollIntervalSeconds });
  const overMs = drive(fleet, actors, scenario, wishes);
  const polls = actors.reduce((sum, actor) => sum + actor.polls(overMs), 0);
  const measures = computeMeasures({ fleet, trace, pricePerHour, polls });
  return { policy: policy.name, about: policy.about, measures, scalers: trace.scalers };
}

function parseScalers(loops: readonly LoopInput[]) {
  return loops.flatMap((loop) => parseExecutionInput(loop).scalers);
}

const STEPS_BETWEEN_NEWS = 5000;

/** Lets whoever comes next act, until every job has ended. Gives the time when that was. */
function drive(
  fleet: Fleet,
  actors: readonly Actor[],
  scenario: Scenario,
  wishes: SimulationOptions,
): number {
  const { startMs, endMs } = scenario;
  const lastMs = endMs + LONGEST_TAIL_MS;
  for (let step = 0; ; step += 1) {
    const next = findEarliest(actors);
    const nextMs = next?.nextMs() ?? Number.POSITIVE_INFINITY;
    if (nextMs > lastMs || (nextMs >= endMs && fleet.isDone())) break;
    fleet.advanceTo(nextMs);
    next?.act();
    if (step % STEPS_BETWEEN_NEWS === 0)
      wishes.onProgress?.((nextMs - startMs) / (endMs - startMs));
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
