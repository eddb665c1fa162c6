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

function snapshotWith(
  observation: Parameters<typeof takeSnapshot>[1],
  ...scalers: ReturnType<typeof createScaler>[]
) {
  const verdicts = decideAll(scalers, {}, observation);
  return takeSnapshot(verdicts, observation, NOW);
}

describe("what there is to publish of a poll", () => {
  test("is each queue that a scaler looks at, and each scaler's figures", () => {
    expect(snapshotWith(OBSERVATION, createScaler())).toEqual({
      observedAt: NOW,
      organization: "acme",
      cluster: "Main",
      queues: { default: QUEUE },
      scalers: { agents: { desired: 2, inService: 1, target: 3, heldByFault: false } },
    });
  });

  test("is the target before cooldowns and factors", () => {
    const slow = createScaler({ scaleOut: { factor: 0.1 }, scaleIn: { disabled: true } });
    const busy = { ...OBSERVATION, queues: { default: createQueue({ scheduled: 12 }) } };
    expect(snapshotWith(busy, slow).scalers).toMatchObject({ agents: { target: 9 } }); // max 9
    const idle = { ...OBSERVATION, queues: {} };
    expect(snapshotWith(idle, slow).scalers).toMatchObject({ agents: { target: 0 } });
  });

  test("is no jobs and no agents for a queue that Buildkite leaves out", () => {
    const { queues } = snapshotWith({ ...OBSERVATION, queues: {} }, createScaler());
    expect(queues).toEqual({ default: createQueue({}) });
  });

  test("is a queue once, however many scalers look at it", () => {
    const scalers = [
      createScaler({ name: "one" }),
      createScaler({ name: "two", queues: ["default", "ios"] }),
    ];
    expect(Object.keys(snapshotWith(OBSERVATION, ...scalers).queues)).toEqual(["default", "ios"]);
  });

  test("is no queue where a fault kept them away: unknown is not zero", () => {
    const queuesFault = { error: "BuildkiteUnavailable", message: "later" };
    const { observedAt, groups } = OBSERVATION;
    expect(snapshotWith({ observedAt, groups, queuesFault }, createScaler())).toEqual({
      observedAt: NOW,
      queues: {},
      scalers: { agents: { desired: 2, inService: 1, heldByFault: true } },
    });
  });

  test("is only that it is held where a group is missing", () => {
    expect(snapshotWith({ ...OBSERVATION, groups: {} }, createScaler()).scalers).toEqual({
      agents: { heldByFault: true },
    });
  });

  test("is only that everything is held where Fetch metrics itself failed", () => {
    expect(snapshotWith({ Error: "States.Timeout" }, createScaler())).toEqual({
      observedAt: NOW,
      queues: {},
      scalers: { agents: { heldByFault: true } },
    });
  });

  test.each(INHERITED_NAMES)(
    "is found under the name %s, and is zero where nobody told of it",
    (name) => {
      const scaler = createScaler({ queue: name, name });
      const queues = Object.fromEntries([[name, QUEUE]]);
      const told = snapshotWith({ ...OBSERVATION, queues }, scaler);
      expect(Object.entries(told.queues)).toEqual([[name, QUEUE]]);
      expect(Object.keys(told.scalers)).toEqual([name]);
      const untold = snapshotWith({ ...OBSERVATION, queues: {} }, scaler);
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

  test("of a queue have the names, the dimensions and the arithmetic of the official exporter", () => {
    const dimensions = { Org: "acme", Cluster: "Main", Queue: "default" };
    expect(toMetricData({ ...snapshot, scalers: {} }, "main")).toEqual([
      { name: "ScheduledJobsCount", dimensions, value: 1 },
      { name: "RunningJobsCount", dimensions, value: 2 },
      { name: "UnfinishedJobsCount", dimensions, value: 7 }, // 1 + 2 + 4
      { name: "WaitingJobsCount", dimensions, value: 4 },
      { name: "IdleAgentCount", dimensions, value: 1 },
      { name: "BusyAgentCount", dimensions, value: 2 },
      { name: "TotalAgentCount", dimensions, value: 3 },
      { name: "BusyAgentPercentage", dimensions, value: 66 }, // 2 / 3 = 66.7 %, cut off
    ]);
  });

  test("of a scaler stand under the cluster's name in scalers.yml", () => {
    const dimensions = { Loop: "main", Scaler: "agents" };
    expect(toMetricData({ ...snapshot, queues: {} }, "main")).toEqual([
      { name: "DesiredCapacity", dimensions, value: 2 },
      { name: "InServiceInstances", dimensions, value: 1 },
      { name: "TargetCapacity", dimensions, value: 3 },
      { name: "HeldByFault", dimensions, value: 0 },
    ]);
  });

  test("leave out what is not known, and say that the scaler is held", () => {
    const scalers = { agents: { heldByFault: true } };
    expect(toMetricData({ ...snapshot, queues: {}, scalers }, "main")).toEqual([
      { name: "HeldByFault", dimensions: { Loop: "main", Scaler: "agents" }, value: 1 },
    ]);
  });

  test("of a token without a cluster have no such dimension", () => {
    const [first] = toMetricData({ ...snapshot, cluster: undefined }, "main");
    expect(first?.dimensions).toEqual({ Org: "acme", Queue: "default" });
  });

  test("without agents have no busy share of them, and with all of them busy have a full one", () => {
    const percentageOf = (busy: number, total: number) =>
      toMetricData(
        { ...snapshot, queues: { q: { ...QUEUE, agents: { idle: 0, busy, total } } } },
        "main",
      ).find(({ name }) => name === "BusyAgentPercentage")?.value;
    expect(percentageOf(0, 0)).toBe(0);
    expect(percentageOf(3, 3)).toBe(100);
  });

  test("are eight for each queue and four for each scaler at most", () => {
    const queues = { a: QUEUE, b: QUEUE, c: QUEUE };
    const scalers = { a: snapshot.scalers.agents, b: snapshot.scalers.agents };
    expect(toMetricData({ ...snapshot, queues, scalers }, "main")).toHaveLength(3 * 8 + 2 * 4);
  });
});
