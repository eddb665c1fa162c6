import { describe, expect, test } from "vitest";
import { observeLoop } from "../../../cli/terminal/loop-events.ts";
import { collectQueues } from "../../../functions/core/facts.ts";
import type { History, HistoryEvent } from "../../../local/engine/history.ts";
import type { Handler } from "../../../local/engine/invoke-lambda.ts";
import { createObservation, runLoop, type TaskName } from "../../support/loop.ts";

/** The calls of an observer for a history, as a text each. */
function listCalls(events: History): string[] {
  const calls: string[] = [];
  const listener = observeLoop({
    onObservation: ({ observedAt, queues = {} }) => {
      const queue = collectQueues(["default"], queues);
      const jobs = "error" in queue ? queue.error : queue.jobs.scheduled;
      calls.push(`${observedAt.slice(11, 19)} ${jobs} scheduled`);
    },
    onPoll: ({ decisions }, number, atMs) => {
      const [decision] = decisions;
      const at = new Date(atMs).toISOString().slice(11, 19);
      calls.push(`${at} poll ${number}: ${decision?.action} ${decision?.to}`);
    },
    onRefusal: (scaler, error, message) => calls.push(`refused ${scaler}: ${error}: ${message}`),
    onFailure: (state, error, cause) => calls.push(`failed ${state}: ${error}: ${cause}`),
  });
  for (const event of events) listener(event);
  return calls;
}

/** The history of a loop with two polls, at 0 s and 10 s. */
async function runTwoPolls(handlers: Partial<Record<TaskName, Handler>>): Promise<History> {
  const { history } = await runLoop("2026-01-05T09:00:00Z", { slotSeconds: 15 }, handlers);
  return history;
}

class AccessDenied extends Error {
  override readonly name = "AccessDenied";
}

describe("the observer of a loop", () => {
  test("is called for each observation and each poll, with its time", async () => {
    const history = await runTwoPolls({ "Fetch metrics": () => createObservation(2, 0) });
    expect(listCalls(history)).toEqual([
      "09:00:00 2 scheduled",
      "09:00:00 poll 1: scale-out 2",
      "09:00:10 2 scheduled",
      "09:00:10 poll 2: scale-out 2",
    ]);
  });

  test("is called for a change that AWS refused", async () => {
    const fault = { error: "GroupNotFound", message: "there is no group web" };
    const history = await runTwoPolls({
      "Fetch metrics": () => createObservation(2, 0),
      "Apply scaling": ({ carry }: { carry: object }) => ({
        ...carry,
        applied: { web: { fault } },
      }),
    });
    expect(listCalls(history)).toContain("refused web: GroupNotFound: there is no group web");
  });

  test("is called for a failed step with the error's message, and still for the poll", async () => {
    const history = await runTwoPolls({
      "Fetch metrics": () => {
        throw new AccessDenied('no "read"\nfor you');
      },
    });
    const calls = listCalls(history);
    expect(calls).toContain('failed Fetch metrics: AccessDenied: no "read"\nfor you');
    expect(calls.filter((text) => text.includes("poll"))).toEqual([
      "09:00:00 poll 1: none null",
      "09:00:10 poll 2: none null",
    ]);
    expect(calls.some((text) => text.includes("scheduled"))).toBe(false);
  });

  test("receives the cause unchanged if it is not Lambda's JSON", () => {
    const event: HistoryEvent = {
      id: "7",
      type: "LambdaFunctionTimedOut",
      details: { error: "States.Timeout", cause: "after 9 s" },
      previous_event_id: "6",
      event_timestamp: "0",
      execution_arn: "arn",
    };
    const entered = { ...event, type: "TaskStateEntered", details: { name: "Apply scaling" } };
    expect(listCalls([entered, event])).toEqual([
      "failed Apply scaling: States.Timeout: after 9 s",
    ]);
  });

  test("is called for each poll with its cause: its beat, an event, or the poll before", () => {
    const enter = (name: string): HistoryEvent => ({
      id: "7",
      type: name.startsWith("Wait") ? "WaitStateEntered" : "TaskStateEntered",
      details: { name },
      previous_event_id: "6",
      event_timestamp: "0",
      execution_arn: "arn",
    });
    const start = { ...enter(""), type: "ExecutionStarted", details: {} };
    const [beat, event] = [enter("Wait for next poll"), enter("Wait for the least gap")];
    const output = JSON.stringify({ decisions: [], next: { nextPollAt: "2026-01-05T09:00:10Z" } });
    const decided = { ...enter(""), type: "LambdaFunctionSucceeded", details: { output } };
    const poll = [enter("Fetch metrics"), enter("Compute capacity"), decided];
    const causes: string[] = [];
    const listener = observeLoop({
      onPoll: (_poll, _number, _atMs, cause = "beat") => causes.push(cause),
    });
    const waits = [beat, event, beat, beat, event, event];
    const events = [start, ...poll, ...waits.flatMap((wait) => [wait, ...poll]), start, ...poll];
    for (const each of events) listener(each);
    expect(causes).toEqual(["beat", "beat", "event", "echo", "beat", "event", "event", "beat"]);
  });

  test("is called for a failed step that has no Lambda function", () => {
    const event: HistoryEvent = {
      id: "7",
      type: "TaskFailed",
      details: { error: "Sqs.QueueDoesNotExistException", cause: "The queue is gone." },
      previous_event_id: "6",
      event_timestamp: "0",
      execution_arn: "arn",
    };
    const entered = { ...event, type: "TaskStateEntered", details: { name: "Listen for jobs" } };
    expect(listCalls([entered, event])).toEqual([
      "failed Listen for jobs: Sqs.QueueDoesNotExistException: The queue is gone.",
    ]);
  });

  test("counts polls across executions", async () => {
    const history = await runTwoPolls({});
    const polls = listCalls([...history, ...history]).filter((text) => text.includes("poll"));
    expect(polls.map((text) => text.slice(9))).toEqual(
      [1, 2, 3, 4].map((number) => `poll ${number}: none 0`),
    );
  });

  test("can be empty", async () => {
    const history = await runTwoPolls({ "Fetch metrics": () => createObservation(2, 0) });
    expect(() => history.forEach(observeLoop({}))).not.toThrow();
  });
});
