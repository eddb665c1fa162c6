import type { SimulationResult } from "../simulate.ts";
import type { ScalerTrace } from "../trace.ts";
import type { ReportModel } from "./report-model.ts";
import { computeWaitCurves } from "./wait-curves.ts";

/** The trace of one scaler under one policy, with their indexes in the model. */
export interface IndexedTrace {
  scaler: number;
  policy: number;
  trace: ScalerTrace;
}

/** Returns everything that the page needs except the traces. Scalers keep the order of the policies. */
export function buildModel(policies: readonly SimulationResult[]): ReportModel {
  const tracesByPolicy = policies.map(({ scalers }) => scalers);
  return {
    ...findTimeSpan(tracesByPolicy.flat()),
    policies: policies.map(({ policy, about }) => ({ name: policy, about })),
    scalers: listScalerNames(policies).map((name) => ({
      name,
      points: tracesByPolicy.map(
        (traces) => traces.find((trace) => trace.name === name)?.timesMs.length ?? null,
      ),
    })),
    waits: computeWaitCurves(policies.map(({ measures }) => measures.waitsMs)),
  };
}

/** Returns the traces of all scalers under all policies. */
export function listTraces(policies: readonly SimulationResult[]): IndexedTrace[] {
  const names = listScalerNames(policies);
  return policies.flatMap(({ scalers }, policy) =>
    scalers.map((trace) => ({ scaler: names.indexOf(trace.name), policy, trace })),
  );
}

function listScalerNames(policies: readonly SimulationResult[]): string[] {
  return [...new Set(policies.flatMap(({ scalers }) => scalers.map(({ name }) => name)))];
}

function findTimeSpan(traces: readonly ScalerTrace[]): { fromMs: number; toMs: number } {
  const starts = traces.flatMap(({ timesMs }) => timesMs.at(0) ?? []);
  const ends = traces.flatMap(({ timesMs }) => timesMs.at(-1) ?? []);
  if (starts.length === 0) return { fromMs: 0, toMs: 0 };
  return { fromMs: Math.min(...starts), toMs: Math.max(...ends) };
}
