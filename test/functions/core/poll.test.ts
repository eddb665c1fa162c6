import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Loop } from "../../../functions/core/beat.ts";
import { decidePoll, type PollFacts } from "../../../functions/core/poll.ts";
import { parseScalers } from "../../../functions/core/read-scalers.ts";
import { anEvent } from "../../support/arbitraries.ts";
import { ago, createGroup, createObservation, createQueue, NOW } from "../../support/facts.ts";
import { createScaler } from "../../support/scaler.ts";

/** Polled at 09:00:00, until 09:04:00. */
const LOOP: Loop = {
  nextPollAt: "2026-01-05T09:00:00Z",
  pollUntil: "2026-01-05T09:04:00Z",
  publishMetrics: false,
};

const SETTINGS = { pollIntervalSeconds: 10, publishIntervalSeconds: 60 };

/** Three jobs, two instances; nothing else out of the ordinary. */
function pollWith(facts: Partial<PollFacts> = {}) {
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

/** The same jobs, on instances enough. */
const QUIET = createObservation(createQueue({ running: 3 }, 3), createGroup({ desired: 3 }));

describe("the next poll", () => {
  test("is an interval after this one's beat", () => {
    expect(pollWith().nextPollAt).toBe("2026-01-05T09:00:10Z");
  });

  test("keeps the beat however long the poll took", () => {
    expect(pollWith({ observedAt: "2026-01-05T09:00:07.900Z" }).nextPollAt).toBe(
      "2026-01-05T09:00:10Z",
    );
  });

  test("is at the time observed, floored to the second, plus the interval where there is no loop", () => {
    const { nextPollAt } = pollWith({ loop: undefined, observedAt: "2026-01-05T09:00:07.900Z" });
    expect(nextPollAt).toBe("2026-01-05T09:00:17Z");
  });

  test("comes later where Buildkite asks for it", () => {
    const observation = { ...QUIET, minimumPollSeconds: 30 };
    expect(pollWith({ observation }).nextPollAt).toBe("2026-01-05T09:00:30Z");
  });

  test("comes no sooner where Buildkite would allow it", () => {
    const observation = { ...QUIET, minimumPollSeconds: 5 };
    expect(pollWith({ observation }).nextPollAt).toBe("2026-01-05T09:00:10Z");
  });

  test("the poll interval falls again when Buildkite asks for less", () => {
    // The reference's interval only ever rose.
    const slow = pollWith({ observation: { ...QUIET, minimumPollSeconds: 60 } });
    expect(slow.nextPollAt).toBe("2026-01-05T09:01:00Z");
    const observedAt = "2026-01-05T09:01:00.500Z";
    const observation = { ...QUIET, observedAt, minimumPollSeconds: 10 };
    expect(pollWith({ ...slow.carry, observation, observedAt }).nextPollAt).toBe(
      "2026-01-05T09:01:10Z",
    );
  });

  test("after a poll without facts is an interval away too", () => {
    const poll = pollWith({ observation: { Error: "States.Timeout" }, observedAt: ago(-12) });
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
      that: "is not yet the one that leaves time for another beat",
      pollUntil: "2026-01-05T09:00:11Z",
      last: undefined,
    },
  ])("$that", ({ pollUntil, last }) => {
    expect(pollWith({ loop: { ...LOOP, pollUntil } }).lastPoll).toBe(last);
  });

  test("never comes where there is no loop: a replay has no end", () => {
    expect(pollWith({ loop: undefined })).not.toHaveProperty("lastPoll");
  });
});

describe("the plan", () => {
  test("has each change, and counts from the poll that decided it", () => {
    expect(pollWith({ observedAt: ago(-1.5) }).plan).toEqual({
      decidedAt: "2026-01-05T09:00:01.500Z",
      changes: [{ scaler: "agents", group: "agents", action: "scale-out", from: 2, to: 3 }],
    });
  });

  test("names the scaler and its group apart", () => {
    const { plan } = pollWith({ scalers: [createScaler({ name: "builders" })] });
    expect(plan?.changes).toEqual([
      { scaler: "builders", group: "agents", action: "scale-out", from: 2, to: 3 },
    ]);
  });

  test("is missing where nothing changes", () => {
    expect(pollWith({ observation: QUIET })).not.toHaveProperty("plan");
  });

  test("has nothing of a scaler that only rehearses, though it decides", () => {
    const poll = pollWith({ scalers: [createScaler({ dryRun: true })] });
    expect(poll).not.toHaveProperty("plan");
    expect(poll.decisions).toEqual([expect.objectContaining({ action: "scale-out", to: 3 })]);
  });

  test("is missing where a fault holds everything", () => {
    expect(pollWith({ observation: { Error: "States.Timeout" } })).not.toHaveProperty("plan");
  });

  test("has exactly the decisions that move a group for real", () => {
    fc.assert(
      fc.property(anEvent, ({ scalers, ...event }) => {
        const parsed = parseScalers(scalers);
        const { observedAt } = event.observation;
        const { poll } = decidePoll({ ...event, scalers: parsed, observedAt });
        const moving = poll.decisions.filter(
          ({ from, to }, index) => from !== to && parsed[index]?.dryRun === false,
        );
        const changes = moving.map(({ scaler, action, from, to }) => ({
          scaler,
          action,
          from,
          to,
        }));
        expect(poll.plan?.changes ?? []).toEqual(
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

  test("are handed on when they are due, with the time of the poll", () => {
    const poll = pollWith({ loop: beforeBoundary, observedAt });
    expect(poll.publish).toMatchObject({
      observedAt,
      scalers: { agents: { desired: 2, target: 3 } },
    });
  });

  test("are handed on of a poll without facts too", () => {
    const observation = { Error: "States.Timeout" };
    const { publish } = pollWith({ loop: beforeBoundary, observedAt, observation });
    expect(publish).toEqual({ observedAt, queues: {}, scalers: { agents: { heldByFault: true } } });
  });

  test.each([
    { that: "between two boundaries", each: loop, observedAt: NOW },
    {
      that: "where nobody wants them",
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

describe("what is carried on", () => {
  test("is the settings, the loop with its next beat, and what still matters of the memory", () => {
    const memory = { agents: { lastScaleInAt: ago(60), lastScaleOutAt: ago(400) }, gone: {} };
    const scalers = [createScaler({ scaleIn: { cooldown: "5m" } })];
    expect(pollWith({ memory, scalers }).carry).toEqual({
      settings: SETTINGS,
      loop: { ...LOOP, nextPollAt: "2026-01-05T09:00:10Z" },
      memory: { agents: { lastScaleInAt: ago(60) } },
    });
  });

  test("has no loop where there was none", () => {
    expect(pollWith({ loop: undefined }).carry).toEqual({ settings: SETTINGS, memory: {} });
  });

  test("holds nothing that the next poll does not read: no observation, no decision", () => {
    expect(Object.keys(pollWith().carry).sort()).toEqual(["loop", "memory", "settings"]);
  });
});

test("the verdicts behind the decisions come along, for the log", () => {
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
