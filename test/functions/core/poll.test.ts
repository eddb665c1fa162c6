import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Loop } from "../../../functions/core/beat.ts";
import type { GroupTimes } from "../../../functions/core/group-times.ts";
import { decidePoll, type PollFacts } from "../../../functions/core/poll.ts";
import { parseScalers } from "../../../functions/core/read-scalers.ts";
import { anEvent } from "../../support/arbitraries.ts";
import {
  createGroup,
  createObservation,
  createQueue,
  NOW,
  secondsAgo,
} from "../../support/facts.ts";
import { createScaler } from "../../support/scaler.ts";

/** A loop that polls at 09:00:00, until 09:04:00. */
const LOOP: Loop = {
  nextPollAt: "2026-01-05T09:00:00Z",
  pollUntil: "2026-01-05T09:04:00Z",
  publishMetrics: false,
};

const SETTINGS = { pollIntervalSeconds: 10, publishIntervalSeconds: 60 };

/** Decides with three jobs and two instances. */
function decideWith(facts: Partial<PollFacts> = {}) {
  const observation = createObservation(
    createQueue({ running: 3 }, 2),
    createGroup({ desired: 2 }),
  );
  return decidePoll({
    settings: SETTINGS,
    loop: LOOP,
    scalers: [createScaler()],
    memory: {},
    observation,
    observedAt: NOW,
    ...facts,
  }).poll;
}

/** The state with which the definition goes on. */
function pollWith(facts: Partial<PollFacts> = {}) {
  return decideWith(facts).next;
}

/** The same jobs with enough instances. */
const QUIET = createObservation(createQueue({ running: 3 }, 3), createGroup({ desired: 3 }));

describe("the next poll", () => {
  test("is one interval after the beat of this poll", () => {
    expect(pollWith().nextPollAt).toBe("2026-01-05T09:00:10Z");
  });

  test("does not depend on the duration of the poll", () => {
    expect(pollWith({ observedAt: "2026-01-05T09:00:07.900Z" }).nextPollAt).toBe(
      "2026-01-05T09:00:10Z",
    );
  });

  test("is one interval after the observed time in whole seconds if there is no loop", () => {
    const { nextPollAt } = pollWith({ loop: undefined, observedAt: "2026-01-05T09:00:07.900Z" });
    expect(nextPollAt).toBe("2026-01-05T09:00:17Z");
  });

  test("is later if Buildkite asks for it", () => {
    const observation = { ...QUIET, minimumPollSeconds: 30 };
    expect(pollWith({ observation }).nextPollAt).toBe("2026-01-05T09:00:30Z");
  });

  test("is not earlier if Buildkite allows it", () => {
    const observation = { ...QUIET, minimumPollSeconds: 5 };
    expect(pollWith({ observation }).nextPollAt).toBe("2026-01-05T09:00:10Z");
  });

  test("is earlier again when Buildkite asks for a shorter interval", () => {
    // The reference's interval only rises.
    const slow = pollWith({ observation: { ...QUIET, minimumPollSeconds: 60 } });
    expect(slow.nextPollAt).toBe("2026-01-05T09:01:00Z");
    const observedAt = "2026-01-05T09:01:00.500Z";
    const observation = { ...QUIET, observedAt, minimumPollSeconds: 10 };
    expect(pollWith({ ...slow.carry, observation, observedAt }).nextPollAt).toBe(
      "2026-01-05T09:01:10Z",
    );
  });

  test("is one interval later after a poll without facts too", () => {
    const poll = pollWith({
      observation: { Error: "States.Timeout" },
      observedAt: secondsAgo(-12),
    });
    expect(poll.nextPollAt).toBe("2026-01-05T09:00:20Z"); // 09:00:10 has passed
  });
});

describe("the last poll", () => {
  test.each([
    {
      that: "is the one after which the slot ends before the next beat",
      pollUntil: "2026-01-05T09:00:09Z",
      last: true,
    },
    {
      that: "is the one after which the slot ends on the next beat",
      pollUntil: "2026-01-05T09:00:10Z",
      last: true,
    },
    {
      that: "is not a poll that leaves time for another beat",
      pollUntil: "2026-01-05T09:00:11Z",
      last: undefined,
    },
  ])("$that", ({ pollUntil, last }) => {
    expect(pollWith({ loop: { ...LOOP, pollUntil } }).lastPoll).toBe(last);
  });

  test.each([
    { asked: 10, pollUntil: "2026-01-05T09:00:11Z", last: undefined }, // not longer than the definition's
    { asked: 50, pollUntil: "2026-01-05T09:01:39Z", last: true }, // 09:00:50 is 49 s before the next slot
    { asked: 50, pollUntil: "2026-01-05T09:01:40Z", last: undefined },
    { asked: 300, pollUntil: "2026-01-05T09:03:00Z", last: true },
  ])(
    "leaves the next execution the $asked s for which Buildkite asks: with an end at $pollUntil, $last",
    ({ asked, pollUntil, last }) => {
      const observation = { ...QUIET, minimumPollSeconds: asked };
      expect(pollWith({ loop: { ...LOOP, pollUntil }, observation }).lastPoll).toBe(last);
    },
  );

  test("leaves no room after a refusal, which says when to read again and not how often", () => {
    const queuesFault = { error: "BuildkiteThrottled", message: "asks for fewer calls (429)" };
    const observation = { ...QUIET, queues: undefined, queuesFault, minimumPollSeconds: 50 };
    const loop = { ...LOOP, pollUntil: "2026-01-05T09:01:39Z" }; // 50 s + 50 s lie after it
    expect(pollWith({ loop, observation })).not.toHaveProperty("lastPoll");
  });

  test("is the first one of a loop that polls once", () => {
    expect(pollWith({ loop: { ...LOOP, once: true } }).lastPoll).toBe(true);
  });

  test("does not exist without a loop: a replay has no end", () => {
    expect(pollWith({ loop: undefined })).not.toHaveProperty("lastPoll");
  });
});

describe("the plan", () => {
  test("contains each change, with the time of the decision", () => {
    expect(pollWith({ observedAt: secondsAgo(-1.5) }).plan).toEqual({
      decidedAt: "2026-01-05T09:00:01.500Z",
      changes: [{ scaler: "agents", group: "agents", action: "scale-out", from: 2, to: 3 }],
    });
  });

  test("keeps the cooldown that the group's tag remembers, which no execution handed over", () => {
    const scalers = [createScaler({ scaleOut: { cooldown: "5m" } })];
    const poll = (times: GroupTimes) =>
      decideWith({
        scalers,
        observation: createObservation(
          createQueue({ running: 3 }, 2),
          createGroup({ desired: 2, times }),
        ),
      });
    const { decisions, next } = poll({ lastScaleOutAt: secondsAgo(60) });
    expect(decisions[0]?.reasons).toContain("scale-out cooldown: 4m left");
    expect(next.plan?.changes ?? []).toEqual([]);
    expect(poll({ lastScaleOutAt: secondsAgo(301) }).next.plan?.changes).toHaveLength(1);
  });

  test("contains the scaler and its group", () => {
    const { plan } = pollWith({ scalers: [createScaler({ name: "builders" })] });
    expect(plan?.changes).toEqual([
      { scaler: "builders", group: "agents", action: "scale-out", from: 2, to: 3 },
    ]);
  });

  test("is missing if there is no change", () => {
    expect(pollWith({ observation: QUIET })).not.toHaveProperty("plan");
  });

  test("does not contain the decision of a dry run", () => {
    const { decisions, next } = decideWith({ scalers: [createScaler({ dryRun: true })] });
    expect(next).not.toHaveProperty("plan");
    expect(decisions).toEqual([expect.objectContaining({ action: "scale-out", to: 3 })]);
  });

  test("is missing if a fault holds every scaler", () => {
    expect(pollWith({ observation: { Error: "States.Timeout" } })).not.toHaveProperty("plan");
  });

  test("writes no tag of a group whose decision a fault held", () => {
    const scalers = [createScaler({ scaleIn: { cooldown: "5m" } })];
    const groups = { agents: createGroup({ desired: 3, timesUnknown: true }) };
    expect(pollWith({ scalers, observation: { ...QUIET, groups } }).plan?.times).toHaveLength(1);
    const held = { observedAt: NOW, groups };
    expect(pollWith({ scalers, observation: held })).not.toHaveProperty("plan");
  });

  test("is missing if nothing is known about a graceful group", () => {
    const scalers = [createScaler({ scaleIn: { graceful: true } })];
    for (const groups of [{}, undefined]) {
      const { decisions, next } = decideWith({ scalers, observation: { ...QUIET, groups } });
      expect(decisions).toMatchObject([{ action: "none", fault: "GroupNotFound" }]);
      expect(next).not.toHaveProperty("plan");
    }
  });

  test("contains exactly the decisions that change a group", () => {
    fc.assert(
      fc.property(anEvent, ({ scalers, ...event }) => {
        const parsed = parseScalers(scalers);
        const { observedAt } = event.observation;
        const { poll } = decidePoll({ ...event, scalers: parsed, observedAt });
        const moving = poll.decisions.filter(
          ({ from, to, action }, index) =>
            from !== to &&
            parsed[index]?.dryRun === false &&
            !(action === "scale-in" && parsed[index]?.scaleIn.graceful),
        );
        const changes = moving.map(({ scaler, action, from, to }) => ({
          scaler,
          action,
          from,
          to,
        }));
        expect(poll.next.plan?.changes ?? []).toEqual(
          changes.map((change) => expect.objectContaining(change)),
        );
      }),
    );
  });
});

describe("metrics", () => {
  const loop = { ...LOOP, publishMetrics: true };
  const beforeBoundary = { ...loop, nextPollAt: "2026-01-05T09:00:50Z" };
  const observedAt = "2026-01-05T09:00:50.700Z";

  test("are passed on when they are due, with the time of the poll", () => {
    const poll = pollWith({ loop: beforeBoundary, observedAt });
    expect(poll.publish).toMatchObject({
      observedAt,
      scalers: { agents: { desired: 2, target: 3 } },
    });
  });

  test("are passed on after a poll without facts too", () => {
    const observation = { Error: "States.Timeout" };
    const { publish } = pollWith({ loop: beforeBoundary, observedAt, observation });
    expect(publish).toEqual({ observedAt, queues: {}, scalers: { agents: { heldByFault: true } } });
  });

  test("have all eight metrics of a queue only if the loop asks for them", () => {
    const all: Loop = { ...beforeBoundary, allQueueMetrics: true };
    expect(pollWith({ loop: all, observedAt }).publish).toHaveProperty("allQueueMetrics", true);
    const four = pollWith({ loop: beforeBoundary, observedAt }).publish;
    expect(four).not.toHaveProperty("allQueueMetrics");
  });

  test.each([
    { that: "between two boundaries", each: loop, observedAt: NOW },
    {
      that: "without publishMetrics",
      each: { ...beforeBoundary, publishMetrics: false },
      observedAt,
    },
    { that: "in a replay", each: undefined, observedAt },
  ])("are left out $that", (facts) => {
    expect(pollWith({ loop: facts.each, observedAt: facts.observedAt })).not.toHaveProperty(
      "publish",
    );
  });
});

describe("the carried state", () => {
  test("contains the settings, the loop with its next beat, and recent scalings", () => {
    const memory = {
      agents: { lastScaleInAt: secondsAgo(60), lastScaleOutAt: secondsAgo(400) },
      gone: {},
    };
    const scalers = [createScaler({ scaleIn: { cooldown: "5m" } })];
    expect(pollWith({ memory, scalers }).carry).toEqual({
      settings: SETTINGS,
      loop: { ...LOOP, nextPollAt: "2026-01-05T09:00:10Z" },
      memory: { agents: { lastScaleInAt: secondsAgo(60) } },
    });
  });

  test("keeps what is remembered about a group that cannot be read", () => {
    const fault = { error: "GroupNotFound", message: "there is no Auto Scaling group agents" };
    const observation = { ...QUIET, groups: { agents: { fault } } };
    const memory = { agents: { lastScaleInAt: secondsAgo(60) } };
    const scalers = [createScaler({ scaleIn: { cooldown: "5m" } })];
    expect(pollWith({ observation, memory, scalers }).carry.memory).toEqual(memory);
  });

  describe("after Apply scaling failed", () => {
    const unconfirmed = (action: "scale-in" | "scale-out", from: number) => ({
      decidedAt: secondsAgo(10),
      changes: [{ scaler: "agents", group: "agents", action, from, to: 5 }],
    });
    const scalers = [createScaler({ scaleIn: { cooldown: "5m" }, scaleOut: { cooldown: "5m" } })];
    const fault = { error: "GroupNotFound", message: "there is no Auto Scaling group agents" };
    const unread = { ...QUIET, groups: { agents: { fault } } };

    // The group's desired capacity is 3.
    test.each([
      ["a scale-in counts", QUIET, unconfirmed("scale-in", 9), { lastScaleInAt: secondsAgo(10) }],
      [
        "a scale-out counts if the group has grown",
        QUIET,
        unconfirmed("scale-out", 2),
        { lastScaleOutAt: secondsAgo(10) },
      ],
      [
        "a scale-out counts if the group cannot be read",
        unread,
        unconfirmed("scale-out", 3),
        { lastScaleOutAt: secondsAgo(10) },
      ],
      ["a scale-out does not count if it was not made", QUIET, unconfirmed("scale-out", 3), {}],
    ])("%s, and is remembered", (_, observation, change, expected) => {
      const loop = { ...LOOP, unconfirmed: change };
      const { carry } = pollWith({ loop, scalers, observation });
      expect(carry.memory.agents ?? {}).toEqual(expected);
      expect(carry.loop).not.toHaveProperty("unconfirmed");
    });
  });

  test("has no loop if the input has none", () => {
    expect(pollWith({ loop: undefined }).carry).toEqual({ settings: SETTINGS, memory: {} });
  });

  test("contains no observation and no decision, because the next poll reads neither", () => {
    expect(Object.keys(pollWith().carry).sort()).toEqual(["loop", "memory", "settings"]);
  });
});

test("the verdicts are returned for the log", () => {
  const { poll, verdicts } = decidePoll({
    settings: SETTINGS,
    scalers: [createScaler({ name: "one" }), createScaler({ name: "two" })],
    memory: {},
    observation: QUIET,
    observedAt: NOW,
  });
  expect(verdicts.map(({ decision }) => decision)).toEqual(poll.decisions);
  expect(poll.decisions.map(({ scaler }) => scaler)).toEqual(["one", "two"]);
});
