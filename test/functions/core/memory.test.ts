import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { decide } from "../../../functions/core/decide.ts";
import type { GroupFacts } from "../../../functions/core/facts.ts";
import type { GroupTimes } from "../../../functions/core/group-times.ts";
import {
  forgetOldScalings,
  lookBackSeconds,
  memorySchema,
  needsInstances,
  recallTimes,
  recordScalings,
  type ScalerMemory,
} from "../../../functions/core/memory.ts";
import type { Change } from "../../../functions/core/plan.ts";
import {
  aGroup,
  aMemory,
  aQueue,
  INHERITED_NAMES,
  someSettings,
} from "../../support/arbitraries.ts";
import { createGroup, createObservation, NOW, secondsAgo } from "../../support/facts.ts";
import { listProblems } from "../../support/problems.ts";
import { createScaler } from "../../support/scaler.ts";

describe("the look-back", () => {
  const quiet = { availabilityThreshold: 0 };

  test.each([
    {
      that: "the longest cooldown (scale-in)",
      entry: { ...quiet, scaleIn: { cooldown: "1h" }, scaleOut: { cooldown: "5m" } },
      seconds: 3600,
    },
    {
      that: "the longest cooldown (scale-out)",
      entry: { ...quiet, scaleIn: { cooldown: "5m" }, scaleOut: { cooldown: "1h" } },
      seconds: 3600,
    },
    {
      that: "the grace if it is longer",
      entry: { agentStartupGrace: "10m", scaleIn: { cooldown: "5m" } },
      seconds: 600,
    },
    { that: "0 without cooldown and grace", entry: { agentStartupGrace: 0 }, seconds: 0 },
    {
      that: "without the grace if the availability rule is off",
      entry: { ...quiet, agentStartupGrace: "10m" },
      seconds: 0,
    },
    {
      that: "without the cooldown of a disabled scale-in",
      entry: { ...quiet, scaleIn: { disabled: true, cooldown: "1h" } },
      seconds: 0,
    },
    {
      that: "without the cooldown of a disabled scale-out",
      entry: { ...quiet, scaleOut: { disabled: true, cooldown: "1h" } },
      seconds: 0,
    },
    {
      that: "the cooldown of scale-in in Elastic CI mode, though it is disabled",
      entry: { ...quiet, elasticCiMode: true, scaleIn: { disabled: true } },
      seconds: 3600,
    },
  ])("is $that", ({ entry, seconds }) => {
    expect(lookBackSeconds(createScaler(entry))).toBe(seconds);
  });
});

describe("old scalings", () => {
  const scaler = createScaler({ scaleIn: { cooldown: "5m" } });

  test("are forgotten if they are too old for any cooldown, exact to the millisecond", () => {
    const memory = {
      agents: { lastScaleInAt: secondsAgo(300), lastScaleOutAt: secondsAgo(299.999) },
    };
    expect(forgetOldScalings([scaler], memory, NOW)).toEqual({
      agents: { lastScaleOutAt: secondsAgo(299.999) },
    });
  });

  test("are forgotten with the scaler if it has no other scaling or no longer exists", () => {
    const memory = {
      agents: { lastScaleInAt: secondsAgo(300) },
      gone: { lastScaleInAt: secondsAgo(1) },
    };
    expect(forgetOldScalings([scaler], memory, NOW)).toEqual({});
  });

  test("are kept if cooldowns start at either direction", () => {
    const memory = {
      agents: { lastScaleInAt: secondsAgo(86_400), lastScaleOutAt: secondsAgo(90_000) },
    };
    expect(
      forgetOldScalings([createScaler({ cooldownFromAnyScaling: true })], memory, NOW),
    ).toEqual(memory);
  });

  test.each(INHERITED_NAMES)("are kept for a scaler called %s", (name) => {
    const called = createScaler({ name, scaleIn: { cooldown: "5m" } });
    const memory = Object.fromEntries([[name, { lastScaleInAt: secondsAgo(1) }]]);
    expect(Object.entries(forgetOldScalings([called], memory, NOW))).toEqual(
      Object.entries(memory),
    );
    expect(forgetOldScalings([called], {}, NOW)).toEqual({});
  });

  test("do not change a decision at any later time", () => {
    const facts = fc.record({
      settings: someSettings,
      memory: aMemory(Date.parse(NOW)),
      queue: aQueue,
      group: aGroup,
      laterSeconds: fc.nat(7200),
    });
    fc.assert(
      fc.property(facts, ({ settings, memory, queue, group, laterSeconds }) => {
        const each = createScaler(settings);
        const observation = {
          ...createObservation(queue, group),
          observedAt: secondsAgo(-laterSeconds),
        };
        const { agents = {} } = forgetOldScalings([each], { agents: memory }, NOW);
        const { decision } = decide(each, agents, observation);
        expect(decision).toEqual(decide(each, memory, observation).decision);
      }),
    );
  });
});

function change(scaler: string, action: Change["action"]): Change {
  return { scaler, group: scaler, action, from: 1, to: 2 };
}

describe("recorded scalings", () => {
  test("have the time of their decision, for each direction", () => {
    const known = {
      web: { lastScaleInAt: secondsAgo(60), lastScaleOutAt: secondsAgo(90) },
      ios: { lastScaleInAt: secondsAgo(60), lastScaleOutAt: secondsAgo(90) },
      mac: { lastScaleInAt: secondsAgo(5) },
    };
    const done = [
      change("web", "scale-in"),
      change("ios", "scale-out"),
      change("new", "scale-out"),
    ];
    expect(recordScalings(done, known, NOW)).toEqual({
      web: { lastScaleInAt: NOW, lastScaleOutAt: secondsAgo(90) },
      ios: { lastScaleInAt: secondsAgo(60), lastScaleOutAt: NOW },
      mac: { lastScaleInAt: secondsAgo(5) },
      new: { lastScaleOutAt: NOW },
    });
  });

  test("do not change if there was no change", () => {
    const known = { web: { lastScaleInAt: secondsAgo(60) } };
    expect(recordScalings([], known, NOW)).toEqual(known);
  });

  test.each(INHERITED_NAMES)("are kept for a scaler called %s", (name) => {
    const memory = recordScalings([change(name, "scale-in")], {}, NOW);
    expect(Object.entries(memory)).toEqual([[name, { lastScaleInAt: NOW }]]);
  });
});

test("a memory has up to two times for each scaler", () => {
  const known = { web: { lastScaleInAt: NOW }, ios: { lastScaleOutAt: NOW }, mac: {} };
  expect(v.parse(memorySchema, known)).toEqual(known);
  expect(listProblems(memorySchema, { web: { lastScaleInAt: 5 } })).toEqual([
    "web.lastScaleInAt: 5 is not allowed; allowed: a time such as 2026-01-05T09:00:00Z",
  ]);
});

describe("the times in a group's tag", () => {
  const scaler = createScaler({ scaleIn: { cooldown: "1h" } });
  const recall = (known: ScalerMemory, group: Partial<GroupFacts>) =>
    recallTimes(scaler, known, createGroup({ desired: 5, ...group }), NOW);

  test("are recalled, and of two times the later one counts", () => {
    const times = { lastScaleInAt: secondsAgo(60), lastScaleOutAt: secondsAgo(90) };
    expect(recall({}, { times })).toEqual(times);
    expect(
      recall({ lastScaleInAt: secondsAgo(30), lastScaleOutAt: secondsAgo(120) }, { times }),
    ).toEqual({
      lastScaleInAt: secondsAgo(30),
      lastScaleOutAt: secondsAgo(90),
    });
  });

  test("that are unknown may hide a scale-in that just happened, but no scale-out", () => {
    expect(recall({}, { timesUnknown: true })).toEqual({ lastScaleInAt: NOW });
    expect(recall({ lastScaleInAt: secondsAgo(600) }, { timesUnknown: true })).toEqual({
      lastScaleInAt: secondsAgo(600),
    });
  });

  test("show a change of desired capacity that the loop did not make as a scaling of now", () => {
    expect(recall({}, { times: { desired: 3 } })).toEqual({ lastScaleOutAt: NOW });
    expect(recall({}, { times: { desired: 9 } })).toEqual({ lastScaleInAt: NOW });
  });

  test("do not take the loop's own scale-in for somebody else's, whether it was made or not", () => {
    const cutOff = { lastScaleInAt: secondsAgo(10), desired: 5, desiredBefore: 20 };
    expect(recall({}, { times: cutOff })).toEqual({ lastScaleInAt: secondsAgo(10) });
    const notMade = { lastScaleInAt: secondsAgo(10), desired: 2, desiredBefore: 5 };
    expect(recall({}, { times: notMade })).toEqual({ lastScaleInAt: secondsAgo(10) });
  });

  test("take a return to the capacity before an old scale-in for somebody else's scale-out", () => {
    // Long after 5 > 2 was made, somebody sets 5 again.
    const made = { lastScaleInAt: secondsAgo(61), desired: 2, desiredBefore: 5 };
    expect(recall({}, { times: made })).toEqual({
      lastScaleInAt: secondsAgo(61),
      lastScaleOutAt: NOW,
    });
    expect(recall({}, { times: { desired: 2, desiredBefore: 5 } })).toEqual({
      lastScaleOutAt: NOW,
    });
  });

  test("of a graceful group take a fall for no scale-in: its instances lower desired capacity", () => {
    const graceful = createScaler({ scaleIn: { cooldown: "1h", graceful: true } });
    const group = createGroup({ desired: 5, times: { desired: 9 } });
    expect(recallTimes(graceful, {}, group, NOW)).toEqual({});
  });
});

describe("a poll needs the instances of a graceful group", () => {
  const at = secondsAgo(60);
  const needs = (memory: ScalerMemory, times: GroupTimes = {}, graceful = true) =>
    needsInstances(createScaler({ scaleIn: { graceful } }), memory, times);

  test.each<ScalerMemory>([
    { looks: [{ command: "c", at, instances: 1 }] },
    { stopping: { at, instances: ["i-0a"] } },
    { drains: { "i-0a": { at } } },
    { suspects: { "i-0a": { at, bootId: "boot", inactiveAtSeconds: 0 } } },
    { sweepAt: at },
    { asksInstances: true },
    { drainSince: at },
  ])("while something is open: %j", (memory) => {
    expect(needs(memory)).toBe(true);
    expect(needs(memory, {}, false)).toBe(false);
  });

  test("if the tag knows of open stops", () => {
    expect(needs({}, { drainSince: at })).toBe(true);
  });

  test("if the tag knows of a surplus and this execution does not yet", () => {
    expect(needs({}, { surplusSince: at })).toBe(true);
    expect(needs({ surplusSince: at }, { surplusSince: at })).toBe(false);
  });

  test("and not while all is quiet", () => {
    expect(needs({ lastScaleInAt: at, nextLook: { at, waitSeconds: 60 } })).toBe(false);
  });
});
