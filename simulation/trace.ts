import type { Action, Decision } from "../functions/core/decision.ts";
import type { Fleet } from "./fleet/fleet.ts";

/** A scaler whose queues and group are traced. */
export interface TracedScaler {
  name: string;
  queues: readonly string[];
  group: string;
  agentsPerInstance: number;
}

/** A decision that moved the desired capacity, or stopped the agents of surplus instances. */
export interface TracedDecision {
  atMs: number;
  action: Exclude<Action, "none">;
  from: number;
  to: number;
  reasons: readonly string[];
}

/** Jobs that lost their instance or their agent since the previous record. */
export interface TracedInterruption {
  atMs: number;
  jobs: number;
}

/**
 * The state of one scaler's queues and group over time, with one row per change: columns of equal
 * length. Times are epoch milliseconds.
 */
export interface ScalerTrace {
  name: string;
  agentsPerInstance: number;
  timesMs: number[];
  /** Scheduled and running jobs. */
  demand: number[];
  /** Connected agents. */
  agents: number[];
  inService: number[];
  desired: number[];
  decisions: TracedDecision[];
  interruptions: TracedInterruption[];
}

/** Records what the report draws, if a report is wanted. Scalings are always counted. */
export class Trace {
  readonly scalers: ScalerTrace[];
  /** Decisions that changed the desired capacity or stopped the agents of surplus instances. */
  scalings = 0;
  readonly #isRecording: boolean;
  readonly #fleet: Fleet;
  readonly #traced: readonly TracedScaler[];
  /** Interruptions that are recorded so far, by scaler. */
  readonly #interrupted = new Map<string, number>();

  /** @param isRecording whether to record states and decisions */
  constructor(fleet: Fleet, traced: readonly TracedScaler[], isRecording: boolean) {
    this.#isRecording = isRecording;
    this.#fleet = fleet;
    this.#traced = traced;
    this.scalers = traced.map(({ name, agentsPerInstance }) => ({
      name,
      agentsPerInstance,
      timesMs: [],
      demand: [],
      agents: [],
      inService: [],
      desired: [],
      decisions: [],
      interruptions: [],
    }));
  }

  /** Records the current state of each scaler that differs from its last row. */
  recordState(): void {
    if (!this.#isRecording) return;
    for (const [index, { queues, group }] of this.#traced.entries()) {
      const trace = this.scalers[index];
      const groupFacts = this.#fleet.groupFacts(group);
      if (trace === undefined || groupFacts === undefined) continue;
      const { jobs, agents } = this.#fleet.sumQueueFacts(queues);
      const { inService, desired } = groupFacts;
      appendIfChanged(trace, this.#fleet.nowMs, [
        jobs.scheduled + jobs.running,
        agents.total,
        inService,
        desired,
      ]);
      this.#recordInterruptions(trace, group);
    }
  }

  /** Records a decision that was applied. */
  recordDecision({ scaler, action, from, to, reasons }: Decision): void {
    if (action !== "none") this.scalings += 1;
    if (!this.#isRecording) return;
    const trace = this.scalers.find(({ name }) => name === scaler);
    if (trace === undefined || action === "none" || from === null || to === null) return;
    trace.decisions.push({ atMs: this.#fleet.nowMs, action, from, to, reasons });
  }

  #recordInterruptions({ name, interruptions }: ScalerTrace, group: string): void {
    const total = this.#fleet.countInterruptions(group);
    const jobs = total - (this.#interrupted.get(name) ?? 0);
    if (jobs === 0) return;
    interruptions.push({ atMs: this.#fleet.nowMs, jobs });
    this.#interrupted.set(name, total);
  }
}

type Row = [demand: number, agents: number, inService: number, desired: number];

function appendIfChanged(trace: ScalerTrace, nowMs: number, row: Row): void {
  const columns = [trace.demand, trace.agents, trace.inService, trace.desired];
  const isChanged = columns.some((column, index) => column.at(-1) !== row[index]);
  if (!isChanged) return;
  trace.timesMs.push(nowMs);
  for (const [index, column] of columns.entries()) column.push(row[index] ?? 0);
}
