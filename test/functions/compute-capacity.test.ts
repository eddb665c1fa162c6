import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { handler } from "../../functions/compute-capacity.ts";
import type { Poll } from "../../functions/core/poll.ts";
import { anEvent, INHERITED_NAMES } from "../support/arbitraries.ts";
import { createGroup, createObservation, createQueue, NOW, secondsAgo } from "../support/facts.ts";
import { createContext, passThroughJson } from "../support/lambda.ts";

/** Calls the handler as Lambda does, with its middleware. */
function computeCapacity(event: unknown): Promise<Poll> {
  return handler(passThroughJson(event), createContext());
}

/** An event with three jobs and two instances. */
const EVENT = {
  settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 60 },
  scalers: [{ queue: "default", group: "agents", agentsPerInstance: 1 }],
  memory: {},
  observation: createObservation(createQueue({ running: 3 }, 2), createGroup({ desired: 2 })),
};

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.resetModules();
});

describe("the contract with tools that replay decisions", () => {
  test("takes scalers, memory and observation; returns decisions with exactly these keys, and the next poll", async () => {
    const event = {
      settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 60 },
      scalers: [{ queue: "default", group: "my-asg", agentsPerInstance: 4, maxInstanceCap: 5 }],
      memory: { "my-asg": { lastScaleInAt: secondsAgo(60), lastScaleOutAt: secondsAgo(3600) } },
      observation: {
        observedAt: "2026-01-05T09:00:07.900Z",
        minimumPollSeconds: 10,
        queues: {
          default: {
            jobs: { scheduled: 12, running: 3, waiting: 0 },
            agents: { idle: 0, busy: 3, total: 8 },
          },
        },
        groups: { "my-asg": { desired: 2, min: 0, max: 10, inService: 2, pending: 0 } },
      },
    };
    const answer = await computeCapacity(event);
    expect(Object.keys(answer)).toEqual(["decisions", "next"]);
    expect(answer.decisions).toStrictEqual([
      {
        scaler: "my-asg",
        action: "scale-out",
        from: 2,
        to: 4, // 15 / 4 = 3.75
        reasons: [
          "12 scheduled + 3 running = 15 jobs",
          "15 jobs / 4 agents per instance = 4 instances",
        ],
      },
    ]);
    expect(answer.next.nextPollAt).toBe("2026-01-05T09:00:17Z"); // floored, plus 10 s
  });

  test("has no end and no metrics without a loop", async () => {
    const { next } = await computeCapacity(EVENT);
    expect(Object.keys(next).sort()).toEqual(["carry", "nextPollAt", "plan"]);
  });

  test("has a beat, an end and metrics with a loop", async () => {
    const loop = {
      nextPollAt: "2026-01-05T08:59:59Z",
      pollUntil: "2026-01-05T09:00:09Z",
      publishMetrics: true,
    };
    const { next } = await computeCapacity({ ...EVENT, loop });
    expect(next).toMatchObject({
      nextPollAt: "2026-01-05T09:00:09Z",
      lastPoll: true,
      publish: { observedAt: NOW },
      carry: { loop: { ...loop, nextPollAt: "2026-01-05T09:00:09Z" } },
    });
  });

  test("returns what the next poll needs as its input", async () => {
    const loop = { nextPollAt: NOW, pollUntil: secondsAgo(-240), publishMetrics: false };
    const { next } = await computeCapacity({ ...EVENT, loop });
    const event = {
      ...EVENT,
      ...next.carry,
      observation: { ...EVENT.observation, observedAt: secondsAgo(-10.5) },
    };
    expect((await computeCapacity(event)).next.nextPollAt).toBe("2026-01-05T09:00:20Z");
  });

  test("ignores unknown keys", async () => {
    const chatty = { ...EVENT, execution: "abc", cluster: "main", comment: "recorded on Monday" };
    expect(await computeCapacity(chatty)).toEqual(await computeCapacity(EVENT));
  });

  test("returns no decisions without scalers", async () => {
    expect((await computeCapacity({ ...EVENT, scalers: [] })).decisions).toEqual([]);
  });
});

describe("an invalid event is refused with all its problems", () => {
  test("as InvalidInput if the event is invalid", async () => {
    const event = {
      ...EVENT,
      settings: { pollIntervalSeconds: 0, publishIntervalSecond: 60 },
      memory: { agents: { lastScaleInAt: "yesterday" } },
      observation: { observedAt: NOW, groups: { agents: { desired: -1 } } },
    };
    await expect(computeCapacity(event)).rejects.toMatchObject({
      name: "InvalidInput",
      message: [
        "input: settings.pollIntervalSeconds: 0 is not allowed; allowed: a whole number of at least 1",
        "input: settings.publishIntervalSeconds: is missing",
        'input: settings: "publishIntervalSecond" is not known here; did you mean "publishIntervalSeconds"?',
        'input: memory.agents.lastScaleInAt: "yesterday" is not allowed; allowed: a time such as 2026-01-05T09:00:00Z',
        "input: observation.groups.agents.desired: -1 is not allowed; allowed: a whole number of at least 0",
        "input: observation.groups.agents.min: is missing",
        "input: observation.groups.agents.max: is missing",
        "input: observation.groups.agents.inService: is missing",
        "input: observation.groups.agents.pending: is missing",
      ].join("\n"),
    });
  });

  test("as InvalidScaler if a scaler is invalid", async () => {
    const scalers = [
      { queue: "default", group: "agents", agentsPerInstance: 0 },
      { group: "agents", agentsPerInstance: 1, scale_in: {} },
    ];
    await expect(computeCapacity({ ...EVENT, scalers })).rejects.toMatchObject({
      name: "InvalidScaler",
      message: [
        "scalers[0] (agents): agentsPerInstance: 0 is not allowed; allowed: a whole number of at least 1",
        'scalers[1] (agents): "scale_in" is not known here; did you mean "scaleIn"?',
        "scalers[1] (agents): queue: is missing; allowed: queue or queues",
        'scalers[1] (agents): group: "agents" is already the group of scalers[0] (agents); allowed: a group in one entry only',
      ].join("\n"),
    });
  });

  test.each([null, "event", 5, [], {}])("%j is not an event", async (event) => {
    await expect(computeCapacity(event)).rejects.toMatchObject({ name: "InvalidInput" });
  });
});

describe("faults are facts", () => {
  const scalers = ["one", "two", "three"].map((group) => ({
    queue: "default",
    group,
    agentsPerInstance: 1,
  }));
  const queues = { default: createQueue({ running: 3 }, 2) };
  const groups = {
    one: createGroup({ desired: 2 }),
    two: { fault: { error: "GroupNotFound", message: "there is no such group" } },
    three: createGroup({ desired: 2 }),
  };

  test("a fault of one group does not stop another group", async () => {
    const { decisions, next } = await computeCapacity({
      ...EVENT,
      scalers,
      observation: { observedAt: NOW, queues, groups },
    });
    expect(decisions).toMatchObject([
      { scaler: "one", action: "scale-out", from: 2, to: 3 },
      { scaler: "two", action: "none", from: null, to: null, fault: "GroupNotFound" },
      { scaler: "three", action: "scale-out", from: 2, to: 3 },
    ]);
    expect(next.plan?.changes.map(({ group }) => group)).toEqual(["one", "three"]);
  });

  test("without facts from Buildkite, every known group stays at its desired capacity", async () => {
    const queuesFault = { error: "BuildkiteUnauthorized", message: "refused the agent token" };
    const { decisions, next } = await computeCapacity({
      ...EVENT,
      scalers,
      observation: { observedAt: NOW, queuesFault, groups },
    });
    expect(decisions).toMatchObject([
      { action: "none", from: 2, to: 2, fault: "BuildkiteUnauthorized" },
      { action: "none", from: null, to: null, fault: "GroupNotFound" },
      { action: "none", from: 2, to: 2, fault: "BuildkiteUnauthorized" },
    ]);
    expect(next.plan).toBeUndefined();
  });

  test("a failure of Fetch metrics holds every scaler, with the error's name and the time of the clock", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-01-05T09:00:31.400Z") });
    const loop = {
      nextPollAt: "2026-01-05T09:00:10Z",
      pollUntil: "2026-01-05T09:04:50Z",
      publishMetrics: true,
    };
    const Cause =
      '{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out after 17 seconds"}';
    const memory = { one: { lastScaleOutAt: secondsAgo(60) } };
    const observation = { Error: "Sandbox.Timedout", Cause };
    const poll = await computeCapacity({ ...EVENT, scalers, memory, loop, observation });
    const held = {
      action: "none",
      from: null,
      to: null,
      reasons: ["held: Sandbox.Timedout: Task timed out after 17 seconds"],
      fault: "Sandbox.Timedout",
    };
    expect(poll.decisions).toEqual(["one", "two", "three"].map((scaler) => ({ scaler, ...held })));
    expect(poll.next.nextPollAt).toBe("2026-01-05T09:00:40Z"); // 09:00:20 and 09:00:30 have passed
    expect(poll.next.carry.memory).toEqual(memory);
    expect(poll).not.toHaveProperty("plan");
  });
});

test.each(INHERITED_NAMES)(
  "a queue, a group and a scaler called %s are scaled like any other",
  async (name) => {
    const underName = (value: unknown) => Object.fromEntries([[name, value]]);
    const { decisions, next } = await computeCapacity({
      ...EVENT,
      scalers: [{ queue: name, group: name, agentsPerInstance: 1 }],
      observation: {
        observedAt: NOW,
        queues: underName(createQueue({ running: 3 }, 2)),
        groups: underName(createGroup({ desired: 2 })),
      },
    });
    expect(decisions).toMatchObject([{ scaler: name, action: "scale-out", from: 2, to: 3 }]);
    expect(next.plan?.changes).toMatchObject([{ group: name, to: 3 }]);
  },
);

describe("for any event", () => {
  test("the event is not changed", async () => {
    await fc.assert(
      fc.asyncProperty(anEvent, async (event) => {
        const frozen = deepFrozen(passThroughJson(event));
        const before = JSON.stringify(frozen);
        await handler(frozen, createContext());
        expect(JSON.stringify(frozen)).toBe(before);
      }),
    );
  });

  test("the answer is the same at any later time", async () => {
    const clock = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2040, 0) });
    await fc.assert(
      fc.asyncProperty(anEvent, clock, clock, async (event, oneDay, anotherDay) => {
        vi.useFakeTimers({ toFake: ["Date"], now: oneDay });
        const first = await computeCapacity(event);
        vi.setSystemTime(anotherDay);
        expect(await computeCapacity(event)).toEqual(first);
      }),
    );
  });

  test("the decisions are the same if all times are shifted", async () => {
    const days = fc.integer({ min: -1000, max: 1000 });
    await fc.assert(
      fc.asyncProperty(anEvent, days, async (event, by) => {
        const { decisions, next } = await computeCapacity(event);
        const moved = await computeCapacity(shiftTimes(event, by));
        expect(moved.decisions).toEqual(decisions);
        expect(moved.next.nextPollAt).toBe(shiftTimes(next.nextPollAt, by));
      }),
    );
  });

  test("the order of keys does not matter", async () => {
    await fc.assert(
      fc.asyncProperty(anEvent, async (event) => {
        expect(await computeCapacity(reverseKeys(passThroughJson(event)))).toEqual(
          await computeCapacity(event),
        );
      }),
    );
  });

  test("the order of scalers does not matter, and scalers do not affect each other", async () => {
    await fc.assert(
      fc.asyncProperty(anEvent, async (event) => {
        const { decisions } = await computeCapacity(event);
        const backwards = await computeCapacity({ ...event, scalers: event.scalers.toReversed() });
        expect(backwards.decisions.toReversed()).toEqual(decisions);
        for (const [index, scaler] of event.scalers.entries()) {
          const alone = await computeCapacity({ ...event, scalers: [scaler] });
          expect(alone.decisions).toEqual([decisions[index]]);
        }
      }),
    );
  });

  test("the next poll comes after the facts", async () => {
    await fc.assert(
      fc.asyncProperty(anEvent, async (event) => {
        const { nextPollAt } = (await computeCapacity(event)).next;
        expect(Date.parse(nextPollAt)).toBeGreaterThan(Date.parse(event.observation.observedAt));
      }),
    );
  });
});

describe("the log", () => {
  /** Returns everything that a freshly loaded handler writes during a call. */
  async function readLog(
    event: unknown,
  ): Promise<{ line: Record<string, unknown>; text: string }[]> {
    const written: string[] = [];
    const write = (text: string | Uint8Array) => written.push(String(text)) > 0;
    vi.spyOn(process.stdout, "write").mockImplementation(write);
    vi.spyOn(process.stderr, "write").mockImplementation(write);
    vi.resetModules();
    const fresh = await import("../../functions/compute-capacity.ts");
    await fresh.handler(passThroughJson(event), createContext()).catch(() => undefined);
    return written.map((text) => ({ line: JSON.parse(text), text }));
  }

  test("contains an error once, with its name and the execution's name", async () => {
    vi.stubEnv("LOG_LEVEL", "INFO");
    const lines = await readLog({ ...EVENT, execution: "main-2026-01-05", scalers: [{}] });
    expect(lines.map(({ line }) => line)).toEqual([
      expect.objectContaining({
        level: "ERROR",
        execution: "main-2026-01-05",
        error: expect.objectContaining({
          name: "InvalidScaler",
          message: expect.stringContaining("scalers[0]: group: is missing"),
        }),
      }),
    ]);
  });

  test("does not contain a token that was pasted by mistake", async () => {
    vi.stubEnv("LOG_LEVEL", "DEBUG");
    const [scaler] = EVENT.scalers;
    const lines = await readLog({ ...EVENT, scalers: [{ ...scaler, agentToken: "bkct_5ecre7" }] });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.text).not.toContain("bkct_5ecre7");
  });

  test("has one line after a poll without faults: a metric from which an alarm sees that the loop polls", async () => {
    vi.stubEnv("LOG_LEVEL", "INFO");
    vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "compute-capacity");
    const lines = await readLog({ ...EVENT, cluster: "main" });
    expect(lines.map(({ line }) => line)).toEqual([
      expect.objectContaining({ Loop: "main", HeldPolls: 0 }),
    ]);
    expect(lines[0]?.text.length).toBeLessThan(220); // what the cost of a month assumes
  });

  test("contains a metric for each poll that a fault held, for an alarm", async () => {
    vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "compute-capacity");
    const observation = { observedAt: NOW, queues: {}, groups: {} };
    const [only, ...others] = await readLog({ ...EVENT, cluster: "main", observation });
    expect(others).toEqual([]);
    expect(only?.line).toEqual({
      _aws: {
        Timestamp: Date.parse(NOW),
        CloudWatchMetrics: [
          {
            Namespace: "Buildkite",
            Dimensions: [["Loop"]],
            Metrics: [{ Name: "HeldPolls", Unit: "Count" }],
          },
        ],
      },
      Loop: "main",
      HeldPolls: 1,
      held: [expect.objectContaining({ scaler: "agents", fault: "GroupNotFound" })],
    });
  });

  test.each([
    {
      that: "that an event caused",
      events: { heard: {} },
      metrics: [{ EventPolls: 1 }, { EventsHeard: 1 }],
    },
    {
      that: "after an event that needed none",
      events: { dropped: {} },
      metrics: [{ EventsHeard: 1 }],
    },
    {
      that: "with new jobs and no event",
      events: { scheduledJobs: 0 },
      metrics: [{ EventsHeard: 0 }],
    },
    { that: "without new jobs", events: { scheduledJobs: 3 }, metrics: [] },
  ])("of a loop with events contains metrics of a poll $that", async ({ events, metrics }) => {
    vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "compute-capacity");
    const loop = { nextPollAt: NOW, pollUntil: secondsAgo(-240), events };
    const observation = createObservation(
      createQueue({ scheduled: 3 }, 3),
      createGroup({ desired: 3 }),
    );
    const lines = await readLog({ ...EVENT, cluster: "main", loop, observation });
    expect(lines.map(({ line }) => line)).toEqual(
      [{ HeldPolls: 0 }, ...metrics].map((metric) =>
        expect.objectContaining({ Loop: "main", ...metric }),
      ),
    );
  });

  test("contains metrics of instances that leave, should have ended, have no agent or do not answer", async () => {
    vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "compute-capacity");
    const instances = ["i-0a", "i-0b", "i-0c"];
    const answer = { at: NOW, platform: "linux", jobs: 1, uptimeSeconds: 9000, bootId: "boot" };
    const observation = {
      ...createObservation(createQueue({ running: 2 }, 2), createGroup({ desired: 3, instances })),
      stops: { "i-0a": { at: secondsAgo(24 * 3600 + 1), delivered: "yes" } },
      answers: {
        "i-0a": { ...answer, state: "deactivating" },
        "i-0c": { ...answer, state: "not-found" },
      },
    };
    const suspect = { at: secondsAgo(10), bootId: "boot", inactiveAtSeconds: 0 };
    const [scaler] = EVENT.scalers;
    const lines = await readLog({
      ...EVENT,
      cluster: "main",
      scalers: [{ ...scaler, scaleIn: { graceful: true } }],
      memory: { agents: { suspects: { "i-0b": suspect } } },
      observation,
    });
    const metrics = ["DrainingInstances", "OverdueDrains", "DanglingInstances"];
    expect(lines.map(({ line }) => line)).toEqual([
      expect.objectContaining({ HeldPolls: 0 }),
      ...[...metrics, "InstancesNotAnswering"].map((metric) =>
        expect.objectContaining({ Loop: "main", [metric]: 1 }),
      ),
    ]);
  });

  test("contains a metric of the scalers whose jobs need more than the maximum", async () => {
    vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "compute-capacity");
    const observation = createObservation(
      createQueue({ running: 9 }, 5),
      createGroup({ desired: 5, max: 5 }),
    );
    const lines = await readLog({ ...EVENT, cluster: "main", observation });
    expect(lines.map(({ line }) => line)).toEqual([
      expect.objectContaining({ Loop: "main", HeldPolls: 0 }),
      expect.objectContaining({ Loop: "main", BeyondMaximum: 1, scalers: ["agents"] }),
    ]);
  });
});

function deepFrozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(deepFrozen);
    Object.freeze(value);
  }
  return value;
}

/** Returns the value with the keys of every object reversed. */
function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]): [string, unknown] => [
    key,
    reverseKeys(each),
  ]);
  return Object.fromEntries(entries.toReversed());
}

const A_TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

/** Returns the value with every time moved by some days; milliseconds are kept. */
function shiftTimes<T>(value: T, days: number): T {
  return JSON.parse(
    JSON.stringify(value).replaceAll(A_TIME, (time, fraction: string | undefined) => {
      const moved = new Date(Date.parse(time) + days * 86_400_000).toISOString();
      return fraction === undefined ? moved.replace(/\.\d+Z$/, "Z") : moved;
    }),
  );
}
