import type { Action, Decision } from "../functions/core/decision.ts";
import type { Fleet } from "./fleet/fleet.ts";

/** Which queues a line of the trace is about, and which group. */
export interface TracedScaler {
  name: string;
  queues: readonly string[];
  group: string;
}

/** A decision that moved the desired capacity. */
export interface TracedDecision {
  atMs: number;
  action: Exclude<Action, "none">;
  from: number;
  to: number;
  reasons: readonly string[];
}

/**
 * What one scaler's queue and group looked like, noted whenever it changed: columns of equal length.
 * Times are epoch milliseconds.
 */
export interface ScalerTrace {
  name: string;
  timesMs: number[];
  /** Jobs that may run or do run. */
  demand: number[];
  /** Agents that are connected. */
  agents: number[];
  inService: number[];
  desired: number[];
  decisions: TracedDecision[];
}

/** Notes what there is to draw; nothing, where nobody will. */
export class Trace {
  readonly scalers: ScalerTrace[];
  /** Decisions that were carried out. */
  scalings = 0;
  readonly #wanted: boolean;
  readonly #fleet: Fleet;
  readonly #traced: readonly TracedScaler[];

  /** @param wanted whether somebody will draw it */
  constructor(fleet: Fleet, traced: readonly TracedScaler[], wanted: boolean) {
    this.#wanted = wanted;
    this.#fleet = fleet;
    this.#traced = traced;
    this.scalers = traced.map(({ name }) => ({
      name,
      timesMs: [],
      demand: [],
      agents: [],
      inService: [],
      desired: [],
      decisions: [],
    }));
  }

  /** Notes how things are now, where that differs from what was noted last. */
  recordState(): void {
    if (!this.#wanted) return;
    for (const [index, { queues, group }] of this.#traced.entries()) {
      const trace = this.scalers[index];
      const groupFacts = this.#fleet.groupFacts(group);
      if (trace === undefined || groupFacts === undefined) continue;
      const { jobs, agents } = this.#fleet.sumQueueFacts(queues);
      const { inService, desired } = groupFacts;
      append(trace, this.#fleet.nowMs, [
        jobs.scheduled + jobs.running,
        agents.total,
        inService,
        desired,
      ]);
    }
  }

  /** Notes a decision that was carried out. */
  recordDecision({ scaler, action, from, to, reasons }: Decision): void {
    if (action !== "none") this.scalings += 1;
    if (!this.#wanted) return;
    const trace = this.scalers.find(({ name }) => name === scaler);
    if (trace === undefined || action === "none" || from === null || to === null) return;
    trace.decisions.push({ atMs: this.#fleet.nowMs, action, from, to, reasons });
  }
}

type Row = [demand: number, agents: number, inService: number, desired: number];

function append(trace: ScalerTrace, nowMs: number, row: Row): void {
  const columns = [trace.demand, trace.agents, trace.inService, trace.desired];
  const isNew = columns.some((column, index) => column.at(-1) !== row[index]);
  if (!isNew) return;
  trace.timesMs.push(nowMs);
  for (const [index, column] of columns.entries()) column.push(row[index] ?? 0);
}
