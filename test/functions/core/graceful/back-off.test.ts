import { describe, expect, test } from "vitest";
import type { InstanceAnswer } from "../../../../functions/core/facts.ts";
import { planDrain } from "../../../../functions/core/graceful/drain.ts";
import { NOTHING_LEAVES } from "../../../../functions/core/graceful/leaving.ts";
import type { ScalerMemory } from "../../../../functions/core/memory.ts";
import { createGroup, NOW, secondsAgo } from "../../../support/facts.ts";
import { createScaler } from "../../../support/scaler.ts";

const BUSY: InstanceAnswer = {
  at: secondsAgo(10),
  platform: "linux",
  state: "active",
  jobs: 1,
  uptimeSeconds: 3600,
  bootId: "boot",
};

/** Plans the drain of one of two instances, after a look at both. */
function plan(memory: ScalerMemory, answers: Record<string, InstanceAnswer> = {}) {
  const agents = { idle: 1, busy: 1, total: 2 };
  const jobs = { scheduled: 0, running: 1, waiting: 0 };
  const situation = {
    scaler: createScaler({ scaleIn: { graceful: true } }),
    jobs,
    agents,
    demand: { agents: 1, arithmetic: [] },
    group: createGroup({ desired: 2, inService: 2 }),
    memory: { surplusSince: secondsAgo(100), ...memory },
    observedAt: NOW,
  };
  return planDrain({
    situation,
    surplus: 1,
    leaving: NOTHING_LEAVES,
    instances: ["i-0a", "i-0b"],
    answers,
    room: { looks: 200, stops: 100, busyStops: 10 },
  });
}

function secondsAhead(seconds: number): string {
  return secondsAgo(-seconds);
}

const waitFor = (waitSeconds: number) => ({ at: secondsAhead(waitSeconds), waitSeconds });

describe("after a look that led to no stop, the next look waits", () => {
  const lookSent = (seconds: number) => [{ command: "c", at: secondsAgo(seconds), instances: 2 }];

  test("60 s if nobody answers within 60 s, and the reason says so", () => {
    const { looks, stops, reasons, nextLook } = plan({ looks: lookSent(60) });
    expect({ looks, stops, reasons }).toEqual({
      looks: [],
      stops: [],
      reasons: ["held: none of 2 instances answers"],
    });
    expect(nextLook).toEqual(waitFor(60));
  });

  test("for the answers first", () => {
    const { reasons, nextLook } = plan({ looks: lookSent(50) });
    expect(reasons).toEqual(["waiting for the instances' answers"]);
    expect(nextLook).toBeUndefined();
  });

  test.each([
    { before: 60, seconds: 120 },
    { before: 120, seconds: 240 },
    { before: 480, seconds: 600 },
    { before: 600, seconds: 600 },
  ])("$seconds s after a wait of $before s", ({ before, seconds }) => {
    const nextLook = { at: secondsAgo(70), waitSeconds: before };
    expect(plan({ looks: lookSent(60), nextLook }).nextLook).toEqual(waitFor(seconds));
    expect(plan({ nextLook }, { "i-0a": BUSY }).nextLook).toEqual(waitFor(seconds));
  });

  test("no longer if the same answers are read at the next poll, because one instance is silent", () => {
    const nextLook = { at: secondsAhead(50), waitSeconds: 60 };
    expect(plan({ looks: lookSent(20), nextLook }, { "i-0a": BUSY }).nextLook).toEqual(nextLook);
  });
});
