import { describe, expect, test } from "vitest";
import type { Snapshot } from "../../functions/core/metrics.ts";
import { INHERITED_NAMES } from "../support/arbitraries.ts";
import { createQueue } from "../support/facts.ts";
import { createContext } from "../support/lambda.ts";
import { HANDLERS, listCalls, sandbox } from "../support/sandbox.ts";
import { delay, listRequestTimes, readResult, runStep } from "../support/step.ts";

const OBSERVED_AT = "2026-01-05T08:59:58.000Z";

const QUEUE = {
  jobs: { scheduled: 7, running: 2, waiting: 3 },
  agents: { idle: 1, busy: 2, total: 3 },
};

const SNAPSHOT: Snapshot = {
  observedAt: OBSERVED_AT,
  organization: "acme",
  cluster: "Main cluster",
  queues: { default: QUEUE },
  scalers: { web: { desired: 4, inService: 3, target: 9, heldByFault: false } },
};

const NOTHING: Snapshot = { observedAt: OBSERVED_AT, queues: {}, scalers: {} };

function createEvent(publish: Partial<Snapshot> = {}, nextPollAt = "2026-01-05T09:00:08Z") {
  return { loop: "main", publish: { ...SNAPSHOT, ...publish }, nextPollAt };
}

function publishMetrics(publish: Partial<Snapshot> = {}): Promise<unknown> {
  return readResult("Publish metrics", createEvent(publish));
}

/** Uses the real clock, because another thread compresses a long body, independently of virtual time. */
function publishMany(publish: Partial<Snapshot>): Promise<unknown> {
  const nextPollAt = new Date(Date.now() + 60_000).toISOString();
  return HANDLERS["Publish metrics"](
    createEvent({ allQueueMetrics: true, ...publish }, nextPollAt),
    createContext(),
  );
}

/** Returns queues with eight values each. */
function queues(count: number) {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `queue-${index}`,
      createQueue({ scheduled: index }),
    ]),
  );
}

describe("a poll's metrics", () => {
  test("of a queue are jobs and agents, under the names of buildkite-agent-metrics", async () => {
    expect(await publishMetrics({ scalers: {} })).toEqual({ data: 4, calls: 1 });
    expect(sandbox.published.map(({ name, value }) => [name, value])).toEqual([
      ["ScheduledJobsCount", 7],
      ["RunningJobsCount", 2],
      ["WaitingJobsCount", 3],
      ["TotalAgentCount", 3],
    ]);
  });

  test("of a queue are on request the eight of buildkite-agent-metrics, with its namespace, unit and dimensions", async () => {
    expect(await publishMetrics({ scalers: {}, allQueueMetrics: true })).toEqual({
      data: 8,
      calls: 1,
    });
    const common = {
      namespace: "Buildkite",
      dimensions: { Org: "acme", Cluster: "Main cluster", Queue: "default" },
      unit: "Count",
      atMs: Date.parse(OBSERVED_AT),
    };
    expect(sandbox.published).toEqual([
      { ...common, name: "ScheduledJobsCount", value: 7 },
      { ...common, name: "RunningJobsCount", value: 2 },
      { ...common, name: "WaitingJobsCount", value: 3 },
      { ...common, name: "TotalAgentCount", value: 3 },
      { ...common, name: "UnfinishedJobsCount", value: 12 }, // 7 + 2 + 3
      { ...common, name: "IdleAgentCount", value: 1 },
      { ...common, name: "BusyAgentCount", value: 2 },
      { ...common, name: "BusyAgentPercentage", value: 66 }, // 2 / 3 = 66.7 %, cut off
    ]);
  });

  test("of a scaler have the names of the loop and of the scaler as dimensions", async () => {
    expect(await publishMetrics({ queues: {} })).toEqual({ data: 4, calls: 1 });
    const common = {
      namespace: "Buildkite",
      dimensions: { Loop: "main", Scaler: "web" },
      unit: "Count",
      atMs: Date.parse(OBSERVED_AT),
    };
    expect(sandbox.published).toEqual([
      { ...common, name: "DesiredCapacity", value: 4 },
      { ...common, name: "InServiceInstances", value: 3 },
      { ...common, name: "TargetCapacity", value: 9 },
      { ...common, name: "HeldByFault", value: 0 },
    ]);
  });

  test("of a queue have no dimension Cluster if the token has no cluster", async () => {
    await publishMetrics({ cluster: undefined, scalers: {} });
    expect(sandbox.published[0]?.dimensions).toEqual({ Org: "acme", Queue: "default" });
  });

  test("of a scaler that a fault holds contain the hold, and leave out unknown values", async () => {
    expect(await publishMetrics({ queues: {}, scalers: { web: { heldByFault: true } } })).toEqual({
      data: 1,
      calls: 1,
    });
    expect(sandbox.published).toMatchObject([{ name: "HeldByFault", value: 1 }]);
  });

  test.each(INHERITED_NAMES)("are published under the name %s", async (name) => {
    const named = { queues: Object.fromEntries([[name, QUEUE]]), scalers: {} };
    await publishMetrics(named);
    expect(sandbox.published[0]?.dimensions).toMatchObject({ Queue: name });
    expect(sandbox.published).toHaveLength(4);
  });

  test("make no call if there are none", async () => {
    expect(await publishMetrics(NOTHING)).toEqual({ data: 0, calls: 0 });
    expect(sandbox.calls).toEqual([]);
  });
});

describe("many metrics", () => {
  test.each([
    [20, 160, 1], // 20 * 8
    [125, 1000, 1], // 125 * 8
    [126, 1008, 2], // 126 * 8
  ])("of %i queues are %i values in %i calls", async (count, data, calls) => {
    expect(await publishMany({ queues: queues(count), scalers: {} })).toEqual({ data, calls });
    expect(listCalls("CloudWatch")).toHaveLength(calls);
    expect(new Set(sandbox.published.map(({ dimensions }) => dimensions.Queue)).size).toBe(count);
    expect(sandbox.published).toHaveLength(data);
  });
});

describe("a failure to publish has a name", () => {
  test.each([
    ["Throttling", 400, "CloudWatchThrottled", 2],
    ["AccessDenied", 403, "CloudWatchAccessDenied", 1],
    ["InvalidParameterValue", 400, "CloudWatchUnavailable", 1],
    ["InternalServiceFault", 500, "CloudWatchUnavailable", 2],
  ])("%s (%i) is %s after %i calls", async (awsError, status, name, calls) => {
    sandbox.faults.add({ service: "CloudWatch", fault: { awsError, status, message: "no" } });
    await expect(publishMetrics()).rejects.toMatchObject({
      name,
      message: expect.stringContaining("no"),
    });
    expect(listCalls("CloudWatch")).toHaveLength(calls);
    expect(sandbox.published).toEqual([]);
  });

  test.each([["reset"], ["hang"]] as const)(
    "is repaired by the second attempt after a %s",
    async (fault) => {
      sandbox.faults.add({ service: "CloudWatch", times: 1, fault });
      expect(await publishMetrics()).toEqual({ data: 8, calls: 1 });
    },
  );

  test("may happen in the second call", async () => {
    const before = () =>
      sandbox.faults.add({ service: "CloudWatch", fault: { awsError: "AccessDenied" } });
    sandbox.faults.add({ service: "CloudWatch", times: 1, fault: { before } });
    await expect(publishMany({ queues: queues(126) })).rejects.toMatchObject({
      name: "CloudWatchAccessDenied",
    });
  });
});

describe("publishing never delays a poll", () => {
  test("it is abandoned when the next poll is due", async () => {
    sandbox.faults.add({ service: "CloudWatch", fault: "hang" });
    const { error, tookMs } = await runStep(
      "Publish metrics",
      createEvent({}, "2026-01-05T09:00:01Z"),
    );
    expect(error).toMatchObject({
      name: "PublishingGivenUp",
      message: expect.stringContaining("the next poll was due before the metrics were published"),
    });
    expect(tookMs).toBe(1000);
    expect(listCalls("CloudWatch")).toHaveLength(1);
  });

  test("it is abandoned at once if the next poll is already due", async () => {
    sandbox.faults.add({ service: "CloudWatch", fault: "hang" });
    const { error, tookMs } = await runStep(
      "Publish metrics",
      createEvent({}, "2026-01-05T08:59:50Z"),
    );
    expect(error).toMatchObject({ name: "PublishingGivenUp" });
    expect(tookMs).toBeLessThanOrEqual(1);
  });

  test("it fails within the step's time if the next poll is later", async () => {
    sandbox.faults.add({ service: "CloudWatch", fault: "hang" });
    const { error, tookMs } = await runStep(
      "Publish metrics",
      createEvent({}, "2026-01-05T09:10:00Z"),
    );
    expect(error).toMatchObject({ name: "CloudWatchUnavailable" });
    expect(listRequestTimes("CloudWatch")).toHaveLength(2);
    expect(tookMs).toBeGreaterThanOrEqual(3000); // 1.5 s twice, and the SDK's pause
    expect(tookMs).toBeLessThanOrEqual(3500); // 1.5 s before the end of 5 s
  });
});

describe("an event that is not a snapshot", () => {
  test.each([
    ["a negative count", { queues: { default: createQueue({ scheduled: -1 }) } }],
    ["no time", { observedAt: "now" }],
  ])("is refused, and nothing is published: %s", async (_, publish) => {
    await expect(publishMetrics(publish)).rejects.toMatchObject({ name: "InvalidInput" });
    expect(sandbox.calls).toEqual([]);
  });
});

describe("a name that CloudWatch does not take", () => {
  const NAMES = ["Büro", "default", ":first", "  ", "日本", "a\tb", "🚀"];
  const ESCAPED = [
    "B\\u00fcro",
    "default",
    "\\u003afirst",
    "\\u0020\\u0020",
    "\\u65e5\\u672c",
    "a\\u0009b",
    "\\ud83d\\ude80",
  ];

  test("is escaped, so that no other metric is lost", async () => {
    const queues = Object.fromEntries(NAMES.map((name) => [name, QUEUE]));
    await publishMetrics({ cluster: "Büro", queues });
    const published = sandbox.published.filter(({ name }) => name === "ScheduledJobsCount");
    expect(published.map(({ dimensions }) => dimensions.Queue)).toEqual(ESCAPED);
    expect(new Set(published.map(({ dimensions }) => dimensions.Cluster))).toEqual(
      new Set(["B\\u00fcro"]),
    );
  });

  test("is cut if it is still too long", async () => {
    await publishMetrics({ queues: { ["ü".repeat(255)]: QUEUE } }); // 6 x 255 = 1530
    expect(sandbox.published[0]?.dimensions.Queue).toBe("\\u00fc".repeat(171).slice(0, 1024));
  });
});

test("a loop that listens for events is told how long it may do so still", async () => {
  const listen = { listenSeconds: 9, relistenUntil: "2026-01-05T09:00:01Z" }; // until 09:00:10
  sandbox.faults.add({ service: "CloudWatch", fault: { before: delay(1300) } });
  expect(await publishMetrics({ listen })).toMatchObject({
    listen: { listenSeconds: 8, relistenUntil: "2026-01-05T09:00:02Z" },
  });
  expect(await publishMetrics()).not.toHaveProperty("listen");
});
