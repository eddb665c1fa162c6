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

/** What began a poll: its beat, an event, or the poll before, which an event began. */
export type PollCause = "beat" | "event" | "echo";

/** Called for what happens in a loop, while it happens. */
export interface LoopObserver {
  onObservation?(observation: Observation): void;
  /** `number` counts from 1; `atMs` is the time of the decision in epoch milliseconds. */
  onPoll?(poll: RecordedPoll, number: number, atMs: number, cause?: PollCause): void;
  /** AWS refused a scaler's change. */
  onRefusal?(scaler: string, error: string, message: string): void;
  /** A whole step failed; the definition's Catch went on from it. */
  onFailure?(state: string, error: string, message: string): void;
}

/** A Task without a Lambda function has no `LambdaFunction` in its events. */
const FAILURE = /^(LambdaFunction|Task)(Failed|TimedOut)$/;

/** Returns a listener for the events of executions that calls the observer. */
export function observeLoop(observer: LoopObserver): (event: HistoryEvent) => void {
  let polls = 0;
  let state = "";
  const findCause = trackCauses();
  return (event) => {
    const { type, details, event_timestamp } = event;
    if (type === "TaskStateEntered") state = details.name ?? "";
    const cause = findCause(event);
    if (FAILURE.test(type)) {
      observer.onFailure?.(state, details.error ?? "", readCauseMessage(details.cause ?? ""));
    }
    if (details.output === undefined) return;
    const output: unknown = JSON.parse(details.output);
    if (type === "LambdaFunctionSucceeded" && state === "Compute capacity") {
      const poll = v.safeParse(recordedPollSchema, output);
      if (!poll.success) return;
      polls += 1;
      observer.onPoll?.(poll.output, polls, Number(event_timestamp), cause);
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

/** The state between an event that is heard and its poll. */
const AFTER_AN_EVENT = "Wait for the least gap";

/**
 * Returns a function that takes every event of the executions and returns the cause of the current poll. A
 * poll that an event began is followed by another one, unless the slot ends.
 */
function trackCauses(): (event: HistoryEvent) => PollCause {
  let cause: PollCause = "beat";
  let isHeard = false;
  return ({ type, details: { name } }) => {
    if (type === "ExecutionStarted") [cause, isHeard] = ["beat", false];
    if (type === "WaitStateEntered" && name === AFTER_AN_EVENT) isHeard = true;
    if (type === "TaskStateEntered" && name === "Fetch metrics") {
      cause = isHeard ? "event" : cause === "event" ? "echo" : "beat";
      isHeard = false;
    }
    return cause;
  };
}
