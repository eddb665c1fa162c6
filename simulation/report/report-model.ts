import type { TracedDecision, TracedInterruption } from "../trace.ts";

/** The four lines of a scaler's chart. The order is part of the encoded trace. */
export const COLUMNS = ["demand", "agents", "inService", "desired"] as const;

/** One of the four lines. */
export type Column = (typeof COLUMNS)[number];

/** The trace of one scaler under one policy: columns of equal length, decisions and interruptions, all sorted by time. */
export type TraceColumns = {
  /** Epoch milliseconds of each row. */
  timesMs: ArrayLike<number>;
  decisions: readonly TracedDecision[];
  interruptions: readonly TracedInterruption[];
} & Readonly<Record<Column, ArrayLike<number>>>;

/** The share of jobs that still wait after a number of seconds. */
export interface WaitCurves {
  /** The first one is 0. */
  seconds: number[];
  /** For each policy, the shares (0 to 1) at these times. 0 is null, because a logarithmic axis has no zero. */
  shares: (number | null)[][];
}

/** Everything that the page needs except the traces, which are embedded one by one. */
export interface ReportModel {
  /** Epoch milliseconds. */
  fromMs: number;
  toMs: number;
  policies: { name: string; about: string }[];
  scalers: {
    name: string;
    agentsPerInstance: number;
    /** For each policy, the number of rows of the trace; null if the policy does not have this scaler. */
    points: (number | null)[];
    /** The highest line of all policies, in jobs, for each of {@link PEAKS} equal parts of the time. */
    peaks: number[];
    /** Whether jobs were interrupted under any policy. */
    hasInterruptions: boolean;
  }[];
  /** The sum of all scalers. Absent if there is only one. */
  overview?: Overview;
  waits: WaitCurves;
}

/** The sum of all scalers in equal parts of time. */
export interface Overview {
  fromMs: number;
  stepMs: number;
  policies: {
    /** Averages, one per part. */
    demand: number[];
    agents: number[];
    interruptions: TracedInterruption[];
  }[];
}

/** Number of parts for which the model has the highest value of a scaler. */
export const PEAKS = 256;

/** Number of policy styles (colour and dashes). Further policies start again with the first style. */
export const POLICY_STYLES = 7;

/** Returns the id of the element that holds the trace of a scaler under a policy. */
export function traceId(scaler: number, policy: number): string {
  return `trace-${scaler}-${policy}`;
}

/** Id of the element that holds the model. */
export const MODEL_ID = "report-model";

/** Returns how many jobs one unit of a column stands for: an instance runs as many jobs as it has agents. */
export function columnFactor(column: Column, agentsPerInstance: number): number {
  return column === "inService" || column === "desired" ? agentsPerInstance : 1;
}
