import { escapeControls } from "../../config/escape-controls.ts";
import type { Observation } from "../../functions/core/facts.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import type { LoopObserver } from "../terminal/loop-events.ts";
import { formatTime, listDryRunScalers } from "../terminal/poll-lines.ts";
import type { RunTally } from "../terminal/run-summary.ts";
import type { RunDisplay } from "./display.ts";

/** Prints a run for other programs: one JSON object per line, each with its `type`. */
export interface JsonDisplay extends RunDisplay {
  /** Prints the last line. */
  sumUp(tally: RunTally, historyPath: string | undefined): void;
}

/** Creates a display of JSON lines. Times have their date and zone. */
export function createJsonDisplay(
  print: (line: string) => void,
  readMs: () => number = Date.now,
): JsonDisplay {
  const write = (type: string, values: object, atMs = readMs()) =>
    print(escapeControls(JSON.stringify({ type, time: formatTime(atMs), ...values })));
  return {
    observe: (loop, scalers) => observe(loop, scalers, write),
    say: (loop, text) => write("message", { loop, text }),
    start: (getView) => write("start", { title: getView().title }),
    stop: () => {},
    sumUp: (tally, historyPath) =>
      write("summary", {
        ...tally,
        ...(historyPath === undefined ? {} : { history: historyPath }),
      }),
  };
}

function observe(
  loop: string,
  scalers: readonly Scaler[],
  write: (type: string, values: object, atMs?: number) => void,
): LoopObserver {
  const dryRunScalers = listDryRunScalers(scalers);
  let facts: Pick<Observation, "queues" | "groups"> = {};
  return {
    onObservation: ({ queues, groups }) => {
      facts = { ...(queues && { queues }), ...(groups && { groups }) };
    },
    onPoll: ({ decisions, next }, number, atMs) => {
      const decided = decisions.map((decision) => ({
        ...decision,
        ...(dryRunScalers.has(decision.scaler) ? { dryRun: true } : {}),
      }));
      const { nextPollAt } = next;
      write("poll", { loop, number, decisions: decided, ...facts, nextPollAt }, atMs);
      facts = {};
    },
    onRefusal: (scaler, error, message) => write("refused", { loop, scaler, error, message }),
    onFailure: (state, error, message) => write("failed", { loop, state, error, message }),
  };
}
