import { describe, expect, test } from "vitest";
import type { GroupFacts, InstanceAnswer } from "../../../../functions/core/facts.ts";
import { planDangling } from "../../../../functions/core/graceful/dangling.ts";
import { type Leaving, NOTHING_LEAVES } from "../../../../functions/core/graceful/leaving.ts";
import type { ScalerMemory } from "../../../../functions/core/memory.ts";
import type { ScalerEntry } from "../../../../functions/core/scaler-entry.ts";
import {
  createAgents,
  createGroup,
  createJobs,
  createSituation,
  NOW,
  secondsAgo,
} from "../../../support/facts.ts";
import { createScaler } from "../../../support/scaler.ts";

const ID = "i-0a";

/** An agent that died an hour ago on an instance that is up for three hours. */
const DEAD: InstanceAnswer = {
  at: NOW,
  platform: "linux",
  state: "failed",
  jobs: 0,
  uptimeSeconds: 3 * 3600,
  bootId: "boot-1",
  inactiveAtSeconds: 2 * 3600,
};

/** A first look at the same agent. */
function suspect(secondsBefore: number) {
  const { bootId, inactiveAtSeconds = 0 } = DEAD;
  return { suspects: { [ID]: { at: secondsAgo(secondsBefore), bootId, inactiveAtSeconds } } };
}

interface Facts {
  answer?: Partial<InstanceAnswer>;
  memory?: ScalerMemory;
  group?: Partial<GroupFacts>;
  agents?: number;
  entry?: Partial<ScalerEntry>;
  hasSurplus?: boolean;
  isAlone?: boolean;
  leaving?: Leaving;
}

/** The watch over a group of four instances, one of which has no agent. */
function watchGroup(facts: Facts) {
  const { answer, memory = {}, agents = 3, entry = {}, hasSurplus = false, isAlone = true } = facts;
  const group = createGroup({ desired: 4, ...facts.group });
  const scaler = createScaler({ scaleIn: { graceful: true }, agentStartupGrace: "5m", ...entry });
  const situation = createSituation(scaler, {
    group,
    memory,
    jobs: createJobs({ running: 3 }),
    agents: createAgents(agents),
  });
  return planDangling({
    situation,
    group,
    hasSurplus,
    leaving: facts.leaving ?? NOTHING_LEAVES,
    instances: [ID, "i-0b"],
    answers: answer === undefined ? {} : { [ID]: { ...DEAD, ...answer } },
    isAlone,
  });
}

describe("a shortage of agents", () => {
  test("is remembered from its first poll on", () => {
    expect(watchGroup({}).shortageSince).toBe(NOW);
    const shortageSince = secondsAgo(60);
    expect(watchGroup({ memory: { shortageSince } }).shortageSince).toBe(shortageSince);
  });

  test("leads to looks once it has lasted for longer than the grace", () => {
    const listLooksAfter = (seconds: number) =>
      watchGroup({ memory: { shortageSince: secondsAgo(seconds) } }).looks;
    expect([listLooksAfter(300), listLooksAfter(301)]).toEqual([[], [ID, "i-0b"]]);
  });

  test("leads to looks at no more than `maxInstances` instances", () => {
    const memory = { shortageSince: secondsAgo(301) };
    const entry = { danglingCheck: { maxInstances: 1 } };
    expect(watchGroup({ memory, entry }).looks).toEqual([ID]);
  });

  test.each<[string, Facts]>([
    ["if every agent is connected", { agents: 4 }],
    ["if instances are pending", { group: { pending: 1 } }],
    ["in the grace after a scale-out", { memory: { lastScaleOutAt: secondsAgo(299) } }],
    ["if other groups serve the queue too", { isAlone: false }],
  ])("is none %s", (_, facts) => {
    expect(watchGroup(facts).shortageSince).toBeUndefined();
  });

  test("is looked for in a sweep if other groups serve the queue too", () => {
    const plan = watchGroup({ isAlone: false, memory: { sweepAt: secondsAgo(10) } });
    expect(plan.looks).toEqual([ID, "i-0b"]);
  });
});

describe("one look that finds an agent dead", () => {
  test("is a suspicion and ends nothing", () => {
    const { suspects, dead, reasons } = watchGroup({ answer: {} });
    expect(dead).toBeUndefined();
    expect(suspects).toEqual({
      [ID]: { at: NOW, bootId: "boot-1", inactiveAtSeconds: 7200 },
    });
    expect(reasons).toEqual(["1 agent may be dead, a second look decides: i-0a"]);
  });

  test("leads to a second look a minute later", () => {
    const listLooksAfter = (seconds: number) => watchGroup({ memory: suspect(seconds) }).looks;
    expect([listLooksAfter(59), listLooksAfter(60)]).toEqual([[], [ID]]);
  });

  test.each<[string, Partial<InstanceAnswer>]>([
    ["is active", { state: "active" }],
    ["is starting", { state: "activating" }],
    ["is stopping", { state: "deactivating" }],
    ["has no unit: the name is wrong, or the image has no agent", { state: "not-found" }],
    ["has a job that goes on", { jobs: 1 }],
    ["runs on Windows", { platform: "windows" }],
    ["is inactive for less than 2 minutes", { inactiveAtSeconds: 3 * 3600 - 119 }],
    ["is on an instance that is up for less than an hour", { uptimeSeconds: 3599 }],
  ])("suspects nothing if the agent %s", (_, answer) => {
    expect(watchGroup({ answer }).suspects).toEqual({});
  });

  test("suspects an instance that is up for 10 minutes if the queue has no agent at all", () => {
    const answer = { uptimeSeconds: 600, inactiveAtSeconds: 60 };
    expect(Object.keys(watchGroup({ answer, agents: 0 }).suspects)).toEqual([ID]);
    expect(Object.keys(watchGroup({ answer, agents: 1 }).suspects)).toEqual([]);
  });
});

describe("a second look", () => {
  test("that agrees a minute later ends the instance, and Auto Scaling replaces it", () => {
    const { dead, ended } = watchGroup({ answer: {}, memory: suspect(60) });
    expect(dead).toEqual({ instance: ID, decrement: false });
    expect(ended).toEqual({ count: 1, hour: "2026-01-05T09:00:00Z" });
  });

  test("is ended with a decrement if it was leaving: nobody counts it as capacity", () => {
    const drain = { since: secondsAgo(7000), isConfirmed: true };
    const leaving: Leaving = { drains: new Map([[ID, drain]]), silent: [] };
    const end = (group: Partial<GroupFacts>) =>
      watchGroup({ answer: {}, memory: suspect(60), leaving, group }).dead;
    expect(end({})).toEqual({ instance: ID, decrement: true });
    expect(end({ min: 4 })).toEqual({ instance: ID, decrement: false });
  });

  test("lowers desired capacity with it if there is a surplus, but never below min", () => {
    const end = (min: number) =>
      watchGroup({ answer: {}, memory: suspect(60), hasSurplus: true, group: { min } }).dead;
    expect(end(3)).toEqual({ instance: ID, decrement: true });
    expect(end(4)).toEqual({ instance: ID, decrement: false });
  });

  test.each<[string, Partial<InstanceAnswer>, number]>([
    ["comes too soon", {}, 59],
    ["finds another boot", { bootId: "boot-2" }, 60],
    ["finds that the agent ran in between", { inactiveAtSeconds: 9000 }, 60],
    ["finds a job", { jobs: 1 }, 60],
  ])("ends nothing if it %s", (_, answer, seconds) => {
    expect(watchGroup({ answer, memory: suspect(seconds) }).dead).toBeUndefined();
  });

  test("without an answer proves nothing, and the suspicion stays", () => {
    const { dead, suspects } = watchGroup({ memory: suspect(600) });
    expect(dead).toBeUndefined();
    expect(Object.keys(suspects)).toEqual([ID]);
  });

  test("ends at most one instance in an hour, or a tenth of the group, and then holds", () => {
    const ended = { count: 1, hour: "2026-01-05T09:00:00Z" };
    const memory = { ...suspect(60), ended };
    const small = watchGroup({ answer: {}, memory });
    expect(small.dead).toBeUndefined();
    expect(small.reasons[0]).toContain("held: the agent of i-0a is dead; 1 ended in this hour");
    const large = watchGroup({ answer: {}, memory, group: { desired: 20 } }); // 10 % of 20 are 2
    expect(large.dead).toMatchObject({ instance: ID });
  });

  test("ends nothing in a dry run, and says what it would end", () => {
    const { dead, reasons } = watchGroup({
      answer: {},
      memory: suspect(60),
      entry: { dryRun: true },
    });
    expect(dead).toBeUndefined();
    expect(reasons).toEqual(["would end i-0a: two looks found its agent dead"]);
  });
});
