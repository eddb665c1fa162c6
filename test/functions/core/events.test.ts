import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Loop, LoopEvents } from "../../../functions/core/beat.ts";
import {
  countEvents,
  explainLongInterval,
  nameEventQueue,
  planListen,
  shortenListen,
} from "../../../functions/core/events.ts";
import type { Observation } from "../../../functions/core/facts.ts";
import { decidePoll, type PollFacts } from "../../../functions/core/poll.ts";
import { createGroup, createObservation, createQueue } from "../../support/facts.ts";
import { createScaler } from "../../support/scaler.ts";

const SETTINGS = { pollIntervalSeconds: 10, publishIntervalSeconds: 60, leastGapSeconds: 2 };

/** A loop whose poll has the beat 09:00:10. */
function createLoop(events: LoopEvents = {}, loop: Partial<Loop> = {}): Loop {
  const times = { nextPollAt: "2026-01-05T09:00:10Z", pollUntil: "2026-01-05T09:04:00Z" };
  return { ...times, events, ...loop };
}

const HEARD = { heard: {} };

function at(time: string): string {
  return `2026-01-05T${time}Z`;
}

/** The state after a poll that has its facts at a time of day. */
function pollAt(
  time: string,
  loop: Loop,
  observed: Partial<Observation> = {},
  facts: Partial<PollFacts> = {},
) {
  const quiet = createObservation(createQueue({}, 3), createGroup({ desired: 0 }));
  const observation = { ...quiet, observedAt: at(time), ...observed };
  return decidePoll({
    settings: SETTINGS,
    loop,
    scalers: [createScaler()],
    memory: {},
    observation,
    observedAt: at(time),
    ...facts,
  }).poll.next;
}

describe("after a poll on its beat", () => {
  test("the loop listens in whole seconds, at least half a second less than until the next beat", () => {
    const next = pollAt("09:00:10.300", createLoop());
    expect(next).toMatchObject({
      nextPollAt: at("09:00:20"),
      carry: {
        loop: { nextPollAt: at("09:00:20") },
        listen: { listenSeconds: 9, relistenUntil: at("09:00:11") },
      },
    });
  });

  test("a poll that an event causes begins after the least gap", () => {
    expect(pollAt("09:00:10.300", createLoop()).earliestPollAt).toBe(at("09:00:12"));
  });

  test("a poll that an event causes begins after the interval that Buildkite asks for", () => {
    const { earliestPollAt } = pollAt("09:00:10.300", createLoop(), { minimumPollSeconds: 7 });
    expect(earliestPollAt).toBe(at("09:00:17"));
  });

  test("events of the second in which it began are new, older ones are answered", () => {
    const answered = '{"at":"2026-01-05T09:00:10Z"}';
    expect(pollAt("09:00:11.900", createLoop()).answeredBefore).toBe(answered);
    expect('{"at":"2026-01-05T09:00:10Z"}' < answered).toBe(false);
    expect('{"at":"2026-01-05T09:00:09Z"}' < answered).toBe(true);
  });

  test("events are new that Buildkite's counts are too old for", () => {
    const next = pollAt("09:00:10.300", createLoop(), { metricsAgeSeconds: 3 });
    expect(next.answeredBefore).toBe('{"at":"2026-01-05T09:00:07Z"}');
  });
});

describe("a loop does not listen", () => {
  const fault = { error: "BuildkiteUnavailable", message: "no answer" };

  test.each([
    { that: "without events", loop: createLoop({}, { events: undefined }) },
    { that: "if it polls once", loop: createLoop({}, { once: true }) },
    {
      that: "if Buildkite asks for a longer interval than the definition's",
      observed: { minimumPollSeconds: 11 },
    },
    {
      that: "if Buildkite asks for the definition's interval: no event could cause a poll sooner",
      observed: { minimumPollSeconds: 10 },
    },
    {
      that: "if Buildkite's metrics are missing",
      observed: { queues: undefined, queuesFault: fault },
    },
    {
      that: "if the state of the groups is missing",
      observed: { groups: undefined, groupsFault: fault },
    },
    { that: "in the last second before the beat", time: "09:00:18.600" },
    { that: "in the last second of the slot", loop: createLoop({}, { pollUntil: at("09:00:11") }) },
  ])("$that", ({ loop = createLoop(), observed, time = "09:00:10.300" }) => {
    const next = pollAt(time, loop, observed);
    expect(next.carry).not.toHaveProperty("listen");
    expect(next).not.toHaveProperty("earliestPollAt");
    expect(next).not.toHaveProperty("answeredBefore");
  });

  test("if Fetch metrics itself failed", () => {
    const observation = { Error: "States.Timeout" };
    const next = pollAt("09:00:10.300", createLoop(), {}, { observation });
    expect(next.carry).not.toHaveProperty("listen");
    expect(next.nextPollAt).toBe(at("09:00:20"));
  });
});

describe("after a poll that an event caused", () => {
  test("another one follows after the least gap, because SQS drops the next event of that second", () => {
    const next = pollAt("09:00:04.300", createLoop(HEARD));
    expect(next.nextPollAt).toBe(at("09:00:07")); // 4.3 + 2, in whole seconds
    expect(next.carry).not.toHaveProperty("listen");
  });

  test("the next beat is the same as before", () => {
    const next = pollAt("09:00:04.300", createLoop(HEARD));
    expect(next.carry.loop).toMatchObject({
      nextPollAt: at("09:00:10"),
      events: { offBeatAt: at("09:00:07") },
    });
  });

  test("the poll that follows listens until that beat", () => {
    const next = pollAt("09:00:07.200", createLoop({ offBeatAt: at("09:00:07") }));
    expect(next).toMatchObject({
      nextPollAt: at("09:00:10"),
      carry: { listen: { listenSeconds: 2 } },
      earliestPollAt: at("09:00:09"),
      answeredBefore: '{"at":"2026-01-05T09:00:07Z"}',
    });
    expect(next.carry.loop?.events).not.toHaveProperty("offBeatAt");
  });

  test("just before the beat, one poll serves as the beat's and as the one that follows", () => {
    const next = pollAt("09:00:09.300", createLoop(HEARD));
    expect(next.nextPollAt).toBe(at("09:00:12"));
    expect(next.carry.loop?.nextPollAt).toBe(at("09:00:10"));
    const loop = createLoop({ offBeatAt: at("09:00:12") });
    expect(pollAt("09:00:12.300", loop)).toMatchObject({
      nextPollAt: at("09:00:20"),
      earliestPollAt: at("09:00:14"),
    });
  });

  test("the one that follows just before the beat delays it by the least gap, not the grid", () => {
    const next = pollAt("09:00:09.200", createLoop({ offBeatAt: at("09:00:09") }));
    expect(next).toMatchObject({
      nextPollAt: at("09:00:11"),
      carry: { loop: { nextPollAt: at("09:00:10"), events: { offBeatAt: at("09:00:11") } } },
    });
    const late = pollAt("09:00:11.200", createLoop({ offBeatAt: at("09:00:11") }));
    expect(late.carry.loop?.nextPollAt).toBe(at("09:00:20"));
  });

  test("the next one is as far as Buildkite asks", () => {
    const loop = createLoop(HEARD);
    const next = pollAt("09:00:04.300", loop, { minimumPollSeconds: 30 });
    expect(next.nextPollAt).toBe(at("09:00:35"));
  });

  test("metrics are not published, because their beat is still to come", () => {
    const loop = createLoop(HEARD, { publishMetrics: true, nextPollAt: at("09:01:00") });
    expect(pollAt("09:00:54.300", loop)).not.toHaveProperty("publish");
  });
});

describe("the last poll of a slot", () => {
  test("listens until the slot's end", () => {
    const loop = createLoop({}, { pollUntil: at("09:00:17") });
    expect(pollAt("09:00:10.300", loop)).toMatchObject({
      lastPoll: true,
      carry: { listen: { listenSeconds: 6, relistenUntil: at("09:00:11") } },
      earliestPollAt: at("09:00:12"),
    });
  });

  test("is not one that an event caused, if the one that follows begins in the slot", () => {
    const loop = createLoop(HEARD, { pollUntil: at("09:00:10") });
    expect(pollAt("09:00:04.300", loop)).not.toHaveProperty("lastPoll");
    expect(pollAt("09:00:08.300", loop)).toMatchObject({ lastPoll: true });
  });
});

test("a poll and the next one are at least the least gap apart, and no later than without events", () => {
  const facts = fc.record({
    startMs: fc.integer({ min: 0, max: 9_999 }),
    workMs: fc.nat(900),
    isCausedByEvent: fc.boolean(),
    leastGapSeconds: fc.integer({ min: 1, max: 9 }),
    asked: fc.nat(10),
  });
  fc.assert(
    fc.property(facts, ({ startMs, workMs, isCausedByEvent, leastGapSeconds, asked }) => {
      const zeroMs = Date.parse(at("09:00:00"));
      // A poll that no event caused begins in a whole second.
      const beginMs = zeroMs + (isCausedByEvent ? startMs : Math.floor(startMs / 1000) * 1000);
      const observedAt = new Date(beginMs + workMs).toISOString();
      const events = isCausedByEvent ? HEARD : { offBeatAt: new Date(beginMs).toISOString() };
      const next = pollAt(
        observedAt.slice(11, 23),
        createLoop(events),
        { minimumPollSeconds: asked },
        { settings: { ...SETTINGS, leastGapSeconds } },
      );
      const gapMs = Math.max(leastGapSeconds, asked) * 1000;
      expect(Date.parse(next.nextPollAt)).toBeGreaterThanOrEqual(beginMs + gapMs);
      expect(Date.parse(next.nextPollAt)).toBeLessThan(
        Math.max(zeroMs + 20_000, beginMs + workMs + gapMs + 1000),
      );
      const { listen } = next.carry;
      if (listen === undefined) return;
      expect(Date.parse(next.earliestPollAt ?? "")).toBeGreaterThanOrEqual(beginMs + gapMs);
      expect(Date.parse(listen.relistenUntil) + listen.listenSeconds * 1000).toBe(
        Date.parse(next.nextPollAt),
      );
    }),
  );
});

describe("a listen", () => {
  const untilMs = Date.parse(at("09:00:20"));

  test("takes at most 20 s, as SQS does", () => {
    const listen = planListen(untilMs, untilMs - 30_000);
    expect(listen).toEqual({ listenSeconds: 20, relistenUntil: at("09:00:00") });
  });

  test("of less than a second is none", () => {
    expect(planListen(untilMs, untilMs - 1499)).toBeUndefined();
    expect(planListen(untilMs, untilMs - 1500)).toMatchObject({ listenSeconds: 1 });
  });

  test("that begins later ends at the same time", () => {
    const planned = planListen(untilMs, Date.parse(at("09:00:10.300")));
    expect(shortenListen(planned, Date.parse(at("09:00:14.300")))).toEqual({
      listenSeconds: 5,
      relistenUntil: at("09:00:15"),
    });
    expect(shortenListen(planned, Date.parse(at("09:00:19")))).toBeUndefined();
    expect(shortenListen(undefined, untilMs)).toBeUndefined();
  });
});

describe("a poll counts", () => {
  const jobs = (scheduled: number) =>
    createObservation(createQueue({ scheduled }), createGroup({ desired: 0 }));

  test("an event that caused it", () => {
    expect(countEvents(HEARD, jobs(5))).toEqual({ isCausedByEvent: true, heard: true });
  });

  test("an event that arrived, although it needed no poll", () => {
    const counts = countEvents({ dropped: {}, scheduledJobs: 3 }, jobs(5));
    expect(counts).toEqual({ isCausedByEvent: false, heard: true });
  });

  test.each([
    { before: 3, now: 5, heard: false, that: "new jobs without an event" },
    { before: 3, now: 3, heard: undefined, that: "nothing if there are no new jobs" },
    { before: 3, now: 1, heard: undefined, that: "nothing if jobs have started" },
    { before: undefined, now: 5, heard: undefined, that: "nothing in the first poll" },
  ])("$that", ({ before, now, heard }) => {
    const events = before === undefined ? {} : { scheduledJobs: before };
    expect(countEvents(events, jobs(now)).heard).toBe(heard);
  });

  test("nothing if a fault hides a queue, also for the next poll", () => {
    const fault = { error: "BuildkiteInvalidAnswer", message: "no" };
    const observed = { queues: { default: createQueue({ scheduled: 5 }), other: { fault } } };
    expect(countEvents({ scheduledJobs: 3 }, { ...jobs(0), ...observed }).heard).toBe(undefined);
    const { carry } = pollAt("09:00:10.300", createLoop(), observed);
    expect(carry.loop?.events).toEqual({});
  });

  test("the scheduled jobs for the next poll", () => {
    const queues = {
      a: createQueue({ scheduled: 5 }),
      b: createQueue({ scheduled: 2, running: 9 }),
    };
    expect(pollAt("09:00:10.300", createLoop(), { queues }).carry.loop?.events).toEqual({
      scheduledJobs: 7,
    });
  });
});

test("a poll off the beat whose Buildkite asks for a long interval does not listen", () => {
  const loop = createLoop({ offBeatAt: at("09:00:07") });
  const next = pollAt("09:00:07.200", loop, { minimumPollSeconds: 30 });
  expect(next.nextPollAt).toBe(at("09:00:37"));
  expect(next.carry).not.toHaveProperty("listen");
});

test("an interval of more than 20 s is refused with the reason", () => {
  expect(explainLongInterval({ ...SETTINGS, pollIntervalSeconds: 20 })).toBeUndefined();
  expect(explainLongInterval({ ...SETTINGS, pollIntervalSeconds: 21 })).toEqual({
    where: "Settings: pollIntervalSeconds",
    what: "21 is not allowed with events; allowed: at most 20, because SQS lets a loop wait for an event no longer",
  });
});

test("each loop's queue has a name of its own, without a dot", () => {
  const names = ["main", "main.2", "main-1", "main-1.2"].map((name) =>
    nameEventQueue("stack-events-", name),
  );
  expect(names).toEqual([
    "stack-events-main-1.fifo",
    "stack-events-main-2.fifo",
    "stack-events-main-1-1.fifo",
    "stack-events-main-1-2.fifo",
  ]);
});
