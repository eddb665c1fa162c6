import { describe, expect, test } from "vitest";
import type { Fleet } from "../../../simulation/fleet/fleet.ts";
import type { InstanceOptions } from "../../../simulation/fleet/options.ts";
import {
  createFleet,
  createGroupOptions,
  createJob,
  findGroup,
  findQueue,
  msAfterStart,
} from "../../support/fleet.ts";

/** Commands arrive at once in these tests, and their answers too. */
const AT_ONCE = { answer: 0 };

/** A group with one instance, whose agents run jobs of 100 s and 300 s from the start. */
function createBusyFleet(instance: Partial<InstanceOptions> = {}, min = 0): Fleet {
  const group = createGroupOptions(
    { desired: 1, min, agentsPerInstance: 3 },
    { commands: AT_ONCE, ...instance },
  );
  const fleet = createFleet([group], [createJob(0, 100), createJob(0, 300)]);
  fleet.advanceTo(msAfterStart(10));
  return fleet;
}

function findInstance(fleet: Fleet) {
  const [instance] = fleet.instances("web");
  if (instance === undefined) throw new Error("the group has no instance");
  return instance;
}

/** Sends a stop to the first instance, which receives it at once. */
function stop(fleet: Fleet, action: "stop" | "stop-if-idle" = "stop"): void {
  const { id } = findInstance(fleet);
  fleet.sendCommand({
    document: "stop",
    action,
    unit: "buildkite-agent",
    instances: [id],
    comment: "",
  });
  fleet.advanceTo(fleet.nowMs);
}

describe("agents that were told to stop", () => {
  test("leave at once if they are idle, and finish their jobs if they have any", () => {
    const fleet = createBusyFleet();
    expect(fleet.queueFacts("default")?.agents).toEqual({ idle: 1, busy: 2, total: 3 });
    stop(fleet);
    expect(fleet.queueFacts("default")?.agents).toEqual({ idle: 0, busy: 2, total: 2 });
    expect(findInstance(fleet).unit.state).toBe("deactivating");
    fleet.advanceTo(msAfterStart(100));
    expect(fleet.queueFacts("default")?.agents).toEqual({ idle: 0, busy: 1, total: 1 });
    fleet.advanceTo(msAfterStart(300));
    expect(findQueue(fleet)).toMatchObject({ ended: 2, interrupted: 0 });
    expect(findInstance(fleet).unit).toMatchObject({
      state: "inactive",
      inactiveMs: msAfterStart(300),
    });
  });

  test("take no new job", () => {
    const group = createGroupOptions({ desired: 1 }, { commands: AT_ONCE });
    const fleet = createFleet([group], [createJob(0, 100), createJob(50, 1)]);
    fleet.advanceTo(msAfterStart(10));
    stop(fleet);
    fleet.advanceTo(msAfterStart(1000));
    expect(fleet.queueFacts("default")?.jobs).toMatchObject({ scheduled: 1, running: 0 });
  });

  test("finish their jobs if they are told a second time", () => {
    const fleet = createBusyFleet();
    stop(fleet);
    stop(fleet);
    fleet.advanceTo(msAfterStart(300));
    expect(findQueue(fleet)).toMatchObject({ ended: 2, interrupted: 0 });
  });

  test("go on if they have jobs and only idle ones are to stop", () => {
    const fleet = createBusyFleet();
    stop(fleet, "stop-if-idle");
    expect(findInstance(fleet).unit.state).toBe("active");
    fleet.advanceTo(msAfterStart(300));
    stop(fleet, "stop-if-idle");
    expect(findInstance(fleet).unit.state).toBe("inactive");
  });
});

describe("an instance that ends itself", () => {
  test("does so ten seconds after its last job, and lowers the desired capacity", () => {
    const fleet = createBusyFleet({ endsItself: {} });
    stop(fleet);
    fleet.advanceTo(msAfterStart(309.999));
    expect(findInstance(fleet).unit.state).toBe("deactivating");
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 1 });
    fleet.advanceTo(msAfterStart(310));
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 0, inService: 0 });
    expect(findQueue(fleet)).toMatchObject({ ended: 2, interrupted: 0 });
  });

  test("is replaced at min", () => {
    const fleet = createBusyFleet({ endsItself: {} }, 1);
    stop(fleet);
    fleet.advanceTo(msAfterStart(310));
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 0, pending: 1 });
  });

  test("stays in service with a failed unit if it cannot", () => {
    const fleet = createBusyFleet({ endsItself: { failures: 1 } });
    stop(fleet);
    fleet.advanceTo(msAfterStart(1000));
    expect(findInstance(fleet).unit).toMatchObject({
      state: "failed",
      inactiveMs: msAfterStart(310),
    });
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 1 });
  });

  test("starts its agents again if it cannot end after an idle time: nobody stopped them", () => {
    const group = createGroupOptions(
      { desired: 1 },
      { endsItself: { failures: 1 }, endsItselfAfterIdleSeconds: 100 },
    );
    const fleet = createFleet([group]);
    fleet.advanceTo(msAfterStart(114.999)); // 100 idle + 10 for the logs + 5 until the restart
    expect(fleet.queueFacts("default")?.agents.total).toBe(0);
    fleet.advanceTo(msAfterStart(115));
    expect(fleet.queueFacts("default")?.agents.total).toBe(1);
  });

  test("counts as a double decrement if a request lowered the desired capacity for it", () => {
    const instance = { commands: AT_ONCE, endsItself: {}, scaleInEnds: "none" } as const;
    const fleet = createFleet([createGroupOptions({ desired: 3 }, instance)]);
    fleet.setDesiredCapacity("web", 2);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 2, inService: 3 }); // All are protected.
    stop(fleet);
    fleet.advanceTo(msAfterStart(10));
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 2 });
    expect(findGroup(fleet).doubleDecrements).toBe(1);
  });
});

describe("a SIGTERM from somebody else", () => {
  test("lets jobs finish the first time, and cancels them the second time", () => {
    const fleet = createBusyFleet();
    fleet.signalAgent(findInstance(fleet).id);
    fleet.advanceTo(msAfterStart(150));
    expect(findQueue(fleet)).toMatchObject({ ended: 1, interrupted: 0 });
    fleet.signalAgent(findInstance(fleet).id);
    expect(findQueue(fleet)).toMatchObject({ ended: 1, interrupted: 1 });
    expect(findGroup(fleet).interruptions).toEqual(new Map([["second signal", 1]]));
    expect(findInstance(fleet).unit.state).toBe("inactive");
  });

  test("cancels the jobs of agents that were told to stop", () => {
    const fleet = createBusyFleet();
    stop(fleet);
    fleet.signalAgent(findInstance(fleet).id);
    expect(findQueue(fleet)).toMatchObject({ ended: 0, interrupted: 2 });
  });

  test("comes at the rate that is set", () => {
    const group = createGroupOptions({ desired: 5, max: 20 }, { foreignSignalsPerHour: 1 });
    const fleet = createFleet([group]);
    fleet.advanceTo(msAfterStart(3600));
    const states = fleet.instances("web").map(({ unit }) => unit.state);
    expect(states).toContain("inactive"); // 5 x (1 - 1/e) = 3 of them
    expect(states).toContain("active");
  });
});

describe("an agent that dies", () => {
  test("loses its jobs, whose processes go on, and its instance stays in service", () => {
    const fleet = createBusyFleet({ endsItself: {} });
    fleet.killAgent(findInstance(fleet).id);
    expect(findQueue(fleet)).toMatchObject({ interrupted: 2, running: 0 });
    expect(findGroup(fleet).interruptions).toEqual(new Map([["agent died", 2]]));
    expect(fleet.queueFacts("default")?.agents.total).toBe(0);
    fleet.advanceTo(msAfterStart(5000));
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 1 });
    expect(findInstance(fleet).unit).toMatchObject({
      state: "failed",
      inactiveMs: msAfterStart(10),
      orphanEndsMs: [msAfterStart(100), msAfterStart(300)],
    });
  });

  test("dies at the rate that is set", () => {
    const group = createGroupOptions({ desired: 400, max: 400 }, { agentDeathsPerHour: 0.5 });
    const fleet = createFleet([group]);
    fleet.advanceTo(msAfterStart(3600));
    const failed = fleet.instances("web").filter(({ unit }) => unit.state === "failed");
    // 400 x (1 - e^-0.5) = 157; four deviations are 4 x root(400 x 0.39 x 0.61) = 39.
    expect(Math.abs(failed.length - 157)).toBeLessThan(39);
  });
});
