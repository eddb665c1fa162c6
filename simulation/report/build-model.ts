import type { SimulationResult } from "../simulate.ts";
import type { ScalerTrace } from "../trace.ts";
import type { ReportModel } from "./report-model.ts";
import { computeWaitCurves } from "./wait-curves.ts";

/** One scaler's trace under one policy, by their places in the model. */
export interface PlacedTrace {
  scaler: number;
  policy: number;
  trace: ScalerTrace;
}

/** What the page is told besides the traces. Scalers come in the order in which policies name them. */
export function buildModel(policies: readonly SimulationResult[]): ReportModel {
  const traces = policies.map(({ scalers }) => scalers);
  const names = scalerNames(policies);
  return {
    ...spanOf(traces.flat()),
    policies: policies.map(({ policy, about }) => ({ name: policy, about })),
    scalers: names.map((name) => ({
      name,
      points: traces.map((of) => of.find((trace) => trace.name === name)?.timesMs.length ?? null),
    })),
    waits: computeWaitCurves(policies.map(({ measures }) => measures.waitsMs)),
  };
}

/** Every trace that there is. */
export function placeTraces(policies: readonly SimulationResult[]): PlacedTrace[] {
  const names = scalerNames(policies);
  return policies.flatMap(({ scalers }, policy) =>
    scalers.map((trace) => ({ scaler: names.indexOf(trace.name), policy, trace })),
  );
}

function scalerNames(policies: readonly SimulationResult[]): string[] {
  return [...new Set(policies.flatMap(({ scalers }) => scalers.map(({ name }) => name)))];
}

function spanOf(traces: readonly ScalerTrace[]): { fromMs: number; toMs: number } {
  const starts = traces.flatMap(({ timesMs }) => timesMs.at(0) ?? []);
  const ends = traces.flatMap(({ timesMs }) => timesMs.at(-1) ?? []);
  if (starts.length === 0) return { fromMs: 0, toMs: 0 };
  return { fromMs: Math.min(...starts), toMs: Math.max(...ends) };
}
