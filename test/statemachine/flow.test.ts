import { describe, expect, test, vi } from "vitest";
import { EMPTY_QUEUE, type Observation } from "../../functions/core/facts.ts";
import { plural } from "../../functions/core/plural.ts";
import {
  countLoggedBytes,
  cutIntoPolls,
  type HistoryEvent,
  listStatesEntered,
} from "../../local/engine/history.ts";
import { type Handler, invokeLambda, PAYLOAD_BYTES } from "../../local/engine/invoke-lambda.ts";
import { toJson } from "../../local/engine/json.ts";
import type { Outcome } from "../../local/engine/run-execution.ts";
import { createObservation, INPUT, runLoop, STAND_INS, type TaskName } from "../support/loop.ts";
import { formatEventTime, listPollTimes, readAnswers } from "../support/times.ts";

// These tests cause the errors that the handlers log.
vi.hoisted(() => {
  process.env.LOG_LEVEL = "SILENT";
});

class Thrown extends Error {
  constructor(name: string) {
    super(`${name} on purpose`);
    this.name = name;
  }
}

function createFailure(name: string): Handler {
  return () => {
    throw new Thrown(name);
  };
}

/** Fails for the first `times` calls, then calls the handler. */
function failFirstCalls(times: number, name: string, handler: Handler): Handler {
  let calls = 0;
  return (event, context) => {
    calls += 1;
    if (calls <= times) throw new Thrown(name);
    return handler(event, context);
  };
}

const hang: Handler = () => new Promise(() => {});

/** Records every event that a handler receives. */
function recordEvents(handler: Handler) {
  const events: Record<string, unknown>[] = [];
  const record: Handler = (event: Record<string, unknown>, context) => {
    events.push(event);
    return handler(event, context);
  };
  return { handler: record, events };
}

/** Five jobs and no instances: a change is due. At :55 metrics are due too. */
const BUSY: Handler = () => createObservation(5, 0);
const WHEN_METRICS_ARE_DUE = "2026-01-05T09:00:55Z";
const QUIET_SECOND = "2026-01-05T09:00:03Z";
const ONE_POLL = { slotSeconds: 0 };

/** The states that were entered after the last visit of a state. */
function statesAfter(state: string, { history }: Outcome): string[] {
  const states = listStatesEntered(history);
  return states.slice(states.lastIndexOf(state) + 1);
}

function attempts(state: TaskName, { history }: Outcome): HistoryEvent[] {
  const entered = history.findIndex(({ details }) => details.name === state);
  const exited = history.findIndex(
    ({ type, details }) => type === "TaskStateExited" && details.name === state,
  );
  return history.slice(entered, exited).filter(({ type }) => type === "LambdaFunctionScheduled");
}

/** The input of every visit of a state. */
function listInputs(state: string, history: readonly HistoryEvent[]): Record<string, unknown>[] {
  return history
    .filter(({ type, details }) => type.endsWith("StateEntered") && details.name === state)
    .map(({ details }) => JSON.parse(details.input ?? ""));
}

describe("a quiet loop", () => {
  test("with a slot of 0 seconds polls exactly once", async () => {
    const outcome = await runLoop(QUIET_SECOND, ONE_POLL);
    expect(outcome.status).toBe("SUCCEEDED");
    expect(listStatesEntered(outcome.history)).toEqual([
      "Settings",
      "Claim slot",
      "Wait for our turn",
      "Fetch metrics",
      "Compute capacity",
      "Anything to do?",
      "Done",
    ]);
  });

  test("that a person starts polls at once and then every ten seconds, for one slot", async () => {
    const times = listPollTimes(await runLoop(QUIET_SECOND));
    expect(times).toHaveLength(18); // 180 s / 10 s
    expect(times.slice(0, 3)).toEqual(["09:00:03", "09:00:13", "09:00:23"]);
    expect(times.at(-1)).toBe("09:02:53");
  });

  const SCHEDULED = [
    {
      name: "early waits for its slot",
      startedAt: "2026-01-05T09:00:07Z",
      first: "09:01:00",
      polls: 18,
    },
    {
      name: "late begins at once",
      startedAt: "2026-01-05T09:01:17Z",
      first: "09:01:17",
      polls: 17,
    },
  ];

  test.each(SCHEDULED)("that the schedule starts $name", async ({ startedAt, first, polls }) => {
    const times = listPollTimes(await runLoop(startedAt, { scheduledAt: "2026-01-05T09:00:00Z" }));
    expect(times).toHaveLength(polls); // 09:01:00, or 09:01:17 and then 09:01:20, to 09:03:50.
    expect([times[0], times.at(-1)]).toEqual([first, "09:03:50"]);
  });

  test("enters one Choice state per poll, and logs 14 events", async () => {
    const { history } = await runLoop(QUIET_SECOND, { publishMetrics: false });
    const whole = cutIntoPolls(history).slice(0, -1); // The last one ends the execution.
    expect(whole).toHaveLength(17);
    for (const poll of whole) {
      expect(listStatesEntered(poll)).toEqual([
        "Fetch metrics",
        "Compute capacity",
        "Anything to do?",
        "Wait for next poll",
      ]);
      expect(poll).toHaveLength(14); // Two Tasks of five, a Choice and a Wait of two.
    }
  });

  test("publishes once a minute, in the poll before the minute ends", async () => {
    const { history } = await runLoop(QUIET_SECOND);
    const published = history.filter(
      ({ type, details }) => type === "TaskStateEntered" && details.name === "Publish metrics",
    );
    expect(published.map(formatEventTime)).toEqual(["09:00:53", "09:01:53", "09:02:53"]);
  });
});

test("the execution ends after a change in the last poll of a slot, if no metrics are due", async () => {
  const outcome = await runLoop(QUIET_SECOND, ONE_POLL, { "Fetch metrics": BUSY });
  expect(statesAfter("Anything to do?", outcome)).toEqual([
    "Apply scaling",
    "Metrics due?",
    "Time left?",
    "Done",
  ]);
});

test("after a change in another poll, the next poll follows", async () => {
  const outcome = await runLoop(QUIET_SECOND, { slotSeconds: 20 }, { "Fetch metrics": BUSY });
  const [poll = []] = cutIntoPolls(outcome.history);
  expect(listStatesEntered(poll)).toEqual([
    "Fetch metrics",
    "Compute capacity",
    "Anything to do?",
    "Apply scaling",
    "Metrics due?",
    "Time left?",
    "Wait for next poll",
  ]);
});

describe("the state that is carried from poll to poll", () => {
  test("has the same keys as in the first poll", async () => {
    const { history } = await runLoop(QUIET_SECOND);
    const [first, ...later] = listInputs("Fetch metrics", history).map(listKeys);
    expect(first).toEqual(["loop", "memory", "settings"]);
    expect(later).toEqual(later.map(() => first));
  });

  /** The first poll sees jobs for five instances. From the second one on, they are there. */
  const createBusyOnce = (): Handler => {
    const onceBusy = [BUSY];
    return (event, context) => onceBusy.shift()?.(event, context) ?? createObservation(5, 5);
  };

  test("has the outcome of a change until the next poll only", async () => {
    const { history } = await runLoop(
      QUIET_SECOND,
      { slotSeconds: 40 },
      { "Fetch metrics": createBusyOnce() },
    );
    const shapes = listInputs("Fetch metrics", history).map(listKeys);
    const quiet = ["loop", "memory", "settings"];
    expect(shapes).toEqual([quiet, ["applied", ...quiet], quiet, quiet]);
  });

  test("has the changes of an Apply scaling that failed until the next poll only", async () => {
    const { history } = await runLoop(
      QUIET_SECOND,
      { slotSeconds: 40 },
      { "Fetch metrics": createBusyOnce(), "Apply scaling": createFailure("Lambda.Unknown") },
    );
    const told = listInputs("Compute capacity", history).map(({ loop }) => loop);
    const change = { scaler: "web", action: "scale-out", to: 5 };
    expect(told.slice(0, 2)).toEqual([
      expect.not.objectContaining({ unconfirmed: expect.anything() }),
      expect.objectContaining({
        unconfirmed: { decidedAt: expect.any(String), changes: [expect.objectContaining(change)] },
      }),
    ]);
    // It fails again, with the tag as its only work.
    expect(told[2]).toMatchObject({ unconfirmed: { changes: [] } });
    expect(listInputs("Compute capacity", history)[2]).toMatchObject({
      memory: { web: { lastScaleOutAt: expect.any(String) } },
    });
  });

  test("does not grow if every poll of a slot has a change and everything else fails", async () => {
    let polled = 0;
    const upAndDown: Handler = () => {
      polled += 1;
      return polled % 2 === 0 ? createObservation(0, 5) : createObservation(5, 0);
    };
    const { history } = await runLoop(
      QUIET_SECOND,
      {},
      { "Fetch metrics": upAndDown, "Publish metrics": createFailure("CloudWatchThrottled") },
    );
    const bytes = listInputs("Fetch metrics", history).map((state) => JSON.stringify(state).length);
    expect(bytes).toHaveLength(18);
    const [, second = 0, third = 0, ...later] = bytes;
    expect(Math.max(...later)).toBeLessThanOrEqual(Math.max(second, third));
  });

  test("is kept if the Tasks of a poll fail", async () => {
    const { history } = await runLoop(
      QUIET_SECOND,
      {},
      {
        "Fetch metrics": BUSY,
        "Apply scaling": createFailure("TypeError"),
        "Publish metrics": createFailure("TypeError"),
      },
    );
    const [first, ...later] = listInputs("Fetch metrics", history).map(listKeys);
    expect(later).toEqual(later.map(() => first));
    expect(later).toHaveLength(17);
  });

  function listKeys(state: Record<string, unknown>): string[] {
    return Object.keys(state).sort();
  }
});

describe("an invalid input", () => {
  const REFUSED = [
    {
      name: "of the execution",
      input: { nmae: "main", slotSeconds: -1 },
      error: "InvalidInput",
      said: ['"nmae" is not known here; did you mean "name"?', "slotSeconds: -1 is not allowed"],
    },
    {
      name: "of a scaler",
      input: { scalers: [{ queue: "default", group: "web" }] },
      error: "InvalidScaler",
      said: ["scalers[0] (web): agentsPerInstance: is missing"],
    },
  ];

  test.each(REFUSED)(
    "$name ends in Input refused, with every problem in the cause",
    async ({ input, error, said }) => {
      const outcome = await runLoop(QUIET_SECOND, input);
      expect(outcome).toMatchObject({ status: "FAILED", error });
      for (const problem of said) {
        expect(JSON.parse(outcome.cause ?? "").errorMessage).toContain(problem);
      }
      expect(listStatesEntered(outcome.history)).toEqual([
        "Settings",
        "Claim slot",
        "Input refused",
      ]);
    },
  );

  test("is not quoted if a token is pasted in place of a parameter", async () => {
    const token = "c0ffee-not-a-parameter";
    const { cause } = await runLoop(QUIET_SECOND, { agentTokenParameter: token });
    expect(cause).toContain("agentTokenParameter: this value is not allowed");
    expect(cause).not.toContain(token);
  });
});

test("an execution whose slot is over ends without a poll", async () => {
  const outcome = await runLoop("2026-01-05T09:10:00Z", { scheduledAt: "2026-01-05T09:00:00Z" });
  expect(outcome.status).toBe("SUCCEEDED");
  expect(listStatesEntered(outcome.history)).toEqual(["Settings", "Claim slot", "Done"]);
});

const LAMBDA_ERRORS = [
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
  "Lambda.ClientExecutionTimeoutException",
];

/** The states after a Task has failed, and how often it is tried. */
const FAILURES: { task: TaskName; tries: number; next: string[] }[] = [
  { task: "Claim slot", tries: 2, next: ["Wait for our turn"] },
  {
    task: "Fetch metrics",
    tries: 1,
    next: ["Compute capacity", "Anything to do?", "Publish metrics"],
  },
  { task: "Compute capacity", tries: 2, next: ["Slot over?", "Wait to claim again", "Claim slot"] },
  { task: "Apply scaling", tries: 1, next: ["Keep the plan", "Metrics due?"] },
  { task: "Publish metrics", tries: 1, next: ["Time left?", "Done"] },
];

describe.each(FAILURES)("$task", ({ task, tries, next }) => {
  const usual = { "Fetch metrics": BUSY };
  const handler: Handler = { ...STAND_INS, ...usual }[task];

  test.each(LAMBDA_ERRORS)(
    `is tried ${tries === 1 ? "once" : "twice"} if %s occurs once`,
    async (error) => {
      const flaky = { ...usual, [task]: failFirstCalls(1, error, handler) };
      const outcome = await runLoop(WHEN_METRICS_ARE_DUE, ONE_POLL, flaky);
      expect(attempts(task, outcome)).toHaveLength(tries);
      expect(outcome.status).toBe("SUCCEEDED");
    },
  );

  test(`fails after ${plural(tries, "attempt")} within a second, and the loop continues`, async () => {
    const error = "Lambda.ServiceException";
    const down = { ...usual, [task]: failFirstCalls(tries, error, handler) };
    const outcome = await runLoop(WHEN_METRICS_ARE_DUE, ONE_POLL, down);
    const tried = attempts(task, outcome);
    expect(tried).toHaveLength(tries);
    expect(countSeconds(tried)).toBeLessThanOrEqual(1);
    expect(statesAfter(task, outcome).slice(0, next.length)).toEqual(next);
    expect(outcome.status).toBe("SUCCEEDED");
  });

  const OWN = [
    { name: "an error of its own", fault: createFailure("TypeError") },
    { name: "a time limit that it exceeds", fault: hang },
  ];

  test.each(OWN)("is not retried after $name, and the loop continues", async ({ fault }) => {
    const attempted: Handler[] = [fault, handler];
    const once: Handler = (event, context) => attempted.shift()?.(event, context);
    const outcome = await runLoop(WHEN_METRICS_ARE_DUE, ONE_POLL, { ...usual, [task]: once });
    expect(attempts(task, outcome)).toHaveLength(1);
    expect(statesAfter(task, outcome).slice(0, next.length)).toEqual(next);
  });

  function countSeconds(events: readonly HistoryEvent[]): number {
    const times = events.map(({ event_timestamp }) => Number(event_timestamp) / 1000);
    return Math.max(...times) - Math.min(...times);
  }
});

describe("when Claim slot fails", () => {
  test("it is called again after five seconds", async () => {
    const flaky = failFirstCalls(1, "TypeError", STAND_INS["Claim slot"]);
    const outcome = await runLoop(QUIET_SECOND, ONE_POLL, { "Claim slot": flaky });
    expect(listStatesEntered(outcome.history).slice(0, 6)).toEqual([
      "Settings",
      "Claim slot",
      "Slot over?",
      "Wait to claim again",
      "Claim slot",
      "Wait for our turn",
    ]);
    expect(listPollTimes(outcome)).toEqual(["09:00:08"]);
  });

  test("every time, the execution times out, which AWS counts", async () => {
    const outcome = await runLoop(QUIET_SECOND, {}, { "Claim slot": createFailure("TypeError") });
    expect(outcome.status).toBe("TIMED_OUT");
    expect(listPollTimes(outcome)).toEqual([]);
  });
});

describe("when Fetch metrics itself fails", () => {
  test("Compute capacity is called with the error in place of the observation", async () => {
    const compute = recordEvents(STAND_INS["Compute capacity"]);
    const outcome = await runLoop(QUIET_SECOND, ONE_POLL, {
      "Fetch metrics": createFailure("SomethingNew"),
      "Compute capacity": compute.handler,
    });
    expect(compute.events).toEqual([
      expect.objectContaining({
        observation: {
          Error: "SomethingNew",
          Cause: expect.stringContaining("SomethingNew on purpose"),
        },
      }),
    ]);
    const reasons = ["held: SomethingNew: SomethingNew on purpose"];
    const held = { scaler: "web", action: "none", from: null, to: null, reasons };
    expect(readAnswers("Compute capacity", outcome.history)).toMatchObject([{ decisions: [held] }]);
  });

  test("every time, the loop continues to poll at its beat", async () => {
    const outcome = await runLoop(
      QUIET_SECOND,
      {},
      { "Fetch metrics": createFailure("SomethingNew") },
    );
    expect(outcome.status).toBe("SUCCEEDED");
    expect(listPollTimes(outcome)).toHaveLength(18);
  });

  test("because it hangs, the missed beats are skipped", async () => {
    const attempted: Handler[] = [STAND_INS["Fetch metrics"], hang];
    const once: Handler = (event, context) =>
      (attempted.shift() ?? STAND_INS["Fetch metrics"])(event, context);
    const outcome = await runLoop(QUIET_SECOND, { slotSeconds: 60 }, { "Fetch metrics": once });
    // The poll of :13 hangs for 13 s, to :26. The beat of :23 is gone.
    expect(listPollTimes(outcome)).toEqual([
      "09:00:03",
      "09:00:13",
      "09:00:33",
      "09:00:43",
      "09:00:53",
    ]);
  });
});

describe("when Compute capacity fails", () => {
  const compute = STAND_INS["Compute capacity"];

  /** Fails in the second poll only. */
  function failingSecond(fault: Handler): Handler {
    const attempted: Handler[] = [compute, fault];
    return (event, context) => (attempted.shift() ?? compute)(event, context);
  }

  test("Claim slot returns the next beat, and the loop continues", async () => {
    const handler = failingSecond(createFailure("TypeError"));
    const outcome = await runLoop(
      QUIET_SECOND,
      { slotSeconds: 40 },
      { "Compute capacity": handler },
    );
    expect(listPollTimes(outcome)).toEqual(["09:00:03", "09:00:13", "09:00:23", "09:00:33"]);
    expect(outcome.status).toBe("SUCCEEDED");
  });

  test("slowly, the next beat is in the future", async () => {
    const handler = failingSecond(hang);
    const slow: Handler = async (event, context) => {
      await new Promise((resolve) => setTimeout(resolve, 6000));
      return STAND_INS["Fetch metrics"](event, context);
    };
    const tasks = { "Compute capacity": handler, "Fetch metrics": slow };
    const outcome = await runLoop(QUIET_SECOND, { slotSeconds: 50 }, tasks);
    // The poll of :13 takes 6 s and then 4 s, to :23. The beat of :23 is gone.
    expect(listPollTimes(outcome)).toEqual(["09:00:03", "09:00:13", "09:00:33", "09:00:43"]);
  });

  test("at every poll, the loop ends with its slot and the state does not grow", async () => {
    const outcome = await runLoop(
      QUIET_SECOND,
      {},
      { "Compute capacity": createFailure("TypeError") },
    );
    expect(outcome.status).toBe("SUCCEEDED");
    expect(listStatesEntered(outcome.history).at(-1)).toBe("Done");
    expect(listPollTimes(outcome)).toHaveLength(18);
    const bytes = listInputs("Claim slot", outcome.history).map(
      (state) => JSON.stringify(state).length,
    );
    const [, second, ...later] = bytes;
    expect(later).toEqual(later.map(() => second));
  });
});

describe("a Task receives", () => {
  const input = { ...INPUT, ...ONE_POLL };
  const execution = "trial";
  const cluster = "main";
  const settings = { pollIntervalSeconds: 10, publishIntervalSeconds: 60, leastGapSeconds: 2 };
  const { leastGapSeconds: _, ...carriedSettings } = settings; // It is for events only.
  const loop = {
    nextPollAt: WHEN_METRICS_ARE_DUE,
    pollUntil: "2026-01-05T09:01:55Z",
    once: true,
    publishMetrics: true,
  };
  const observation = createObservation(5, 0, Date.parse(WHEN_METRICS_ARE_DUE));
  const nextPollAt = "2026-01-05T09:01:05Z";
  const carry = { settings: carriedSettings, loop: { ...loop, nextPollAt }, memory: {} };
  const state = { settings, memory: {} };

  const TOLD: { task: TaskName; event: Record<string, unknown> }[] = [
    { task: "Claim slot", event: { execution, input, state } },
    { task: "Fetch metrics", event: { execution, input, memory: {} } },
    {
      task: "Compute capacity",
      event: { execution, cluster, ...state, loop, scalers: INPUT.scalers, observation },
    },
    { task: "Apply scaling", event: { execution, loop: cluster, plan: expect.anything(), carry } },
    {
      task: "Publish metrics",
      event: { execution, loop: cluster, publish: expect.anything(), nextPollAt },
    },
  ];

  test.each(TOLD)("only what it needs: $task", async ({ task, event }) => {
    const usual = { ...STAND_INS, "Fetch metrics": BUSY };
    const { handler, events } = recordEvents(usual[task]);
    await runLoop(WHEN_METRICS_ARE_DUE, ONE_POLL, { ...usual, [task]: handler });
    expect(events).toEqual([event]);
  });
});

test("the input of Compute capacity is a complete record: it replays to the same decisions", async () => {
  const compute = recordEvents(STAND_INS["Compute capacity"]);
  const tasks = { "Compute capacity": compute.handler, "Fetch metrics": BUSY };
  const { history } = await runLoop(QUIET_SECOND, ONE_POLL, tasks);
  const [record] = compute.events;
  const [decided] = readAnswers("Compute capacity", history);
  const replayed = await invokeLambda({
    handler: STAND_INS["Compute capacity"],
    event: toJson(record),
    functionName: "compute-capacity",
    limitSeconds: 4,
  });
  expect(replayed).toEqual(decided);
});

describe("the log", () => {
  test("of a quiet poll with one scaler has about 9 kB, as CloudWatch bills it", async () => {
    const { history } = await runLoop(QUIET_SECOND, { publishMetrics: false });
    const [poll] = cutIntoPolls(history);
    expect(sumBytes(poll ?? [])).toBeGreaterThan(8000);
    expect(sumBytes(poll ?? [])).toBeLessThan(10_000);
  });

  test("has the decisions of a poll in one event", async () => {
    const { history } = await runLoop(QUIET_SECOND, ONE_POLL, { "Fetch metrics": BUSY });
    const deciding = history.filter(({ details }) => details.output?.includes('"reasons"'));
    expect(deciding.map(({ type }) => type)).toEqual(["LambdaFunctionSucceeded"]);
    expect(history.filter(({ details }) => details.input?.includes('"reasons"'))).toEqual([]);
  });

  test("of a busy poll with a hundred scalers has no event over a quarter of 256 KiB", async () => {
    const names = Array.from(
      { length: 100 },
      (_, index) => `elastic-ci-stack-with-a-long-name-${index}`,
    );
    const scalers = names.map((name) => ({ queue: name, group: name, agentsPerInstance: 1 }));
    const { history } = await runLoop(
      WHEN_METRICS_ARE_DUE,
      { slotSeconds: 20, scalers },
      { "Fetch metrics": () => observedMany(names) },
    );
    const largest = Math.max(...history.map(countLoggedBytes));
    expect(largest).toBeLessThan(PAYLOAD_BYTES / 4);
  });

  function sumBytes(events: readonly HistoryEvent[]): number {
    return events.map(countLoggedBytes).reduce((sum, bytes) => sum + bytes, 0);
  }

  function observedMany(names: readonly string[]): Observation {
    const one = createObservation(5, 0);
    const queue = one.queues?.default;
    const group = one.groups?.web;
    return {
      ...one,
      queues: Object.fromEntries(names.map((name) => [name, queue ?? EMPTY_QUEUE])),
      groups: group === undefined ? {} : Object.fromEntries(names.map((name) => [name, group])),
    };
  }
});
