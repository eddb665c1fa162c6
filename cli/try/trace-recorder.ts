import type { LoopInput } from "../../config/loops.ts";
import { parseScalers } from "../../functions/core/read-scalers.ts";
import type { Fleet } from "../../simulation/fleet/fleet.ts";
import { computeMeasures } from "../../simulation/measures.ts";
import type { SimulationResult } from "../../simulation/simulate.ts";
import { Trace } from "../../simulation/trace.ts";
import type { LoopObserver } from "../terminal/loop-events.ts";

/** Records the fleet while a loop runs, for the report. */
export interface TraceRecorder {
  observer: LoopObserver;
  /** Stops recording and returns the results as the simulator would. */
  finish(polls: number): SimulationResult;
}

const RECORD_INTERVAL_MS = 1000;

/** Dollars for an hour of an instance. A round figure: the sandbox has no instance type. */
export const PRICE_PER_HOUR = 0.1;

/** Records the fleet every second and at each poll, until it is finished. */
export function recordTrace(fleet: Fleet, loop: LoopInput): TraceRecorder {
  const scalers = parseScalers(loop.scalers);
  const dryRunScalers = new Set(scalers.filter(({ dryRun }) => dryRun).map(({ name }) => name));
  const trace = new Trace(fleet, scalers, true);
  const recordState = () => {
    fleet.advanceTo(Date.now());
    trace.recordState();
  };
  const timer = setInterval(recordState, RECORD_INTERVAL_MS).unref();
  return {
    observer: {
      onPoll: ({ decisions }) => {
        recordState();
        for (const decision of decisions) {
          if (!dryRunScalers.has(decision.scaler)) trace.recordDecision(decision);
        }
      },
    },
    finish: (polls) => {
      clearInterval(timer);
      recordState();
      const measures = computeMeasures({
        fleet,
        trace,
        pricePerHour: PRICE_PER_HOUR,
        polls,
        calls: undefined,
      });
      const about = "this run in the sandbox";
      return { policy: "this run", about, measures, scalers: trace.scalers };
    },
  };
}
