import { describe, expect, test } from "vitest";
import { observeLoop } from "../../../cli/terminal/loop-events.ts";
import type { History, HistoryEvent } from "../../../local/engine/history.ts";
import type { Handler } from "../../../local/engine/invoke-lambda.ts";
import { createObservation, runLoop, type TaskName } from "../../support/loop.ts";

/** What a listener hears of a history, one text each. */
function heard(events: History): string[] {
  const told: string[] = [];
  const hear = observeLoop({
    onObservation: ({ observedAt, queues }) =>
      told.push(`${observedAt.slice(11, 19)} ${queues?.default?.jobs.scheduled} scheduled`),
    onPoll: ({ decisions }, number, atMs) => {
      const [decision] = decisions;
      const at = new Date(atMs).toISOString().slice(11, 19);
      told.push(`${at} poll ${number}: ${decision?.action} ${decision?.to}`);
    },
    onRefusal: (scaler, error, message) => told.push(`refused ${scaler}: ${error}: ${message}`),
    onFailure: (state, error, cause) => told.push(`failed ${state}: ${error}: ${cause}`),
  });
  for (const event of events) hear(event);
  return told;
}

/** A loop of 20 s: polls at 0, 10 and no more. */
async function loopOf(handlers: Partial<Record<TaskName, Handler>>): Promise<History> {
  const { history } = await runLoop("2026-01-05T09:00:00Z", { slotSeconds: 15 }, handlers);
  return history;
}

class AccessDenied extends Error {
  override readonly name = "AccessDenied";
}

describe("who watches a loop", () => {
  test("hears of each observation and each poll, at its time", async () => {
    const history = await loopOf({ "Fetch metrics": () => createObservation(2, 0) });
    expect(heard(history)).toEqual([
      "09:00:00 2 scheduled",
      "09:00:00 poll 1: scale-out 2",
      "09:00:10 2 scheduled",
      "09:00:10 poll 2: scale-out 2",
    ]);
  });

  test("hears of a change that AWS refused", async () => {
    const fault = { error: "GroupNotFound", message: "there is no group web" };
    const history = await loopOf({
      "Fetch metrics": () => createObservation(2, 0),
      "Apply scaling": ({ carry }: { carry: object }) => ({
        ...carry,
        applied: { web: { fault } },
      }),
    });
    expect(heard(history)).toContain("refused web: GroupNotFound: there is no group web");
  });

  test("hears of a step that failed, in the error's own words, and of the poll all the same", async () => {
    const history = await loopOf({
      "Fetch metrics": () => {
        throw new AccessDenied('no "read"\nfor you');
      },
    });
    const told = heard(history);
    expect(told).toContain('failed Fetch metrics: AccessDenied: no "read"\nfor you');
    expect(told.filter((text) => text.includes("poll"))).toEqual([
      "09:00:00 poll 1: none null",
      "09:00:10 poll 2: none null",
    ]);
    expect(told.some((text) => text.includes("scheduled"))).toBe(false);
  });

  test("hears the cause as it is where it is no document of Lambda's", () => {
    const event: HistoryEvent = {
      id: "7",
      type: "LambdaFunctionTimedOut",
      details: { error: "States.Timeout", cause: "after 9 s" },
      previous_event_id: "6",
      event_timestamp: "0",
      execution_arn: "arn",
    };
    const entered = { ...event, type: "TaskStateEntered", details: { name: "Apply scaling" } };
    expect(heard([entered, event])).toEqual(["failed Apply scaling: States.Timeout: after 9 s"]);
  });

  test("goes on counting polls from one execution to the next", async () => {
    const history = await loopOf({});
    const polls = heard([...history, ...history]).filter((text) => text.includes("poll"));
    expect(polls.map((text) => text.slice(9))).toEqual(
      [1, 2, 3, 4].map((number) => `poll ${number}: none 0`),
    );
  });

  test("need not listen to anything", async () => {
    const history = await loopOf({ "Fetch metrics": () => createObservation(2, 0) });
    expect(() => history.forEach(observeLoop({}))).not.toThrow();
  });
});
