import type { SimulationResult } from "../simulate.ts";
import type { ScalerTrace } from "../trace.ts";
import { summarizeBuckets } from "./buckets.ts";
import { sumScalers } from "./overview.ts";
import type { Period } from "./report-input.ts";
import { COLUMNS, columnFactor, PEAKS, type ReportModel } from "./report-model.ts";
import { computeWaitCurves } from "./wait-curves.ts";

/** The trace of one scaler under one policy, with their indexes in the model. */
export interface IndexedTrace {
  scaler: number;
  policy: number;
  trace: ScalerTrace;
}

/** Returns everything that the page needs except the traces. Scalers keep the order of the policies. */
export function buildModel(policies: readonly SimulationResult[]): ReportModel {
  const span = findTimeSpan(policies.flatMap(({ scalers }) => scalers));
  const names = listScalerNames(policies);
  return {
    ...span,
    policies: policies.map(({ policy, about }) => ({ name: policy, about })),
    scalers: names.map((name) => buildScaler(name, policies, span)),
    ...(names.length > 1 ? { overview: sumScalers(policies, span) } : {}),
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

function findTimeSpan(traces: readonly ScalerTrace[]): Period {
  const starts = traces.flatMap(({ timesMs }) => timesMs.at(0) ?? []);
  const ends = traces.flatMap(({ timesMs }) => timesMs.at(-1) ?? []);
  if (starts.length === 0) return { fromMs: 0, toMs: 0 };
  return { fromMs: Math.min(...starts), toMs: Math.max(...ends) };
}

function buildScaler(
  name: string,
  policies: readonly SimulationResult[],
  span: Period,
): ReportModel["scalers"][number] {
  const traces = policies.map(({ scalers }) => scalers.find((trace) => trace.name === name));
  const present = traces.flatMap((trace) => trace ?? []);
  return {
    name,
    agentsPerInstance: Math.max(1, ...present.map(({ agentsPerInstance }) => agentsPerInstance)),
    points: traces.map((trace) => trace?.timesMs.length ?? null),
    peaks: findPeaks(present, span),
    hasInterruptions: present.some(({ interruptions }) => interruptions.length > 0),
  };
}

function findPeaks(traces: readonly ScalerTrace[], { fromMs, toMs }: Period): number[] {
  const grid = { fromMs, stepMs: (toMs + 1 - fromMs) / PEAKS, count: PEAKS };
  const columns = traces.flatMap((trace) =>
    COLUMNS.map((column) => {
      const factor = columnFactor(column, trace.agentsPerInstance);
      const { highs } = summarizeBuckets(trace.timesMs, trace[column], grid);
      return highs.map((high) => (high ?? 0) * factor);
    }),
  );
  return Array.from({ length: PEAKS }, (_, part) =>
    Math.max(0, ...columns.map((column) => column[part] ?? 0)),
  );
}
