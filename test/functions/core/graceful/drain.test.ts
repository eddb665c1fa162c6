import { describe, expect, test } from "vitest";
import type { InstanceAnswer, StopRecord } from "../../../../functions/core/facts.ts";
import type { ScalerEntry } from "../../../../functions/core/scaler-entry.ts";
import { NOW, secondsAgo } from "../../../support/facts.ts";
import {
  createAnswer,
  IDS,
  IN_SURPLUS,
  type PollFacts,
  pollGroup,
  TWO_JOBS,
} from "../../../support/graceful-poll.ts";

describe("a surplus of two instances", () => {
  test("is remembered at the first poll: it has to last", () => {
    const { decision, plan, memory } = pollGroup({});
    expect(decision).toMatchObject({ action: "scale-in", from: 4, to: 2 });
    expect(plan).toMatchObject({ changes: [], times: [{ scaler: "agents", desired: 4 }] });
    expect(plan).not.toHaveProperty("looks");
    expect(memory).toMatchObject({ surplusSince: NOW, asksInstances: true });
  });

  test("leads to looks at the second poll", () => {
    const { plan, decision } = pollGroup({ memory: IN_SURPLUS, group: { instances: IDS } });
    expect(plan?.looks).toEqual([
      { scaler: "agents", group: "agents", unit: "buildkite-agent", instances: IDS },
    ]);
    expect(plan?.changes).toEqual([]);
    expect(decision?.reasons.at(-1)).toBe("looking at 4 instances");
  });

  test("leads to the stops of the idle instances at the third poll", () => {
    const { plan, decision, memory } = pollGroup({
      memory: { ...IN_SURPLUS, looks: [{ command: "c-1", at: NOW, instances: 4 }] },
      group: { instances: IDS },
      answers: {
        "i-0a": createAnswer(1),
        "i-0b": createAnswer(0),
        "i-0c": createAnswer(1),
        "i-0d": createAnswer(0),
      },
      at: 10,
    });
    expect(plan?.stops).toEqual([
      { scaler: "agents", group: "agents", unit: "buildkite-agent", instances: ["i-0b", "i-0d"] },
    ]);
    expect(plan?.changes).toEqual([]);
    expect(decision?.reasons.at(-1)).toBe("draining 2 of 2 surplus: i-0b idle, i-0d idle; 2 busy");
    const stopAt = secondsAgo(-10);
    expect(memory).toMatchObject({
      drainSince: stopAt,
      stopping: { at: stopAt, instances: ["i-0b", "i-0d"] },
    });
  });

  test("is over at the fourth poll: the leaving instances no longer count", () => {
    const stopped: StopRecord = {
      at: NOW,
      delivered: "yes",
      answer: { state: "deactivating", jobs: 0, stopped: true },
    };
    const { plan, decision } = pollGroup({
      memory: { ...IN_SURPLUS, lastScaleInAt: NOW, drainSince: NOW },
      group: { instances: IDS, times: { lastScaleInAt: NOW, drainSince: NOW } },
      stops: { "i-0b": stopped, "i-0d": stopped },
      at: 10,
    });
    expect(decision).toMatchObject({ action: "none", from: 4, to: 4 });
    expect(decision?.reasons).toContain("waiting for 2 draining: 10s");
    expect(plan).not.toHaveProperty("stops");
  });
});

describe("the instances to stop", () => {
  const looked = { ...IN_SURPLUS, looks: [{ command: "c-1", at: NOW, instances: 4 }] };
  const choose = (facts: PollFacts) =>
    pollGroup({ memory: looked, group: { instances: IDS }, at: 10, ...facts }).plan?.stops;

  test("are those that are up longest, then by id", () => {
    const answers = {
      "i-0a": createAnswer(0),
      "i-0b": createAnswer(0, { uptimeSeconds: 9999 }),
      "i-0c": createAnswer(0),
      "i-0d": createAnswer(0, { uptimeSeconds: 100 }),
    };
    expect(choose({ answers })).toMatchObject([{ instances: ["i-0b", "i-0a"] }]);
  });

  test("are never more than the surplus, whatever answers", () => {
    const answers = Object.fromEntries(IDS.map((id) => [id, createAnswer(0)]));
    expect(choose({ answers })?.[0]?.instances).toHaveLength(2);
  });

  test("are none of those that have jobs, as long as `busyAfter` has not passed", () => {
    const answers = Object.fromEntries(IDS.map((id) => [id, createAnswer(1)]));
    expect(choose({ answers })).toBeUndefined();
  });

  test("have jobs if the surplus has lasted for `busyAfter`, the fewest first, and say so", () => {
    const entry = { scaleIn: { graceful: true, busyAfter: 600 } };
    const memory = { ...looked, surplusSince: secondsAgo(600) };
    const answers = {
      "i-0a": createAnswer(3),
      "i-0b": createAnswer(1),
      "i-0c": createAnswer(2),
      "i-0d": createAnswer(0),
    };
    expect(choose({ entry, memory, answers })).toMatchObject([
      { instances: ["i-0d", "i-0b"], busy: true },
    ]);
  });

  test("have no jobs if a scale-out could not replace them: the target and what leaves exceed max", () => {
    const entry = { scaleIn: { graceful: true, busyAfter: 600 } };
    const memory = { ...looked, surplusSince: secondsAgo(600) };
    const group = { instances: IDS, max: 2 }; // target 2 + 0 leaving: no room
    const answers = Object.fromEntries(IDS.map((id) => [id, createAnswer(1)]));
    expect(choose({ entry, memory, group, answers })).toBeUndefined();
  });

  test.each<[string, Partial<InstanceAnswer>]>([
    ["that run Windows", { platform: "windows" }],
    ["without such a unit", { state: "not-found" }],
    ["that stop already", { state: "deactivating" }],
    ["whose agents are starting", { state: "activating" }],
  ])("are none %s", (_, rest) => {
    const answers = Object.fromEntries(IDS.map((id) => [id, createAnswer(0, rest)]));
    expect(choose({ answers })).toBeUndefined();
  });

  test("are only named in a dry run", () => {
    const answers = Object.fromEntries(IDS.map((id) => [id, createAnswer(0)]));
    const { plan, decision } = pollGroup({
      entry: { scaleIn: { graceful: true }, dryRun: true },
      memory: looked,
      group: { instances: IDS },
      answers,
      at: 10,
    });
    expect(plan).toBeUndefined();
    expect(decision?.reasons.join()).toContain("would drain 2 of 2 surplus: i-0a idle, i-0b idle");
  });
});

describe("a look is not sent", () => {
  test.each<[string, PollFacts, string]>([
    [
      "if no agent is idle",
      { queue: { ...TWO_JOBS, agents: { idle: 0, busy: 4, total: 4 } } },
      "no agent is idle",
    ],
    [
      "before the wait after the last looks is over",
      { memory: { ...IN_SURPLUS, nextLook: { at: secondsAgo(-40), waitSeconds: 60 } } },
      "next look in 40s",
    ],
  ])("%s", (_, facts, reason) => {
    const { plan, decision } = pollGroup({
      memory: IN_SURPLUS,
      group: { instances: IDS },
      ...facts,
    });
    expect(plan).not.toHaveProperty("looks");
    expect(decision?.reasons.at(-1)).toBe(reason);
  });
});

describe("the cooldown", () => {
  const entry = { scaleIn: { graceful: true, cooldown: "1h" } };

  test("holds looks and stops after the last scale-in", () => {
    const memory = { ...IN_SURPLUS, lastScaleInAt: secondsAgo(60) };
    const { plan, decision } = pollGroup({ entry, memory, group: { instances: IDS } });
    expect(plan).not.toHaveProperty("looks");
    expect(decision?.reasons).toContain("scale-in cooldown: 59m left");
  });

  test("does not apply to the rest of the surplus for which it started", () => {
    const memory = { ...IN_SURPLUS, surplusSince: secondsAgo(80), lastScaleInAt: secondsAgo(60) };
    const { plan } = pollGroup({ entry, memory, group: { instances: IDS } });
    expect(plan?.looks).toMatchObject([{ instances: IDS }]);
  });
});

describe("while instances leave", () => {
  const leaving: StopRecord = {
    at: NOW,
    delivered: "yes",
    answer: { state: "deactivating", jobs: 2, stopped: true },
  };
  const drained = { memory: { drainSince: NOW }, stops: { "i-0a": leaving }, at: 10 };

  test("a scale-out adds to them, up to max", () => {
    const queue = { jobs: { scheduled: 9, running: 2, waiting: 0 }, agents: TWO_JOBS.agents };
    const { decision } = pollGroup({ ...drained, queue, group: { instances: IDS, max: 8 } });
    // 9 + 2 - 2 jobs on the leaving instance = 9 instances, at most 8; 8 + 1 leaving, at most 8
    expect(decision).toMatchObject({ action: "scale-out", from: 4, to: 8 });
  });

  test("their jobs are no demand, so that a drain causes no scale-out", () => {
    // 2 running, both on the leaving instance; 1 scheduled: one instance is needed, three are usable
    const queue = { jobs: { scheduled: 1, running: 2, waiting: 0 }, agents: TWO_JOBS.agents };
    const { decision } = pollGroup({ ...drained, queue, group: { instances: IDS } });
    expect(decision).toMatchObject({ action: "scale-in", to: 1 });
  });

  test("they are looked at once a minute", () => {
    const queue = { jobs: { scheduled: 3, running: 2, waiting: 0 }, agents: TWO_JOBS.agents };
    const at = (seconds: number) =>
      pollGroup({ ...drained, queue, group: { instances: IDS }, at: seconds }).plan?.looks;
    expect(at(59)).toBeUndefined();
    expect(at(60)).toMatchObject([{ instances: ["i-0a"] }]);
  });

  test.each<[ScalerEntry["scaleIn"], boolean]>([
    [{ graceful: true, endedBy: "loop" }, true],
    [{ graceful: true, endedBy: "instance" }, false],
  ])("a stopped one is ended by its owner: %j", (scaleIn, isEnded) => {
    const answer = { state: "inactive", jobs: 0, stopped: true } as const;
    const stops = { "i-0a": { ...leaving, answer } };
    const { plan } = pollGroup({
      ...drained,
      entry: { scaleIn },
      stops,
      group: { instances: IDS },
    });
    const ended = [{ scaler: "agents", group: "agents", instance: "i-0a", decrement: true }];
    expect(plan?.terminations).toEqual(isEnded ? ended : undefined);
  });
});

test("after looks at Windows instances only, the next look waits for longer than the loop lasts", () => {
  const answers = Object.fromEntries(
    IDS.map((id) => [id, createAnswer(0, { platform: "windows" })]),
  );
  const { memory, decision } = pollGroup({
    memory: { ...IN_SURPLUS, looks: [{ command: "c-1", at: NOW, instances: 4 }] },
    group: { instances: IDS },
    answers,
    at: 10,
  });
  expect(memory.nextLook).toMatchObject({ waitSeconds: 600 });
  expect(decision?.reasons.at(-1)).toBe(
    "none of 2 surplus instances can drain; 4 run Windows, which has no graceful stop",
  );
});

test("a group that is not graceful is scaled in at once, and nothing is asked or remembered for it", () => {
  const { decision, plan, memory } = pollGroup({
    entry: { scaleIn: { graceful: false } },
    memory: IN_SURPLUS,
    group: { instances: IDS },
  });
  expect(plan?.changes).toMatchObject([{ action: "scale-in", from: 4, to: 2 }]);
  expect(plan).not.toHaveProperty("looks");
  expect(decision?.reasons.join()).not.toContain("graceful");
  expect(memory).toEqual(IN_SURPLUS);
});

test("a surplus of which no instance is known says so, and asks for instances", () => {
  const { decision, plan, memory } = pollGroup({ memory: { surplusSince: secondsAgo(10) } });
  expect(decision?.reasons.at(-1)).toBe("2 instances surplus: none to look at");
  expect(plan).not.toHaveProperty("looks");
  expect(memory.asksInstances).toBe(true);
});
