import type { LoopInput } from "../../config/loops.ts";
import { parseScalers } from "../../functions/core/scaler.ts";
import type { Fleet } from "../../simulation/fleet/fleet.ts";
import { computeMeasures } from "../../simulation/measures.ts";
import type { Simulated } from "../../simulation/simulate.ts";
import { Trace } from "../../simulation/trace.ts";
import type { LoopObserver } from "../terminal/loop-events.ts";

/** Somebody who notes what a fleet looks like while a loop runs, for its report. */
export interface TraceRecorder {
  listener: LoopObserver;
  /** What came of it, in the simulator's words. No more is noted. */
  finish(polls: number): Simulated;
}

const NOTED_EVERY_MS = 1000;

/** Of an instance for an hour; a round figure, for want of the real one. */
export const PRICE_PER_HOUR = 0.1;

/** Notes each second and at each poll. */
export function recordTrace(fleet: Fleet, { scalers: entries }: LoopInput): TraceRecorder {
  const scalers = parseScalers(entries);
  const rehearsing = new Set(scalers.filter(({ dryRun }) => dryRun).map(({ name }) => name));
  const trace = new Trace(fleet, scalers, true);
  const note = () => {
    fleet.advanceTo(Date.now());
    trace.recordState();
  };
  const timer = setInterval(note, NOTED_EVERY_MS).unref();
  return {
    listener: {
      onPoll: ({ decisions }) => {
        note();
        for (const decision of decisions) {
          if (!rehearsing.has(decision.scaler)) trace.recordDecision(decision);
        }
      },
    },
    finish: (polls) => {
      clearInterval(timer);
      note();
      const measures = computeMeasures({ fleet, trace, pricePerHour: PRICE_PER_HOUR, polls });
      const about = "what ran here, in the sandbox";
      return { policy: "this run", about, measures, scalers: trace.scalers };
    },
  };
}
