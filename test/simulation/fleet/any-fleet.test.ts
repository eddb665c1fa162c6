import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fleet } from "../../../simulation/fleet/fleet.ts";
import type { Group } from "../../../simulation/fleet/group.ts";
import type { GroupOptions, InstanceOptions, Job } from "../../../simulation/fleet/options.ts";
import { msAfterStart, START_MS } from "../../support/fleet.ts";

/** Invariants of every fleet, for any jobs and any commands. */

const QUEUES = ["a", "b"] as const;
const GROUPS = ["first", "second"] as const;
const MOST = 6;

const aDuration = fc.oneof(
  fc.nat(90),
  fc.tuple(fc.nat(30), fc.nat(90)).map(([from, more]) => ({ from, to: from + more })),
);

const soundInstance: fc.Arbitrary<InstanceOptions> = fc.record({
  boot: aDuration.map((boot) => (typeof boot === "number" ? boot + 1 : boot)),
  connect: aDuration,
  terminate: aDuration,
  scaleInEnds: fc.constantFrom<("any" | "idle first")[]>("any", "idle first"),
});

const frailInstance: fc.Arbitrary<InstanceOptions> = fc
  .record({
    instance: soundInstance,
    boot: fc.integer({ min: 5, max: 90 }), // Without a boot time, failing launches would repeat at the same time forever.
    launchFailures: fc.constantFrom(0, 0.3),
    lossesPerHour: fc.constantFrom(0, 10),
    capacityLimit: fc.constantFrom(2, MOST),
    endsItselfAfterIdleSeconds: fc.constantFrom(30, 1e6),
    endsItself: fc.record({ failures: fc.constantFrom(0, 0.3) }),
    agentDeathsPerHour: fc.constantFrom(0, 10),
    foreignSignalsPerHour: fc.constantFrom(0, 20),
    commands: fc.record({
      silentInstances: fc.constantFrom(0, 0.3),
      lateDeliveries: fc.constantFrom(0, 0.5),
    }),
  })
  .map(({ instance, ...frailties }) => ({ ...instance, ...frailties }));

/** Two groups. The first one serves every queue. */
function someGroups(instance: fc.Arbitrary<InstanceOptions>): fc.Arbitrary<GroupOptions[]> {
  const group = (name: string, queues: fc.Arbitrary<string[]>) =>
    fc.record({
      name: fc.constant(name),
      queues,
      agentsPerInstance: fc.integer({ min: 1, max: 3 }),
      min: fc.constant(0),
      max: fc.constant(MOST),
      desired: fc.nat(3),
      instance,
    });
  const [first, second] = GROUPS;
  return fc.tuple(
    group(first, fc.constant([...QUEUES])),
    group(second, fc.subarray<string>([...QUEUES], { minLength: 1 })),
  );
}

/** Jobs in the order of appearance. Some wait behind a wait step first. */
const someJobs: fc.Arbitrary<Job[]> = fc
  .array(
    fc.record({
      gap: fc.nat(30),
      held: fc.constantFrom(0, 0, 0, 45),
      seconds: fc.nat(120),
      queue: fc.constantFrom(...QUEUES),
    }),
    { maxLength: 40 },
  )
  .map((parts) => {
    let appears = 0;
    return parts.map(({ gap, held, seconds, queue }) => {
      appears += gap;
      const plain = {
        queue,
        scheduledMs: msAfterStart(appears + held),
        durationMs: seconds * 1000,
      };
      return held === 0 ? plain : { ...plain, waitingSinceMs: msAfterStart(appears) };
    });
  });

type Command =
  | { wait: number }
  | { group: string; desired: number }
  | { group: string; limits: { min: number; max: number } }
  /** A share of the group's instances, from the first one on. */
  | { group: string; action: "look" | "stop-if-idle" | "stop" | "terminate"; share: number };

const aGroupName = fc.constantFrom(...GROUPS);
const someLimits = fc
  .tuple(fc.nat(3), fc.nat(MOST - 3))
  .map(([min, more]) => ({ min, max: min + more }));

const someCommands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ wait: fc.nat(100) }) },
    { weight: 4, arbitrary: fc.record({ group: aGroupName, desired: fc.nat(MOST) }) },
    { weight: 1, arbitrary: fc.record({ group: aGroupName, limits: someLimits }) },
    {
      weight: 4,
      arbitrary: fc.record({
        group: aGroupName,
        action: fc.constantFrom("look", "stop-if-idle", "stop", "terminate"),
        share: fc.constantFrom(0.2, 0.5, 1),
      }),
    },
  ),
  { maxLength: 25 },
);

function someRun(instance: fc.Arbitrary<InstanceOptions>) {
  return fc.record({
    groups: someGroups(instance),
    jobs: someJobs,
    commands: someCommands,
    seed: fc.nat(1000),
  });
}

/** Without stops: a stopped instance stays in service and takes no more jobs. */
const soundRun = someRun(soundInstance).map(({ commands, ...run }) => ({
  ...run,
  commands: commands.filter(
    (command) => !("action" in command) || !command.action.startsWith("stop"),
  ),
}));
const anyRun = someRun(fc.oneof(soundInstance, frailInstance));

interface Run {
  groups: GroupOptions[];
  jobs: Job[];
  commands: Command[];
  seed: number;
}

const wholeSteps = (fleet: Fleet, ms: number) => fleet.advanceTo(ms);

/** Runs the commands, and calls `after` with the fleet after each of them. */
function runFleet(
  { groups, jobs, commands, seed }: Run,
  {
    go = wholeSteps,
    after = () => {},
  }: { go?: typeof wholeSteps; after?(fleet: Fleet): void } = {},
): Fleet {
  const fleet = new Fleet({ startMs: START_MS, seed, groups, jobs });
  fleet.advanceTo(START_MS); // Jobs that are there from the start.
  for (const command of commands) {
    if ("wait" in command) go(fleet, fleet.nowMs + command.wait * 1000);
    else if ("limits" in command) fleet.setLimits(command.group, command.limits);
    else if ("action" in command) commandInstances(fleet, command);
    else setWithinLimits(fleet, command.group, command.desired);
    after(fleet);
  }
  return fleet;
}

function commandInstances(
  fleet: Fleet,
  { group, action, share }: Extract<Command, { action: string }>,
): void {
  const all = fleet.group(group)?.instances ?? [];
  const instances = all.slice(0, Math.ceil(all.length * share)).map(({ id }) => id);
  if (action === "terminate") fleet.terminateInstances(group, instances, false);
  else
    fleet.sendCommand({
      document: action,
      action,
      unit: "buildkite-agent",
      instances,
      comment: "",
    });
}

function setWithinLimits(fleet: Fleet, group: string, desired: number): void {
  const { min = 0, max = 0 } = fleet.groupFacts(group) ?? {};
  fleet.setDesiredCapacity(group, Math.min(Math.max(desired, min), max));
}

/** Returns everything that is visible of a fleet. */
function describeFleet(fleet: Fleet) {
  const { nowMs, queues, groups } = fleet.results();
  return {
    nowMs,
    queues: [...queues.values()].map(({ waitsMs, interrupted, ended, ...queue }) => ({
      facts: fleet.queueFacts(queue.name),
      waitsMs,
      interrupted,
      ended,
    })),
    commands: ["look", "stop-if-idle", "stop"].map((document) =>
      fleet.invocations({ document, afterMs: 0 }),
    ),
    groups: [...groups.values()].map((group) => ({
      interruptions: group.interruptions,
      described: group.describe(),
      billedMs: group.instances.billedUpTo(nowMs),
      areas: listAreas(group).map((area) => area.upTo(nowMs)),
    })),
  };
}

function listAreas({ instances, agents }: Group) {
  return [instances.overTime, agents.connectedOverTime, agents.busyOverTime];
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function expectAgentsAddUp(fleet: Fleet): void {
  const { agents } = fleet.sumQueueFacts(QUEUES);
  const groups = [...fleet.results().groups.values()];
  expect(agents.idle + agents.busy).toBe(
    sum(groups.map((group) => group.agents.connectedOverTime.value)),
  );
  expect(agents.busy).toBe(sum(groups.map((group) => group.agents.busyOverTime.value)));
}

function expectNoAgentIdles(fleet: Fleet): void {
  for (const { options, agents } of fleet.results().groups.values()) {
    const idle = agents.connectedOverTime.value - agents.busyOverTime.value;
    const { jobs } = fleet.sumQueueFacts(options.queues);
    expect(Math.min(idle, jobs.scheduled)).toBe(0);
  }
}

function expectJobsAddUp(fleet: Fleet, jobs: readonly Job[]): void {
  const appeared = jobs.filter((job) => (job.waitingSinceMs ?? job.scheduledMs) <= fleet.nowMs);
  const { scheduled, running, waiting } = fleet.sumQueueFacts(QUEUES).jobs;
  const queues = [...fleet.results().queues.values()];
  const ended = sum(queues.map((queue) => queue.ended));
  expect(scheduled + running + waiting + ended).toBe(appeared.length);
  const started = sum(queues.map((queue) => queue.waitsMs.length));
  expect(started).toBeGreaterThanOrEqual(ended + running);
  expect(started).toBeLessThanOrEqual(appeared.length);
}

function expectInstancesAddUp(fleet: Fleet): void {
  for (const group of fleet.results().groups.values()) {
    const { desired, min, max, inService, pending } = group.facts();
    const live = group
      .describe()
      .instances.filter(({ lifecycleState }) => lifecycleState !== "Terminating");
    expect([inService + pending, group.instances.overTime.value]).toEqual([
      live.length,
      live.length,
    ]);
    expect(live.length).toBeLessThanOrEqual(desired);
    expect([desired >= min, desired <= max]).toEqual([true, true]);
    expect(group.agents.busyInstances).toBeLessThanOrEqual(inService);
    expect(new Set(live.map(({ id }) => id)).size).toBe(live.length);
  }
}

/** Enough to find rare cases. */
const RUNS = { numRuns: 500 };

describe("any fleet", () => {
  test("has as many idle and busy agents as have connected, and no agent is idle while a job of its queues waits", () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        runFleet(run, {
          after: (fleet) => {
            expectAgentsAddUp(fleet);
            expectNoAgentIdles(fleet);
          },
        });
      }),
      RUNS,
    );
  });

  test("loses no job: each job that appeared waits, is scheduled, runs or has ended", () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const fleet = runFleet(run, { after: (then) => expectJobsAddUp(then, run.jobs) });
        expectJobsAddUp(fleet, run.jobs);
      }),
      RUNS,
    );
  });

  test("reports the instances that it has, within its limits and never more than desired", () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        runFleet(run, { after: expectInstancesAddUp });
      }),
      RUNS,
    );
  });

  test("reaches its desired capacity and ends all jobs if nothing fails", () => {
    fc.assert(
      fc.property(soundRun, (run) => {
        const fleet = runFleet(run);
        fleet.setLimits("first", { min: 1, max: MOST }); // It serves both queues.
        fleet.advanceTo(fleet.nowMs + 300_000); // A boot is at most 120 s, so is a connect.
        for (const name of GROUPS) {
          const { desired = 0, ...facts } = fleet.groupFacts(name) ?? {};
          expect(facts).toMatchObject({ inService: desired, pending: 0 });
        }
        fleet.advanceTo(fleet.nowMs + 24 * 3_600_000); // 40 jobs of 120 s at most.
        expect(fleet.isDone()).toBe(true);
      }),
      RUNS,
    );
  });

  test("is the same for the same seed", () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        expect(describeFleet(runFleet(run))).toEqual(describeFleet(runFleet(run)));
      }),
      { numRuns: 200 },
    );
  });

  test("has the same result in large and in small steps of time", () => {
    fc.assert(
      fc.property(anyRun, fc.integer({ min: 500, max: 20_000 }), (run, stepMs) => {
        const smallSteps = (fleet: Fleet, ms: number) => {
          while (fleet.nowMs < ms) fleet.advanceTo(Math.min(ms, fleet.nowMs + stepMs));
          fleet.advanceTo(ms);
        };
        expect(describeFleet(runFleet(run, { go: smallSteps }))).toEqual(
          describeFleet(runFleet(run)),
        );
      }),
      { numRuns: 200 },
    );
  });

  test("has the same result from event to event", () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const eventByEvent = (fleet: Fleet, ms: number) => {
          while (fleet.nextEventMs() <= ms) fleet.advanceTo(fleet.nextEventMs());
          fleet.advanceTo(ms);
        };
        expect(describeFleet(runFleet(run, { go: eventByEvent }))).toEqual(
          describeFleet(runFleet(run)),
        );
      }),
      { numRuns: 200 },
    );
  });

  test("never goes back in time", () => {
    fc.assert(
      fc.property(anyRun, fc.array(fc.integer({ min: -100, max: 900 })), (run, times) => {
        const fleet = runFleet(run);
        for (const seconds of times) {
          const beforeMs = fleet.nowMs;
          fleet.advanceTo(msAfterStart(seconds));
          expect(fleet.nowMs).toBe(Math.max(beforeMs, msAfterStart(seconds)));
        }
      }),
      { numRuns: 200 },
    );
  });
});
