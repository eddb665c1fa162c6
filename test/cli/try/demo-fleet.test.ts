import { describe, expect, test } from "vitest";
import { createDemoFleet } from "../../../cli/try/demo-fleet.ts";
import { msAfterStart, START_MS } from "../../support/fleet.ts";

const SCALERS = [
  { queues: ["a", "b"], group: "web", agentsPerInstance: 2 },
  { queue: "b", group: "ios", agentsPerInstance: 1, demandShare: 0.5 },
];

function fleet({ seconds = 180, seed = 1 } = {}) {
  const loop = { name: "main", agentTokenParameter: "/token", scalers: SCALERS };
  const options = { loop, seconds, seed, workload: "mix" as const };
  return createDemoFleet(options, START_MS);
}

/** The number of jobs so far. */
function countJobs(demo: ReturnType<typeof fleet>): number {
  const { scheduled, running, waiting } = demo.sumQueueFacts(["a", "b"]).jobs;
  return scheduled + running + waiting;
}

describe("the fleet of a tryout", () => {
  test("has the scalers' groups and queues, without instances at first", () => {
    const groups = fleet().groupNames();
    expect(groups).toEqual(["web", "ios"]);
    for (const name of groups) {
      expect(fleet().groupFacts(name)).toEqual({
        desired: 0,
        min: 0,
        max: 10,
        inService: 0,
        pending: 0,
      });
    }
    expect([...fleet().queues().keys()]).toEqual(["a", "b"]);
  });

  test("has instances whose agents connect within seconds", () => {
    const booting = fleet();
    booting.advanceTo(START_MS);
    booting.setDesiredCapacity("web", 1);
    booting.advanceTo(msAfterStart(18)); // A boot is at most 12 s, a connect 6 s.
    expect(booting.sumQueueFacts(["a", "b"]).agents.total).toBe(2);
  });

  test.each([
    [180, 100], // 180 - 80
    [60, 30], // 60 / 2 is more than 60 - 80.
  ])("has no new jobs near the end: of %d s, from %d s on", (seconds, quietFrom) => {
    const watched = fleet({ seconds });
    watched.advanceTo(msAfterStart(quietFrom - 0.001));
    const before = countJobs(watched);
    expect(before).toBeGreaterThan(0);
    watched.advanceTo(msAfterStart(seconds + 1000));
    expect(countJobs(watched)).toBe(before); // No instance, so none has ended.
  });

  test("has the same jobs for the same seed", () => {
    const [one, same, other] = [fleet(), fleet(), fleet({ seed: 2 })];
    for (const each of [one, same, other]) each.advanceTo(msAfterStart(100));
    expect(same.queues()).toEqual(one.queues());
    expect(other.queues()).not.toEqual(one.queues());
  });
});
