import type { Measures } from "../../simulation/measures.ts";
import type { SimulationResult } from "../../simulation/simulate.ts";
import type { ScalerTrace } from "../../simulation/trace.ts";

const MEASURES: Measures = {
  jobs: 100,
  unfinished: 0,
  waitSeconds: { p50: 1, p95: 60, p99: 90, worst: 100, mean: 5 },
  waitedOverAMinute: 0.05,
  interrupted: 0,
  instanceHours: 1000,
  idleShare: 0.38,
  money: 100,
  scalings: 40,
  polls: 8640,
  doubleDecrements: 0,
  calls: undefined,
  fromZero: undefined,
  waitsMs: Float64Array.of(1000),
};

/** What differs from 100 jobs that cost 100 dollars. */
interface Changes {
  p95?: number;
  money?: number;
  interrupted?: number;
  unfinished?: number;
  waitsMs?: readonly number[];
}

/** Creates the result of a policy. */
export function createResult(
  policy: string,
  { p95 = 60, waitsMs = [1000], ...changes }: Changes = {},
  scalers: readonly ScalerTrace[] = [],
): SimulationResult {
  const measures = {
    ...MEASURES,
    ...changes,
    waitSeconds: { ...MEASURES.waitSeconds, p95 },
    waitsMs: Float64Array.from(waitsMs),
  };
  return { policy, about: `about ${policy}`, measures, scalers };
}

/** Creates the trace of a group whose columns change together. */
export function createTrace(
  name: string,
  rows: readonly (readonly [atMs: number, demand: number, agents: number])[],
  changes: Partial<ScalerTrace> = {},
): ScalerTrace {
  return {
    name,
    agentsPerInstance: 1,
    timesMs: rows.map(([atMs]) => atMs),
    demand: rows.map(([, demand]) => demand),
    agents: rows.map(([, , agents]) => agents),
    inService: rows.map(() => 0),
    desired: rows.map(() => 0),
    decisions: [],
    interruptions: [],
    ...changes,
  };
}
