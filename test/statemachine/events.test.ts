import { describe, expect, test, vi } from "vitest";
import { type Definition, readDefinition } from "../../config/definition.ts";
import type { Observation } from "../../functions/core/facts.ts";
import { countLoggedBytes, cutIntoPolls, listStatesEntered } from "../../local/engine/history.ts";
import type { Handler } from "../../local/engine/invoke-lambda.ts";
import { type Outcome, runExecution } from "../../local/engine/run-execution.ts";
import { runInVirtualTime } from "../../local/engine/virtual-time.ts";
import { EventQueue } from "../../local/sandbox/event-queue.ts";
import { createObservation, INPUT, STAND_INS } from "../support/loop.ts";
import { formatEventTime, listPollTimes, listTimes, parseClock } from "../support/times.ts";

/** The real definition in virtual time, with a queue in the place of SQS. */

// Some of these tests cause errors that the handlers log.
vi.hoisted(() => {
  process.env.LOG_LEVEL = "SILENT";
});

const EVENTS = { queueUrl: "https://sqs.test/123456789012/events-main-1.fifo" };

/** Handlers by the name of their state. */
type Handlers = Record<string, Handler>;

/** Answers as SQS does. */
function createSqs(queue: EventQueue): Handlers {
  const deleteMessage: Handler = ({ ReceiptHandle }: { ReceiptHandle: string }) => {
    queue.delete(ReceiptHandle);
    return {};
  };
  return {
    "Listen for jobs": async ({ WaitTimeSeconds }: { WaitTimeSeconds: number }) => {
      const message = await queue.receive(WaitTimeSeconds, new AbortController().signal);
      if (message === undefined) return {};
      const { id, body, receiptHandle } = message;
      return { Messages: [{ MessageId: id, Body: body, ReceiptHandle: receiptHandle }] };
    },
    "Drop old event": deleteMessage,
    "Acknowledge event": deleteMessage,
  };
}

interface Trial {
  /** When the execution starts, a time of day. */
  at?: string;
  input?: Record<string, unknown>;
  handlers?: Handlers;
  /** Times of day at which jobs are scheduled. */
  jobs?: string[];
  /** From a job to the arrival of its event in the queue. */
  delayMs?: number;
  queue?: EventQueue;
  edit?: (definition: Definition) => Definition;
}

const QUIET = { publishMetrics: false };

function run(trial: Trial = {}): Promise<Outcome> {
  const { at = "09:00:00", input = {}, handlers = {}, jobs = [], delayMs = 300, edit } = trial;
  return runInVirtualTime(parseClock(at), () => {
    const { queue = new EventQueue(() => Date.now()) } = trial;
    for (const job of jobs) {
      const body = JSON.stringify({ at: `2026-01-05T${job.slice(0, 8)}Z` });
      setTimeout(() => queue.send(body), parseClock(job) + delayMs - parseClock(at));
    }
    return runExecution({
      definition: readDefinition(),
      input: { ...INPUT, ...QUIET, events: EVENTS, ...input },
      handlers: { ...STAND_INS, ...createSqs(queue), ...handlers },
      name: "trial",
      ...(edit === undefined ? {} : { edit }),
    }).outcome;
  });
}

/** Observes jobs from a time of day on, and desired capacity as it was set last. */
function observeJobsFrom(time: string): Handlers {
  let desired = 0;
  return {
    "Fetch metrics": () => createObservation(Date.now() < parseClock(time) ? 0 : 1, desired),
    "Apply scaling": (event, context) => {
      desired = 1;
      return STAND_INS["Apply scaling"](event, context);
    },
  };
}

/** When a state was entered, as `HH:MM:SS`. */
function listEntries(state: string, { history }: Outcome): string[] {
  return history
    .filter(({ type, details }) => type.endsWith("StateEntered") && details.name === state)
    .map(formatEventTime);
}

const ON_THE_BEAT = listTimes(10, "09:00:00", "09:00:50");
const MINUTE = { slotSeconds: 60 };

describe("without an event", () => {
  test("the loop polls on its beat, and listens in between", async () => {
    const outcome = await run({ input: MINUTE });
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    expect(listEntries("Listen for jobs", outcome)).toEqual(ON_THE_BEAT);
    expect(outcome.status).toBe("SUCCEEDED");
  });

  test("a poll passes these states", async () => {
    const [poll = []] = cutIntoPolls((await run({ input: MINUTE })).history);
    expect(listStatesEntered(poll)).toEqual([
      "Fetch metrics",
      "Compute capacity",
      "Anything to do?",
      "Listen for jobs",
      "Heard anything?",
      "Wait for next poll",
    ]);
  });

  test("the execution ends with its slot", async () => {
    const { history } = await run({ input: MINUTE });
    expect(listStatesEntered(history).slice(-3)).toEqual([
      "Listen for jobs",
      "Heard anything?",
      "Done",
    ]);
  });
});

describe("an event", () => {
  test("leads to a poll at once and to another one after the least gap; the beat stays", async () => {
    const outcome = await run({ input: MINUTE, jobs: ["09:00:14.200"] });
    expect(listPollTimes(outcome)).toEqual(
      [...ON_THE_BEAT, "09:00:14", "09:00:17"].sort(), // 14.5 + 2, in whole seconds
    );
  });

  test("leads to a poll that scales", async () => {
    const outcome = await run({
      input: MINUTE,
      jobs: ["09:00:14.200"],
      handlers: observeJobsFrom("09:00:14.200"),
    });
    expect(listEntries("Apply scaling", outcome)).toEqual(["09:00:14"]);
  });

  test("is listened for after a change too, if no metrics are due", async () => {
    const { history } = await run({ input: MINUTE, handlers: observeJobsFrom("09:00:05") });
    const states = listStatesEntered(history);
    const changedAt = states.indexOf("Apply scaling");
    expect(states.slice(changedAt, changedAt + 4)).toEqual([
      "Apply scaling",
      "Metrics due?",
      "Time left?",
      "Listen for jobs",
    ]);
  });

  test("soon after a poll waits for the least gap", async () => {
    const outcome = await run({ input: MINUTE, jobs: ["09:00:10.400"] });
    expect(listPollTimes(outcome).slice(1, 4)).toEqual(["09:00:10", "09:00:12", "09:00:14"]);
  });

  test("from before the second in which the last poll began leads to no poll", async () => {
    const outcome = await run({ input: MINUTE, jobs: ["09:00:09.900"] });
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    expect(listEntries("Drop old event", outcome)).toEqual(["09:00:10"]);
  });

  test("that is late leads to a poll, and delays no beat", async () => {
    const outcome = await run({ input: MINUTE, jobs: ["09:00:09"], delayMs: 14_000 });
    expect(listPollTimes(outcome)).toEqual([...ON_THE_BEAT, "09:00:23", "09:00:25"].sort());
  });

  test("that comes twice leads to the same polls as one", async () => {
    const twice = await run({ input: MINUTE, jobs: ["09:00:14.200", "09:00:14.200"] });
    const once = await run({ input: MINUTE, jobs: ["09:00:14.200"] });
    expect(listPollTimes(twice)).toEqual(listPollTimes(once));
  });

  test("is known to the poll that it caused, and to no other", async () => {
    const { history } = await run({ input: MINUTE, jobs: ["09:00:14.200"] });
    const known = cutIntoPolls(history).map(([first]) =>
      first?.details.input?.includes('"heard"') ? formatEventTime(first) : "",
    );
    expect(known.filter(Boolean)).toEqual(["09:00:14"]);
  });
});

describe("a burst of 1,000 events", () => {
  const burst = (seconds: number) =>
    Array.from({ length: 1000 }, (_, index) => {
      const ms = parseClock("09:00:10.050") + index * seconds;
      return new Date(ms).toISOString().slice(11, 23);
    });

  test("within a second causes at most 3 polls", async () => {
    const outcome = await run({ input: MINUTE, jobs: burst(1) });
    expect(listPollTimes(outcome).length - ON_THE_BEAT.length).toBeLessThanOrEqual(3);
  });

  test("within 20 seconds causes at most 11 polls", async () => {
    const outcome = await run({ input: MINUTE, jobs: burst(20) });
    expect(listPollTimes(outcome).length - ON_THE_BEAT.length).toBeLessThanOrEqual(11);
    expect(listPollTimes(outcome).at(-3)).toBe("09:00:34"); // 4 s after the last job
  });
});

describe("an event around the hand-over", () => {
  test("leads to a poll if that begins in the slot", async () => {
    const outcome = await run({ input: { slotSeconds: 60 }, jobs: ["09:00:55.200"] });
    expect(listPollTimes(outcome).slice(-3)).toEqual(["09:00:50", "09:00:55", "09:00:58"]);
  });

  test("stays in the queue after the slot, and the next loop finds it", async () => {
    const queue = new EventQueue(() => Date.now());
    const first = { input: { scheduledAt: "2026-01-05T09:00:00Z" }, at: "09:00:10" };
    const outcome = await run({ ...first, jobs: ["09:03:59.900"], queue });
    expect(listPollTimes(outcome).at(-1)).toBe("09:03:50");
    const next = { input: { scheduledAt: "2026-01-05T09:03:00Z" }, at: "09:03:10" };
    const jobs = ["09:03:59.900", "09:04:00.100"]; // The beat at 09:04:00 answers the first one.
    expect(listPollTimes(await run({ ...next, jobs })).slice(0, 3)).toEqual([
      "09:04:00",
      "09:04:02",
      "09:04:04",
    ]);
  });
});

describe("if listening fails, the loop polls on its beat", () => {
  const fail: Handler = () => {
    throw new Error("AccessDenied on purpose");
  };
  const hang: Handler = () => new Promise(() => {});

  test.each([
    { that: "at once", handlers: { "Listen for jobs": fail }, jobs: [] },
    {
      that: "with an event in the queue",
      handlers: { "Listen for jobs": fail },
      jobs: ["09:00:12"],
    },
  ])("$that", async ({ handlers, jobs }) => {
    const outcome = await run({ input: MINUTE, handlers, jobs });
    expect(outcome.status).toBe("SUCCEEDED");
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
  });

  test("after 25 s without an answer, and for the rest of the slot it does not listen", async () => {
    const outcome = await run({ input: MINUTE, handlers: { "Listen for jobs": hang } });
    // The beats at 09:00:10 and 09:00:20 are missed.
    expect(listPollTimes(outcome)).toEqual([
      "09:00:00",
      "09:00:25",
      "09:00:30",
      "09:00:40",
      "09:00:50",
    ]);
    expect(outcome.status).toBe("SUCCEEDED");
  });

  test("and an event that cannot be acknowledged leads to its poll nevertheless", async () => {
    const handlers = { "Acknowledge event": fail };
    const outcome = await run({ input: MINUTE, handlers, jobs: ["09:00:14.200"] });
    expect(listPollTimes(outcome)).toContain("09:00:14");
    expect(outcome.status).toBe("SUCCEEDED");
  });

  test("and an old event that cannot be deleted does not stop the listen", async () => {
    const handlers = { "Drop old event": fail };
    const outcome = await run({ input: MINUTE, handlers, jobs: ["09:00:09.900"] });
    expect(listPollTimes(outcome)).toEqual(expect.arrayContaining(ON_THE_BEAT));
    expect(outcome.status).toBe("SUCCEEDED");
  });
});

describe("after a Task that took time, a listen ends at the beat", () => {
  const slow =
    (handler: Handler, ms: number): Handler =>
    async (event, context) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return handler(event, context);
    };

  test("Publish metrics", async () => {
    // A stand-in for what the function returns after 4 s, when the beat is 6 s away.
    const listen = { listenSeconds: 5, relistenUntil: "2026-01-05T09:00:55Z" };
    const publish = slow(() => ({ data: 1, calls: 1, listen }), 4000);
    const outcome = await run({
      at: "09:00:03",
      input: { ...MINUTE, publishMetrics: true },
      handlers: { "Publish metrics": publish },
    });
    expect(listPollTimes(outcome)).toEqual(listTimes(10, "09:00:03", "09:00:53"));
    expect(listStatesEntered(outcome.history)).toContain("Shorten the listen");
    expect(listEntries("Heard anything?", outcome).at(-1)).toBe("09:01:02"); // 57 + 5
  });

  test.each(["Apply scaling", "Publish metrics"])(
    "that failed, it does not listen: %s",
    async (task) => {
      const handlers = {
        "Fetch metrics": () => createObservation(5, 0),
        [task]: () => {
          throw new Error("on purpose");
        },
      };
      const outcome = await run({
        at: "09:00:55",
        input: { slotSeconds: 20, publishMetrics: true },
        handlers,
      });
      const [poll = []] = cutIntoPolls(outcome.history);
      const states = listStatesEntered(poll);
      expect(states.slice(states.indexOf("Time left?"))).toEqual([
        "Time left?",
        "Wait for next poll",
      ]);
    },
  );
});

describe("a cluster without events", () => {
  /** The definition as it would be without events. */
  function removeEvents(definition: Definition): Definition {
    const listening = [
      "Shorten the listen",
      "Listen for jobs",
      "Heard anything?",
      "Drop old event",
      "Acknowledge event",
      "Wait for the least gap",
    ];
    const states = Object.entries(definition.States)
      .filter(([name]) => !listening.includes(name))
      .map(([name, state]) =>
        state.Type === "Choice"
          ? [
              name,
              { ...state, Choices: state.Choices.filter(({ Next }) => !listening.includes(Next)) },
            ]
          : [name, state],
      );
    return { ...definition, States: Object.fromEntries(states) };
  }

  let polled = 0;
  const upAndDown: Handler = (): Observation => {
    polled += 1;
    return polled % 2 === 0 ? createObservation(0, 5) : createObservation(5, 0);
  };

  test.each([
    { that: "quiet", handlers: {}, publishMetrics: false },
    { that: "with metrics", handlers: {}, publishMetrics: true },
    { that: "with changes", handlers: { "Fetch metrics": upAndDown }, publishMetrics: true },
  ])("passes the same states with the same bytes: $that", async ({ handlers, publishMetrics }) => {
    const input = { events: undefined, publishMetrics };
    polled = 0;
    const asDeployed = await run({ input, handlers });
    polled = 0;
    const before = await run({ input, handlers, edit: removeEvents });
    expect(asDeployed.history).toEqual(before.history);
    const listening = listStatesEntered(asDeployed.history).filter((name) =>
      /listen|heard|event/i.test(name),
    );
    expect(listening).toEqual([]);
  });

  test("carries the least gap in its first poll only: afterwards each poll has the same bytes", async () => {
    const { history } = await run({ input: { events: undefined } });
    const [first = [], ...later] = cutIntoPolls(history).slice(0, -1);
    expect(JSON.stringify(first)).toContain("leastGapSeconds");
    expect(JSON.stringify(later)).not.toContain("leastGapSeconds");
    const bytes = later.map((poll) =>
      poll.map(countLoggedBytes).reduce((sum, each) => sum + each, 0),
    );
    expect(Math.max(...bytes) - Math.min(...bytes)).toBeLessThan(30); // Ids grow: 14 events with two.
  });
});
