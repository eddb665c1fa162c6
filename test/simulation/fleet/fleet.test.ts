import { describe, expect, test } from "vitest";
import type { Fleet } from "../../../simulation/fleet/fleet.ts";
import { randomStream } from "../../../simulation/fleet/random.ts";
import { generateSteadyJobs } from "../../../simulation/workloads/generate-jobs.ts";
import {
  createFleet,
  createGroupOptions,
  createJob,
  findGroup,
  findQueue,
  listWaits,
  msAfterStart,
  START_MS,
} from "../../support/fleet.ts";

/** The desired capacity to set, by second. */
type Commands = Readonly<Record<number, number>>;

/** Sets the desired capacity of `web` at the seconds of the commands, then advances to `untilSeconds`. */
function runCommands(fleet: Fleet, commands: Commands, untilSeconds: number): Fleet {
  for (const [seconds, desired] of Object.entries(commands)) {
    fleet.advanceTo(msAfterStart(Number(seconds)));
    fleet.setDesiredCapacity("web", desired);
  }
  fleet.advanceTo(msAfterStart(untilSeconds));
  return fleet;
}

function listStates(fleet: Fleet) {
  return fleet.group("web")?.instances.map(({ lifecycleState }) => lifecycleState);
}

function listIds(fleet: Fleet): string[] {
  return fleet.group("web")?.instances.map(({ id }) => id) ?? [];
}

describe("a job", () => {
  test("waits until an instance has booted and its agents have connected", () => {
    const fleet = createFleet([createGroupOptions()], [createJob(0, 100)]);
    runCommands(fleet, { 0: 1 }, 59.999);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 0, pending: 1 });
    fleet.advanceTo(msAfterStart(60));
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 1, pending: 0 });
    fleet.advanceTo(msAfterStart(69.999));
    expect(fleet.queueFacts("default")).toMatchObject({ jobs: { scheduled: 1, running: 0 } });
    fleet.advanceTo(msAfterStart(70)); // 60 s boot + 10 s connect
    expect(fleet.queueFacts("default")).toMatchObject({ jobs: { scheduled: 0, running: 1 } });
    expect(listWaits(fleet)).toEqual([70]);
    fleet.advanceTo(msAfterStart(170)); // + 100 s
    expect(findQueue(fleet).ended).toBe(1);
    expect(fleet.isDone()).toBe(true);
  });

  test("waits for the jobs before it if there is one agent", () => {
    const jobs = [0, 0, 0, 0].map((seconds) => createJob(seconds, 20));
    const fleet = createFleet([createGroupOptions({ desired: 1 })], jobs);
    fleet.advanceTo(msAfterStart(80));
    expect(listWaits(fleet)).toEqual([0, 20, 40, 60]); // k x 20
    expect(findQueue(fleet).ended).toBe(4); // The last one ends at 60 + 20.
  });

  test("runs next to other jobs if an instance has several agents", () => {
    const jobs = [0, 0, 0].map((seconds) => createJob(seconds, 20));
    const fleet = createFleet([createGroupOptions({ desired: 1, agentsPerInstance: 2 })], jobs);
    fleet.advanceTo(msAfterStart(10));
    expect(fleet.queueFacts("default")).toEqual({
      jobs: { scheduled: 1, running: 2, waiting: 0 },
      agents: { idle: 0, busy: 2, total: 2 },
    });
    fleet.advanceTo(msAfterStart(30));
    expect(listWaits(fleet)).toEqual([0, 0, 20]);
    expect(fleet.queueFacts("default")?.agents).toEqual({ idle: 1, busy: 1, total: 2 });
  });

  test("behind a wait step is waiting until it is scheduled, and its wait counts from that time", () => {
    const held = { ...createJob(30, 20), waitingSinceMs: msAfterStart(5) };
    const fleet = createFleet([createGroupOptions({ desired: 1 })], [held]);
    fleet.advanceTo(msAfterStart(4));
    expect(fleet.queueFacts("default")?.jobs).toEqual({ scheduled: 0, running: 0, waiting: 0 });
    fleet.advanceTo(msAfterStart(29));
    expect(fleet.queueFacts("default")?.jobs).toEqual({ scheduled: 0, running: 0, waiting: 1 });
    fleet.advanceTo(msAfterStart(30));
    expect(fleet.queueFacts("default")?.jobs).toEqual({ scheduled: 0, running: 1, waiting: 0 });
    expect(listWaits(fleet)).toEqual([0]);
  });

  test("is refused when it appears if no group runs its queue", () => {
    const fleet = createFleet([createGroupOptions()], [createJob(5, 1, "ios")]);
    fleet.advanceTo(msAfterStart(4));
    expect(() => fleet.advanceTo(msAfterStart(5))).toThrow(
      new RangeError("no group runs jobs of the queue ios"),
    );
  });
});

describe("a job that a scale-in interrupts", () => {
  test("is counted, starts again before all others, and its first wait counts once", () => {
    const fleet = createFleet(
      [createGroupOptions({ desired: 1 })],
      [createJob(0, 100), createJob(40, 10)],
    );
    runCommands(fleet, { 30: 0, 50: 1 }, 30);
    // At 30 it is interrupted; from 50 on an instance boots, whose agent connects at 50 + 70 = 120.
    fleet.advanceTo(msAfterStart(119));
    expect(findQueue(fleet)).toMatchObject({ interrupted: 1, running: 0 });
    expect(fleet.queueFacts("default")?.jobs.scheduled).toBe(2);
    fleet.advanceTo(msAfterStart(220)); // The interrupted job again from its beginning: 120 + 100.
    expect(listWaits(fleet)).toEqual([0, 180]); // The second one: 220 - 40.
    fleet.advanceTo(msAfterStart(230));
    expect(findQueue(fleet).ended).toBe(2);
  });

  test("starts on another instance at once if one is idle", () => {
    const fleet = createFleet([createGroupOptions({ desired: 2 })], [createJob(0, 100)]);
    runCommands(fleet, { 10: 1 }, 10);
    // One of the two is terminated at random; either way the job runs on the other one.
    expect(fleet.queueFacts("default")).toMatchObject({ jobs: { scheduled: 0, running: 1 } });
    fleet.advanceTo(msAfterStart(110));
    expect(findQueue(fleet).ended).toBe(1);
  });

  test("starts before a job that started later and was interrupted at the same time", () => {
    const large = createGroupOptions({ agentsPerInstance: 2, desired: 1 });
    const small = createGroupOptions({ name: "small" });
    const fleet = createFleet([large, small], [createJob(0, 100), createJob(1, 50)]);
    fleet.advanceTo(msAfterStart(1));
    fleet.setDesiredCapacity("small", 1); // Its one agent connects at 1 + 70 = 71.
    runCommands(fleet, { 30: 0 }, 170);
    expect(findQueue(fleet)).toMatchObject({ interrupted: 2, ended: 0 }); // The job of 100 s: 71 to 171.
    fleet.advanceTo(msAfterStart(221)); // The job of 50 s: 171 to 221.
    expect(findQueue(fleet).ended).toBe(2);
  });

  test("is avoided if idle instances are terminated first", () => {
    for (let idle = 1; idle <= 5; idle += 1) {
      const group = createGroupOptions({ desired: idle + 1 }, { scaleInEnds: "idle first" });
      const fleet = runCommands(createFleet([group], [createJob(0, 100)]), { 10: 1 }, 100);
      expect(findQueue(fleet)).toMatchObject({ interrupted: 0, ended: 1 });
    }
  });
});

describe("several queues for one group", () => {
  test("start their oldest job first, and idle agents count as the first queue's", () => {
    const group = createGroupOptions({ queues: ["a", "b"], desired: 1 });
    const fleet = createFleet(
      [group],
      [createJob(0, 20, "a"), createJob(5, 20, "b"), createJob(6, 20, "a")],
    );
    fleet.advanceTo(msAfterStart(60));
    expect(listWaits(fleet, "b")).toEqual([15]); // 20 - 5
    expect(listWaits(fleet, "a")).toEqual([0, 34]); // 0, 40 - 6
    expect(fleet.queueFacts("a")?.agents).toEqual({ idle: 1, busy: 0, total: 1 });
    expect(fleet.queueFacts("b")?.agents).toEqual({ idle: 0, busy: 0, total: 0 });
    expect(fleet.sumQueueFacts(["a", "b"]).agents.total).toBe(1);
  });
});

describe("several groups for one queue", () => {
  test("share its jobs, and their agents are added up", () => {
    const groups = ["first", "second"].map((name) => createGroupOptions({ name, desired: 1 }));
    const jobs = [createJob(0, 20), createJob(0, 30), createJob(1, 10)];
    const fleet = createFleet(groups, jobs);
    fleet.advanceTo(msAfterStart(0));
    expect(fleet.queueFacts("default")?.agents).toEqual({ idle: 0, busy: 2, total: 2 });
    expect(groups.map(({ name }) => findGroup(fleet, name).agents.busyInstances)).toEqual([1, 1]);
    fleet.advanceTo(msAfterStart(30));
    expect(listWaits(fleet)).toEqual([0, 0, 19]); // The agent of the first is free at 20: 20 - 1.
    expect(fleet.queueFacts("default")?.agents).toEqual({ idle: 2, busy: 0, total: 2 });
  });
});

describe("the desired capacity", () => {
  test.each([-1, 0, 6])("is refused outside the limits 1 to 5: %d", (desired) => {
    const fleet = createFleet([createGroupOptions({ min: 1, max: 5 })]);
    expect(() => fleet.setDesiredCapacity("web", desired)).toThrow(
      new RangeError(`${desired} is not within 1 and 5`),
    );
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 1, pending: 0 });
  });

  test("of an unknown group is refused", () => {
    const fleet = createFleet([createGroupOptions()]);
    const missing = new RangeError("there is no group ios");
    expect(() => fleet.setDesiredCapacity("ios", 1)).toThrow(missing);
    expect(() => fleet.setLimits("ios", { min: 0, max: 1 })).toThrow(missing);
    expect(() => fleet.terminateInstances("ios", [], true)).toThrow(missing);
    expect([fleet.group("ios"), fleet.groupFacts("ios"), fleet.queueFacts("ios")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each([
    [{ min: 3, max: 9 }, 3],
    [{ min: 0, max: 1 }, 1],
    [{ min: 0, max: 9 }, 2],
  ])("follows limits of %j", (limits, desired) => {
    const fleet = createFleet([createGroupOptions({ desired: 2 })]);
    fleet.setLimits("web", limits);
    expect(fleet.groupFacts("web")).toMatchObject({ ...limits, desired });
    fleet.advanceTo(msAfterStart(60));
    expect(fleet.groupFacts("web")).toMatchObject({ inService: desired, pending: 0 });
  });

  test("terminates pending instances if it is lowered", () => {
    const fleet = runCommands(createFleet([createGroupOptions()]), { 0: 3, 30: 1 }, 30);
    expect(listStates(fleet)).toEqual(["Pending", "Terminating", "Terminating"]);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 0, pending: 1 });
    fleet.advanceTo(msAfterStart(60)); // Ended at 30 + 20; the one that is left has booted.
    expect(listStates(fleet)).toEqual(["InService"]);
    fleet.advanceTo(msAfterStart(70));
    expect(fleet.queueFacts("default")?.agents.total).toBe(1);
  });

  test("leaves no agent behind if it is lowered while agents connect", () => {
    const fleet = runCommands(createFleet([createGroupOptions()]), { 0: 1, 65: 0 }, 200);
    expect(listStates(fleet)).toEqual([]);
    expect(fleet.queueFacts("default")?.agents.total).toBe(0);
    expect(findGroup(fleet).agents.connectedOverTime.upTo(fleet.nowMs)).toBe(0);
  });
});

describe("an instance that is lost", () => {
  test("is replaced", () => {
    const group = createGroupOptions({ desired: 1 }, { lossesPerHour: 1 });
    const fleet = createFleet([group], [createJob(0, 1e9)]);
    fleet.advanceTo(msAfterStart(0));
    const lostMs = fleet.nextEventMs(); // The only other event is the end of the job, years later.
    fleet.advanceTo(lostMs);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 0, pending: 1 });
    expect(findGroup(fleet)).toMatchObject({
      lost: 1,
      instances: { launches: 2 },
      agents: { busyInstances: 0 },
    });
    expect(findQueue(fleet)).toMatchObject({ interrupted: 1, running: 0 });
  });

  test("is lost at the rate that is set", () => {
    const group = createGroupOptions({ desired: 10 }, { lossesPerHour: 0.5 });
    const fleet = createFleet([group]);
    fleet.advanceTo(msAfterStart(100 * 3600));
    // 10 instances x 100 h x 0.5 = 500, a little fewer as boots of 60 s take 0.8 %; 4 deviations are 90.
    expect(Math.abs(findGroup(fleet).lost - 496)).toBeLessThan(90);
  });
});

describe("a launch that fails", () => {
  test("is followed by another launch", () => {
    const group = createGroupOptions({}, { launchFailures: 1 });
    const fleet = runCommands(createFleet([group]), { 0: 1 }, 130);
    // It fails at 60 and at 120; the third has been pending since.
    expect(findGroup(fleet)).toMatchObject({ failedLaunches: 2, instances: { launches: 3 } });
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 0, pending: 1 });
  });

  test("does not prevent the group from reaching its desired capacity", () => {
    const group = createGroupOptions({}, { launchFailures: 0.5 });
    const fleet = runCommands(createFleet([group]), { 0: 10 }, 3600);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 10, inService: 10, pending: 0 });
    expect(findGroup(fleet).failedLaunches).toBeGreaterThan(0);
  });

  test("for lack of capacity is retried after 60 s", () => {
    const group = createGroupOptions({}, { capacityLimit: 2 });
    const fleet = runCommands(createFleet([group]), { 0: 3 }, 59);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 3, pending: 2 });
    expect(findGroup(fleet).failedLaunches).toBe(1); // At 0.
    fleet.advanceTo(msAfterStart(60));
    expect(findGroup(fleet).failedLaunches).toBe(2);
    // Terminating instances still use capacity: until 90 + 20 = 110.
    runCommands(fleet, { 90: 1, 100: 2 }, 119);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 2, inService: 1, pending: 0 });
    fleet.advanceTo(msAfterStart(120)); // 60 + 60
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 2, inService: 1, pending: 1 });
    expect(findGroup(fleet).failedLaunches).toBe(2);
  });
});

describe("an instance that terminates itself when idle", () => {
  const idling = (min: number) =>
    createGroupOptions({ min, desired: 1 }, { endsItselfAfterIdleSeconds: 100 });

  test("lowers the desired capacity by one", () => {
    const fleet = createFleet([idling(0)], [createJob(50, 30)]);
    fleet.advanceTo(msAfterStart(179.999));
    expect(fleet.queueFacts("default")?.agents.total).toBe(1);
    fleet.advanceTo(msAfterStart(189.999)); // Idle since 50 + 30, so the agent ends at 180.
    expect(fleet.queueFacts("default")?.agents.total).toBe(0);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 1 });
    fleet.advanceTo(msAfterStart(190)); // 10 s for the logs.
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 0, inService: 0, pending: 0 });
  });

  test("is replaced at min", () => {
    const fleet = createFleet([idling(1)]);
    fleet.advanceTo(msAfterStart(110)); // 100 + 10
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 0, pending: 1 });
  });
});

describe("the figures of a group", () => {
  test.each([
    [30, 60], // Below the minimum.
    [60, 60],
    [90, 90],
  ])("include at least 60 billed seconds per instance: %d s cost %d s", (seconds, billed) => {
    const fleet = runCommands(createFleet([createGroupOptions()]), { 0: 1, [seconds]: 0 }, 500);
    expect(findGroup(fleet).instances.billedUpTo(fleet.nowMs)).toBe(billed * 1000);
  });

  test("include the minimum billed time that is set", () => {
    const group = createGroupOptions({}, { leastBilledSeconds: 0 });
    const fleet = runCommands(createFleet([group]), { 0: 1, 30: 0 }, 500);
    expect(findGroup(fleet).instances.billedUpTo(fleet.nowMs)).toBe(30_000);
  });

  test("include the billed time of live instances", () => {
    const fleet = runCommands(createFleet([createGroupOptions()]), { 0: 2, 100: 1 }, 10);
    expect(findGroup(fleet).instances.billedUpTo(msAfterStart(110))).toBe(210_000); // 100 of one, 110 of the other.
  });

  test("include the areas under the instances, the agents and the busy agents", () => {
    const group = createGroupOptions({ agentsPerInstance: 3 });
    const fleet = runCommands(createFleet([group], [createJob(0, 40)]), { 0: 2, 110: 0 }, 160);
    const { instances, agents } = findGroup(fleet);
    expect(instances.overTime.upTo(fleet.nowMs)).toBe(220_000); // 2 x 110
    expect(agents.connectedOverTime.upTo(fleet.nowMs)).toBe(240_000); // 2 x 3 x (110 - 70)
    expect(agents.busyOverTime.upTo(fleet.nowMs)).toBe(40_000); // One job from 70 to 110.
  });

  test("follow Little's law over a steady day: busy agents are the rate times the duration", () => {
    const dayMs = 24 * 3_600_000;
    const jobs = generateSteadyJobs(
      { jobsPerHour: 600, durationSeconds: { from: 60, to: 180 } },
      {
        queue: "default",
        fromMs: START_MS,
        toMs: START_MS + dayMs,
        random: randomStream(1, "day"),
      },
    );
    const fleet = createFleet([createGroupOptions({ max: 50, desired: 50 })], jobs);
    fleet.advanceTo(START_MS + dayMs);
    const busy = findGroup(fleet).agents.busyOverTime.upTo(fleet.nowMs) / dayMs;
    // 600 jobs / 3,600 s x 120 s = 20 busy agents; 14,400 jobs deviate by 1 / root(14,400) = 0.8 %.
    expect(Math.abs(busy / 20 - 1)).toBeLessThan(0.03);
    expect(listWaits(fleet).every((wait) => wait === 0)).toBe(true);
  });

  test("follow Little's law for waiting jobs: their area is the sum of the waits", () => {
    const jobs = Array.from({ length: 200 }, (_, index) => createJob(index * 3, 7));
    const fleet = createFleet([createGroupOptions({ desired: 2 })], jobs);
    let areaSeconds = 0;
    for (let second = 0; second < 1000; second += 1) {
      fleet.advanceTo(msAfterStart(second));
      areaSeconds += fleet.queueFacts("default")?.jobs.scheduled ?? 0;
    }
    expect(listWaits(fleet)).toHaveLength(200);
    expect(areaSeconds).toBe(listWaits(fleet).reduce((sum, wait) => sum + wait, 0));
  });
});

describe("a termination of instances by id", () => {
  test("lowers the desired capacity with them", () => {
    const fleet = createFleet([createGroupOptions({ desired: 3 })]);
    const [first = "", second = ""] = listIds(fleet);
    fleet.terminateInstances("web", [first, second, second], true);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 1, pending: 0 });
    fleet.terminateInstances("web", [first], true); // It terminates already.
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 1, pending: 0 });
    expect(listIds(fleet)).toContain(first);
    fleet.advanceTo(msAfterStart(20));
    expect(listIds(fleet)).not.toContain(first);
  });

  test("has them replaced if the desired capacity stays", () => {
    const fleet = createFleet([createGroupOptions({ desired: 3 })]);
    fleet.terminateInstances("web", listIds(fleet).slice(0, 2), false);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 3, inService: 1, pending: 2 });
  });

  test("is refused as a whole if the desired capacity would fall below min", () => {
    const fleet = createFleet([createGroupOptions({ desired: 3, min: 2 })]);
    expect(() => fleet.terminateInstances("web", listIds(fleet).slice(0, 2), true)).toThrow(
      new RangeError("1 is below min, 2"),
    );
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 3, inService: 3 });
  });

  test("is refused as a whole if the group does not have one of them", () => {
    const fleet = createFleet([createGroupOptions({ desired: 3 })]);
    expect(() => fleet.terminateInstances("web", [...listIds(fleet), "i-0"], true)).toThrow(
      new RangeError("there is no instance i-0"),
    );
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 3, inService: 3 });
  });
});

describe("the time of a fleet", () => {
  test("advances only when it is told to, and never goes back", () => {
    const fleet = createFleet([createGroupOptions()]);
    expect([fleet.nowMs, fleet.nextEventMs()]).toEqual([START_MS, Number.POSITIVE_INFINITY]);
    fleet.advanceTo(msAfterStart(50));
    fleet.advanceTo(msAfterStart(20));
    expect(fleet.nowMs).toBe(msAfterStart(50));
  });

  test("shows the next event: a job, the end of a boot, the connection of agents", () => {
    const fleet = createFleet([createGroupOptions()], [createJob(5, 1)]);
    expect(fleet.nextEventMs()).toBe(msAfterStart(5));
    fleet.advanceTo(msAfterStart(5));
    fleet.setDesiredCapacity("web", 1);
    expect(fleet.nextEventMs()).toBe(msAfterStart(65)); // 5 + 60
    fleet.advanceTo(msAfterStart(65));
    expect(fleet.nextEventMs()).toBe(msAfterStart(75)); // + 10
  });

  test("advances through an endless list of jobs", () => {
    function* everySecond() {
      for (let second = 0; ; second += 1) yield createJob(second, 1);
    }
    const fleet = createFleet([createGroupOptions({ desired: 1 })], everySecond());
    fleet.advanceTo(msAfterStart(9));
    expect([findQueue(fleet).ended, findQueue(fleet).running]).toEqual([9, 1]);
    expect(fleet.isDone()).toBe(false);
  });
});
