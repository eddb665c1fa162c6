import * as v from "valibot";
import { readCauseMessage } from "../../functions/core/decide.ts";
import { isTaskFailure, type Observation } from "../../functions/core/facts.ts";
import type { HistoryEvent } from "../../local/engine/history.ts";
import {
  type RecordedPoll,
  recordedApplySchema,
  recordedFetchSchema,
  recordedPollSchema,
} from "../../local/engine/recorded-tasks.ts";

/** Called for what happens in a loop, while it happens. */
export interface LoopObserver {
  onObservation?(observation: Observation): void;
  /** `number` counts from 1; `atMs` is the time of the decision in epoch milliseconds. */
  onPoll?(poll: RecordedPoll, number: number, atMs: number): void;
  /** AWS refused a scaler's change. */
  onRefusal?(scaler: string, error: string, message: string): void;
  /** A whole step failed; the definition's Catch went on from it. */
  onFailure?(state: string, error: string, message: string): void;
}

/** Returns a listener for the events of executions that calls the observer. */
export function observeLoop(observer: LoopObserver): (event: HistoryEvent) => void {
  let polls = 0;
  let state = "";
  return ({ type, details, event_timestamp }) => {
    if (type === "TaskStateEntered") state = details.name ?? "";
    if (type === "LambdaFunctionFailed" || type === "LambdaFunctionTimedOut") {
      observer.onFailure?.(state, details.error ?? "", readCauseMessage(details.cause ?? ""));
    }
    if (details.output === undefined) return;
    const output: unknown = JSON.parse(details.output);
    if (type === "LambdaFunctionSucceeded" && state === "Compute capacity") {
      const poll = v.safeParse(recordedPollSchema, output);
      if (!poll.success) return;
      polls += 1;
      observer.onPoll?.(poll.output, polls, Number(event_timestamp));
    }
    if (type !== "TaskStateExited") return;
    if (details.name === "Fetch metrics" && v.is(recordedFetchSchema, output)) {
      const { observation } = output;
      if (!isTaskFailure(observation)) observer.onObservation?.(observation);
    }
    if (details.name === "Apply scaling" && v.is(recordedApplySchema, output)) {
      for (const [scaler, outcome] of Object.entries(output.carry.applied)) {
        if ("set" in outcome) continue;
        observer.onRefusal?.(scaler, outcome.fault.error, outcome.fault.message);
      }
    }
  };
}
