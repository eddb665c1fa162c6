import { describe, expect, test } from "vitest";
import type { InstanceAnswer } from "../../../../functions/core/facts.ts";
import {
  type GroupState,
  selectFacts,
  selectGroups,
} from "../../../../functions/core/graceful/select-facts.ts";
import type { Memory } from "../../../../functions/core/memory.ts";
import type { ScalerEntry } from "../../../../functions/core/scaler-entry.ts";
import { createGroup, NOW, secondsAgo } from "../../../support/facts.ts";
import { createScaler } from "../../../support/scaler.ts";

const NOW_MS = Date.parse(NOW);
const GRACEFUL: Partial<ScalerEntry> = { scaleIn: { graceful: true, cooldown: "1h" } };

function createState(timesTag: string | undefined, instances: string[] = ["i-0a"]): GroupState {
  const tag = timesTag === undefined ? {} : { timesTag };
  return { ...createGroup({ desired: 5 }), instances, ...tag };
}

function select(entry: Partial<ScalerEntry>, state: GroupState, memory: Memory[string] = {}) {
  const scalers = [createScaler(entry)];
  return selectGroups(scalers, { agents: state }, { agents: memory }, NOW_MS);
}

const QUIET = createGroup({ desired: 5 });

describe("the facts of a quiet group", () => {
  test.each<[string, Partial<ScalerEntry>, string | undefined]>([
    ["that nobody scaled", { scaleIn: { cooldown: "1h" } }, "desired=5"],
    ["that was scaled before the cooldown", GRACEFUL, `in=${secondsAgo(3600)} desired=5`],
    ["that is graceful", GRACEFUL, "desired=5"],
    ["without a tag, a cooldown and a grace", {}, undefined],
  ])("%s have no times and no instances", (_, entry, tag) => {
    const { groups, instances } = select(entry, createState(tag));
    expect(groups).toEqual({ agents: QUIET });
    expect([...instances]).toEqual([]);
  });
});

describe("instances are asked for", () => {
  const listAsked = (...given: Parameters<typeof select>) => [...select(...given).instances.keys()];
  const PLAIN: Partial<ScalerEntry> = { scaleIn: { cooldown: "1h" } };
  const drain = `drain=${secondsAgo(60)} desired=5`;
  const surplus = `surplus=${secondsAgo(60)} desired=5`;

  test.each<[string, Partial<ScalerEntry>, string | undefined, Memory[string]]>([
    ["whose tag has a drain", GRACEFUL, drain, {}],
    ["whose tag has a surplus that this execution does not know", GRACEFUL, surplus, {}],
    ["without a tag, which may have named a drain", GRACEFUL, undefined, {}],
    ["in a dry run that looks", { ...GRACEFUL, dryRun: true }, undefined, { sweepAt: NOW }],
  ])("in a graceful group %s", (_, entry, tag, memory) => {
    expect(listAsked(entry, createState(tag), memory)).toEqual(["agents"]);
  });

  test.each<[string, Partial<ScalerEntry>, string | undefined, Memory[string]]>([
    ["that is not graceful, whatever is remembered", PLAIN, drain, { asksInstances: true }],
    ["that is not graceful and has no tag", PLAIN, undefined, {}],
    ["with a surplus that waits for its next look", GRACEFUL, surplus, { surplusSince: NOW }],
    ["in a dry run without a tag", { ...GRACEFUL, dryRun: true }, undefined, {}],
  ])("not in a group %s", (_, entry, tag, memory) => {
    expect(listAsked(entry, createState(tag), memory)).toEqual([]);
  });

  test("in the groups that need it only", () => {
    const scalers = ["a", "b", "c"].map((group) => createScaler({ ...GRACEFUL, group }));
    const states = {
      a: createState("desired=5"),
      b: createState(drain, ["i-0b", "i-0c"]),
      c: createState("desired=5"),
    };
    const { instances } = selectGroups(scalers, states, {}, NOW_MS);
    expect([...instances]).toEqual([["b", { scaler: "b", all: ["i-0b", "i-0c"] }]]);
  });
});

describe("the facts of a group", () => {
  test("have the times that can still matter", () => {
    const tag = `in=${secondsAgo(60)} out=${secondsAgo(7200)} desired=5`;
    expect(select(GRACEFUL, createState(tag)).groups).toEqual({
      agents: { ...QUIET, times: { lastScaleInAt: secondsAgo(60) } },
    });
  });

  test("have the desired capacity of the tag if it is another one: somebody else scaled", () => {
    expect(select(GRACEFUL, createState("desired=20>6")).groups).toEqual({
      agents: { ...QUIET, times: { desired: 6, desiredBefore: 20 } },
    });
  });

  test.each([undefined, "", "in=yesterday"])("say that a tag %j is unknown", (tag) => {
    expect(select({ scaleIn: { cooldown: "1h" } }, createState(tag)).groups).toEqual({
      agents: { ...QUIET, timesUnknown: true },
    });
  });
});

describe("stops are read", () => {
  test("from the oldest open drain on, with a minute for clocks that differ", () => {
    const tag = `drain=${secondsAgo(600)} desired=5`;
    expect(select(GRACEFUL, createState(tag)).stopsSince).toBe(secondsAgo(660));
    expect(select(GRACEFUL, createState("desired=5"), { drainSince: NOW }).stopsSince).toBe(
      secondsAgo(60),
    );
  });

  test("for a day if the tag is unknown, because it may have named a drain", () => {
    expect(select(GRACEFUL, createState(undefined)).stopsSince).toBe(secondsAgo(86_400));
  });

  test.each<[string, Partial<ScalerEntry>, string | undefined]>([
    ["if nothing drains", GRACEFUL, "desired=5"],
    ["of a group that is not graceful", { scaleIn: { cooldown: "1h" } }, undefined],
    ["in a dry run without a tag", { ...GRACEFUL, dryRun: true }, undefined],
  ])("not %s", (_, entry, tag) => {
    expect(select(entry, createState(tag))).not.toHaveProperty("stopsSince");
  });
});

describe("the instances that a poll is told about", () => {
  const many = Array.from({ length: 2000 }, (_, index) => `i-${String(index).padStart(4, "0")}`);
  const asks: Memory[string] = { asksInstances: true };

  function selectIds(nowMs: number, memory: Memory[string], named: string[] = []): string[] {
    const selection = selectGroups(
      [createScaler(GRACEFUL)],
      { agents: createState("desired=5", many) },
      { agents: memory },
      nowMs,
    );
    const answer: InstanceAnswer = {
      at: NOW,
      platform: "linux",
      state: "active",
      jobs: 0,
      uptimeSeconds: 1,
      bootId: "b",
    };
    const answers = Object.fromEntries(named.map((id) => [id, answer]));
    const { groups } = selectFacts(selection, { answers }, { agents: memory }, nowMs);
    return Object(groups).agents.instances;
  }

  test("are at most 200 of 2,000", () => {
    expect(selectIds(NOW_MS, asks)).toHaveLength(200);
  });

  test("are at most 200 of all groups that are asked: 50 of each of four, and one of each of 300", () => {
    const countPerGroup = (groups: number) => {
      const names = Array.from({ length: groups }, (_, index) => `group-${index}`);
      const scalers = names.map((name) => createScaler({ ...GRACEFUL, queue: name, group: name }));
      const states = Object.fromEntries(
        names.map((name) => [name, createState("desired=5", many)]),
      );
      const memory = Object.fromEntries(names.map((name) => [name, asks]));
      const selection = selectGroups(scalers, states, memory, NOW_MS);
      const facts = Object.values(selectFacts(selection, {}, memory, NOW_MS).groups ?? {});
      return [...new Set(facts.map((group) => Object(group).instances.length))];
    };
    expect(countPerGroup(4)).toEqual([50]);
    expect(countPerGroup(300)).toEqual([1]);
  });

  test("are all of them in turn: ten windows of 200, one a poll", () => {
    const polls = Array.from({ length: 10 }, (_, index) => NOW_MS + index * 10_000);
    const seen = new Set(polls.flatMap((ms) => selectIds(ms, asks)));
    expect(seen.size).toBe(2000);
  });

  test("always include those that have answered and those that leave", () => {
    const memory: Memory[string] = {
      ...asks,
      drains: { "i-0001": { at: NOW } },
      suspects: { "i-0002": { at: NOW, bootId: "b", inactiveAtSeconds: 1 } },
      stopping: { at: NOW, instances: ["i-0003"] },
    };
    const ids = selectIds(NOW_MS, memory, ["i-1999"]);
    expect(ids).toEqual(expect.arrayContaining(["i-0001", "i-0002", "i-0003", "i-1999"]));
    expect(ids).toHaveLength(204);
  });
});
