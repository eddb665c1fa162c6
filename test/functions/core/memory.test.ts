import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { decide } from "../../../functions/core/decide.ts";
import {
  type Activity,
  assumeUnseenDirection,
  findLastScalings,
  forgetOldScalings,
  lookBackSeconds,
  memorySchema,
  recordScalings,
} from "../../../functions/core/memory.ts";
import {
  aGroup,
  aMemory,
  aQueue,
  INHERITED_NAMES,
  someSettings,
} from "../../support/arbitraries.ts";
import {
  createGroup,
  createObservation,
  createQueue,
  NOW,
  secondsAgo,
} from "../../support/facts.ts";
import { listProblems } from "../../support/problems.ts";
import { createScaler } from "../../support/scaler.ts";
import type { Change } from "../../../functions/core/plan.ts";

/** With a cause in AWS's words. */
function out(startedAt: string, status = "Successful"): Activity {
  const cause = `At ${startedAt} a user request explicitly set group desired capacity changing the desired capacity from 2 to 5.  At ${startedAt} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 2 to 5.`;
  return { cause, startedAt, status };
}

function back(startedAt: string, status = "Successful"): Activity {
  const cause = `At ${startedAt} a user request explicitly set group desired capacity changing the desired capacity from 5 to 4.  At ${startedAt} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 5 to 4.  At ${startedAt} instance i-1 was selected for termination.`;
  return { cause, startedAt, status };
}

describe("the last scalings in an activity log", () => {
  test.each([
    { that: "are unknown if the log is empty", activities: [], last: {} },
    {
      that: "are the newest of each direction, in any order",
      activities: [
        out(secondsAgo(90)),
        back(secondsAgo(50)),
        out(secondsAgo(60)),
        back(secondsAgo(70)),
        out(secondsAgo(80)),
      ],
      last: { lastScaleInAt: secondsAgo(50), lastScaleOutAt: secondsAgo(60) },
    },
    {
      that: "may be a scale-out only",
      activities: [out(secondsAgo(90))],
      last: { lastScaleOutAt: secondsAgo(90) },
    },
    {
      that: "may be a scale-in only",
      activities: [back(secondsAgo(9))],
      last: { lastScaleInAt: secondsAgo(9) },
    },
    {
      that: "include an activity in progress",
      activities: [out(secondsAgo(10), "InProgress"), out(secondsAgo(90))],
      last: { lastScaleOutAt: secondsAgo(10) },
    },
    {
      that: "do not include failed or cancelled activities",
      activities: [
        out(secondsAgo(10), "Failed"),
        out(secondsAgo(20), "Cancelled"),
        out(secondsAgo(90)),
      ],
      last: { lastScaleOutAt: secondsAgo(90) },
    },
    {
      that: "do not include activities that were not requested",
      activities: [
        {
          cause: `At ${secondsAgo(10)} an instance was taken out of service in response to an EC2 health check, shrinking the capacity from 5 to 4.`,
          startedAt: secondsAgo(10),
          status: "Successful",
        },
        {
          cause: `At ${secondsAgo(5)} a user request update of AutoScalingGroup constraints, increasing the capacity from 0 to 2.`,
          startedAt: secondsAgo(5),
          status: "Successful",
        },
      ],
      last: {},
    },
    {
      that: "are compared across time zones",
      activities: [out("2026-01-05T10:00:00+02:00"), out("2026-01-05T08:30:00Z")], // 08:00Z, 08:30Z
      last: { lastScaleOutAt: "2026-01-05T08:30:00Z" },
    },
  ])("$that", ({ activities, last }) => {
    expect(findLastScalings(activities)).toEqual(last);
  });
});

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

describe("the memory that is recalled from the log", () => {
  const since = secondsAgo(3600);

  test.each([{}, { lastScaleInAt: secondsAgo(5) }])("contains the last scalings: %j", (last) => {
    expect(assumeUnseenDirection(createScaler(), last, since)).toEqual(last);
  });

  test.each([
    { last: {}, completed: { lastScaleInAt: since, lastScaleOutAt: since } },
    {
      last: { lastScaleInAt: secondsAgo(5) },
      completed: { lastScaleInAt: secondsAgo(5), lastScaleOutAt: since },
    },
    {
      last: { lastScaleOutAt: secondsAgo(5) },
      completed: { lastScaleInAt: since, lastScaleOutAt: secondsAgo(5) },
    },
  ])("contains both directions if cooldowns start at either: $last", ({ last, completed }) => {
    expect(
      assumeUnseenDirection(createScaler({ cooldownFromAnyScaling: true }), last, since),
    ).toEqual(completed);
  });

  test("delays a scale-in after a scale-out, though the last scale-in is older than the log that was read", () => {
    const entry = { cooldownFromAnyScaling: true, scaleIn: { cooldown: "1h" } };
    const scaler = createScaler(entry);
    const atStart = { agents: assumeUnseenDirection(scaler, {}, since) };
    const later = forgetOldScalings([scaler], atStart, NOW);
    const change = {
      scaler: "agents",
      group: "agents",
      from: 1,
      to: 5,
      action: "scale-out",
    } as const;
    const memory = recordScalings([change], later, NOW);
    const observation = createObservation(createQueue({}, 5), createGroup({ desired: 5 }));
    const { decision } = decide(scaler, memory.agents ?? {}, {
      ...observation,
      observedAt: secondsAgo(-60),
    });
    expect(decision.reasons.at(-1)).toBe("scale-in cooldown: 59m left");
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
        expect(decide(each, agents, observation)).toEqual(decide(each, memory, observation));
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
