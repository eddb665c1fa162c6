import { describe, expect, test } from "vitest";
import { decideAll } from "../../../functions/core/decide.ts";
import type { Observation } from "../../../functions/core/facts.ts";
import { takeSnapshot, toMetricData } from "../../../functions/core/metrics.ts";
import { INHERITED_NAMES } from "../../support/arbitraries.ts";
import { createGroup, createQueue, NOW } from "../../support/facts.ts";
import { createScaler } from "../../support/scaler.ts";

const QUEUE = {
  jobs: { scheduled: 1, running: 2, waiting: 4 },
  agents: { idle: 1, busy: 2, total: 3 },
};

const OBSERVATION: Observation = {
  observedAt: NOW,
  organization: "acme",
  cluster: "Main",
  queues: { default: QUEUE, unasked: QUEUE },
  groups: { agents: createGroup({ desired: 2, inService: 1, max: 9 }) },
};

function takeTestSnapshot(
  observation: Parameters<typeof takeSnapshot>[1],
  ...scalers: ReturnType<typeof createScaler>[]
) {
  const verdicts = decideAll(scalers, {}, observation);
  return takeSnapshot(verdicts, observation, NOW);
}

describe("the metrics of a poll", () => {
  test("contain each queue of a scaler, and each scaler", () => {
    expect(takeTestSnapshot(OBSERVATION, createScaler())).toEqual({
      observedAt: NOW,
      organization: "acme",
      cluster: "Main",
      queues: { default: QUEUE },
      scalers: { agents: { desired: 2, inService: 1, target: 3, heldByFault: false } },
    });
  });

  test("contain the target before cooldowns and factors", () => {
    const slow = createScaler({ scaleOut: { factor: 0.1 }, scaleIn: { disabled: true } });
    const busy = { ...OBSERVATION, queues: { default: createQueue({ scheduled: 12 }) } };
    expect(takeTestSnapshot(busy, slow).scalers).toMatchObject({ agents: { target: 9 } }); // max 9
    const idle = { ...OBSERVATION, queues: {} };
    expect(takeTestSnapshot(idle, slow).scalers).toMatchObject({ agents: { target: 0 } });
  });

  test("contain zeros for a queue that is not in Buildkite's answer", () => {
    const { queues } = takeTestSnapshot({ ...OBSERVATION, queues: {} }, createScaler());
    expect(queues).toEqual({ default: createQueue({}) });
  });

  test("do not contain a queue that has a fault in its place: its counts are unknown", () => {
    const fault = { error: "BuildkiteInvalidAnswer", message: "no sum" };
    const broken = { ...OBSERVATION, queues: { default: { fault } } };
    expect(takeTestSnapshot(broken, createScaler())).toMatchObject({
      queues: {},
      scalers: { agents: { heldByFault: true } },
    });
  });

  test("contain a queue once, however many scalers use it", () => {
    const scalers = [
      createScaler({ name: "one" }),
      createScaler({ name: "two", queues: ["default", "ios"] }),
    ];
    expect(Object.keys(takeTestSnapshot(OBSERVATION, ...scalers).queues)).toEqual([
      "default",
      "ios",
    ]);
  });

  test("contain no queue if there is a fault, because unknown is not zero", () => {
    const queuesFault = { error: "BuildkiteUnavailable", message: "later" };
    const { observedAt, groups } = OBSERVATION;
    expect(takeTestSnapshot({ observedAt, groups, queuesFault }, createScaler())).toEqual({
      observedAt: NOW,
      queues: {},
      scalers: { agents: { desired: 2, inService: 1, heldByFault: true } },
    });
  });

  test("contain only the hold of a scaler without a group", () => {
    expect(takeTestSnapshot({ ...OBSERVATION, groups: {} }, createScaler()).scalers).toEqual({
      agents: { heldByFault: true },
    });
  });

  test("contain only holds if Fetch metrics failed", () => {
    expect(takeTestSnapshot({ Error: "States.Timeout" }, createScaler())).toEqual({
      observedAt: NOW,
      queues: {},
      scalers: { agents: { heldByFault: true } },
    });
  });

  test.each(INHERITED_NAMES)(
    "contain a queue called %s, with zeros if there are no facts about it",
    (name) => {
      const scaler = createScaler({ queue: name, name });
      const queues = Object.fromEntries([[name, QUEUE]]);
      const told = takeTestSnapshot({ ...OBSERVATION, queues }, scaler);
      expect(Object.entries(told.queues)).toEqual([[name, QUEUE]]);
      expect(Object.keys(told.scalers)).toEqual([name]);
      const untold = takeTestSnapshot({ ...OBSERVATION, queues: {} }, scaler);
      expect(Object.entries(untold.queues)).toEqual([[name, createQueue({})]]);
    },
  );
});

describe("the data for CloudWatch", () => {
  const snapshot = {
    observedAt: NOW,
    organization: "acme",
    cluster: "Main",
    queues: { default: QUEUE },
    scalers: { agents: { desired: 2, inService: 1, target: 3, heldByFault: false } },
  };

  test("of a queue have the names, dimensions and arithmetic of buildkite-agent-metrics", () => {
    const dimensions = { Org: "acme", Cluster: "Main", Queue: "default" };
    expect(toMetricData({ ...snapshot, scalers: {}, allQueueMetrics: true }, "main")).toEqual([
      { name: "ScheduledJobsCount", dimensions, value: 1 },
      { name: "RunningJobsCount", dimensions, value: 2 },
      { name: "WaitingJobsCount", dimensions, value: 4 },
      { name: "TotalAgentCount", dimensions, value: 3 },
      { name: "UnfinishedJobsCount", dimensions, value: 7 }, // 1 + 2 + 4
      { name: "IdleAgentCount", dimensions, value: 1 },
      { name: "BusyAgentCount", dimensions, value: 2 },
      { name: "BusyAgentPercentage", dimensions, value: 66 }, // 2 / 3 = 66.7 %, cut off
    ]);
  });

  test("of a scaler have the loop's name as a dimension", () => {
    const dimensions = { Loop: "main", Scaler: "agents" };
    expect(toMetricData({ ...snapshot, queues: {} }, "main")).toEqual([
      { name: "DesiredCapacity", dimensions, value: 2 },
      { name: "InServiceInstances", dimensions, value: 1 },
      { name: "TargetCapacity", dimensions, value: 3 },
      { name: "HeldByFault", dimensions, value: 0 },
    ]);
  });

  test("leave out unknown values, and contain that the scaler is held", () => {
    const scalers = { agents: { heldByFault: true } };
    expect(toMetricData({ ...snapshot, queues: {}, scalers }, "main")).toEqual([
      { name: "HeldByFault", dimensions: { Loop: "main", Scaler: "agents" }, value: 1 },
    ]);
  });

  test("have no dimension Cluster if the token has no cluster", () => {
    const [first] = toMetricData({ ...snapshot, cluster: undefined }, "main");
    expect(first?.dimensions).toEqual({ Org: "acme", Queue: "default" });
  });

  test("have a busy percentage of 0 without agents, and of 100 if all are busy", () => {
    const readBusyPercentage = (busy: number, total: number) =>
      toMetricData(
        {
          ...snapshot,
          allQueueMetrics: true,
          queues: { q: { ...QUEUE, agents: { idle: 0, busy, total } } },
        },
        "main",
      ).find(({ name }) => name === "BusyAgentPercentage")?.value;
    expect(readBusyPercentage(0, 0)).toBe(0);
    expect(readBusyPercentage(3, 3)).toBe(100);
  });

  test("are four for each queue unless all are asked for: jobs, and agents", () => {
    const data = toMetricData({ ...snapshot, scalers: {} }, "main");
    expect(data.map(({ name }) => name)).toEqual([
      "ScheduledJobsCount",
      "RunningJobsCount",
      "WaitingJobsCount",
      "TotalAgentCount",
    ]);
  });

  test("are at most eight for each queue and four for each scaler", () => {
    const queues = { a: QUEUE, b: QUEUE, c: QUEUE };
    const scalers = { a: snapshot.scalers.agents, b: snapshot.scalers.agents };
    const all = { ...snapshot, queues, scalers, allQueueMetrics: true };
    expect(toMetricData(all, "main")).toHaveLength(3 * 8 + 2 * 4);
  });
});
