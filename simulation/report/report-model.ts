import type { TracedDecision } from "../trace.ts";

/** The four lines of a scaler's chart, in the order in which they are stored. */
export const COLUMNS = ["demand", "agents", "inService", "desired"] as const;

/** One of the four lines. */
export type Column = (typeof COLUMNS)[number];

/** What is drawn of one scaler under one policy: columns of equal length, and decisions, both by time. */
export type TraceColumns = {
  timesMs: ArrayLike<number>;
  decisions: readonly TracedDecision[];
} & Readonly<Record<Column, ArrayLike<number>>>;

/** How many jobs still waited after so many seconds. */
export interface WaitCurves {
  seconds: number[];
  /** Of each policy: shares of its jobs; null where none was left, because a log axis has no zero. */
  shares: (number | null)[][];
}

/** What the page is told besides the traces, which are blobs of their own. */
export interface ReportModel {
  /** Epoch milliseconds. */
  fromMs: number;
  toMs: number;
  policies: { name: string; about: string }[];
  scalers: {
    name: string;
    /** Of each policy, how many rows its trace has; undefined where it does not have this scaler. */
    points: (number | null)[];
  }[];
  waits: WaitCurves;
}

/** How many policies have a colour and dashes of their own; further ones begin anew. */
export const POLICY_STYLES = 7;

/** Where the page finds the trace of a scaler under a policy. */
export function traceId(scaler: number, policy: number): string {
  return `trace-${scaler}-${policy}`;
}

/** Where the page finds the model. */
export const MODEL_ID = "report-model";
