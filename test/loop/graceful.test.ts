import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import type { ScalerEntry } from "../../functions/core/scaler-entry.ts";
import { recordedPollSchema } from "../../local/engine/recorded-tasks.ts";
import { Fleet } from "../../simulation/fleet/fleet.ts";
import type { CommandOptions, GroupOptions } from "../../simulation/fleet/options.ts";
import { randomStream } from "../../simulation/fleet/random.ts";
import { generateBursts } from "../../simulation/workloads/generate-jobs.ts";
import { mergeByTime } from "../../simulation/workloads/merge-by-time.ts";
import {
  type Disturbance,
  type FleetRun,
  listLiveInstances,
  runFleetLoop,
  START_MS,
  sandbox,
} from "../support/fleet-loop.ts";
import { readAnswers } from "../support/times.ts";

/** The whole loop with graceful groups, over random worlds: what it may never do, and that it ends. */

/** One graceful group, and the jobs of its queue. */
interface RandomGroup {
  agentsPerInstance: number;
  min: number;
  /** Instances above min at the start. */
  extra: number;
  endedBy: "loop" | "instance";
  /** From the end of an instance's agent until it ends itself. */
  endsAfterSeconds: number;
  busyAfter: "never" | number;
  cooldown: number;
  instanceBuffer: number;
  burstSeconds: number;
  mostJobs: number;
  mostJobSeconds: number;
}

/** A world: its groups, and how well SSM reaches their instances. */
interface RandomWorld {
  seed: number;
  groups: RandomGroup[];
  commands: CommandOptions;
  agentDeathsPerHour: number;
}

const aGroup: fc.Arbitrary<RandomGroup> = fc.record({
  agentsPerInstance: fc.integer({ min: 1, max: 4 }),
  min: fc.integer({ min: 0, max: 2 }),
  extra: fc.integer({ min: 0, max: 4 }),
  endedBy: fc.constantFrom("loop", "instance"),
  endsAfterSeconds: fc.constantFrom(10, 60, 120),
  busyAfter: fc.constantFrom<"never" | number>("never", 0, 60),
  cooldown: fc.constantFrom(0, 30, 120),
  instanceBuffer: fc.integer({ min: 0, max: 1 }),
  burstSeconds: fc.integer({ min: 60, max: 200 }),
  mostJobs: fc.integer({ min: 1, max: 12 }),
  mostJobSeconds: fc.integer({ min: 10, max: 150 }),
});

const aShare = fc.constantFrom(0, 0.2, 0.5);

const aReliableWorld: fc.Arbitrary<RandomWorld> = fc.record({
  seed: fc.nat(1_000_000),
  groups: fc.array(aGroup, { minLength: 1, maxLength: 2 }),
  commands: fc.constant({}),
  agentDeathsPerHour: fc.constant(0),
});

const anUnreliableWorld: fc.Arbitrary<RandomWorld> = fc.record({
  seed: fc.nat(1_000_000),
  groups: fc.array(aGroup, { minLength: 1, maxLength: 2 }),
  commands: fc.record({
    silentInstances: aShare,
    unknownInstances: aShare,
    lateDeliveries: aShare,
  }),
  agentDeathsPerHour: fc.constantFrom(0, 4),
});

const JOBS_END_MS = START_MS + 300_000;

function nameGroup(index: number): string {
  return `group-${index}`;
}

function createFleet({ seed, groups, commands, agentDeathsPerHour }: RandomWorld): Fleet {
  const jobs = groups.map(({ burstSeconds, mostJobs, mostJobSeconds }, index) =>
    generateBursts(
      {
        everySeconds: burstSeconds,
        firstSeconds: 5,
        jobs: { from: 1, to: mostJobs },
        durationSeconds: { from: 5, to: mostJobSeconds },
      },
      {
        queue: nameGroup(index),
        fromMs: START_MS,
        toMs: JOBS_END_MS,
        random: randomStream(seed, nameGroup(index)),
      },
    ),
  );
  return new Fleet({
    startMs: START_MS,
    seed,
    groups: groups.map((group, index) =>
      createGroup(group, index, { commands, agentDeathsPerHour }),
    ),
    jobs: mergeByTime(jobs),
  });
}

function createGroup(
  { agentsPerInstance, min, extra, endedBy, endsAfterSeconds }: RandomGroup,
  index: number,
  instance: Pick<RandomWorld, "commands" | "agentDeathsPerHour">,
): GroupOptions {
  return {
    name: nameGroup(index),
    queues: [nameGroup(index)],
    agentsPerInstance,
    min,
    max: 10,
    desired: min + extra,
    instance: {
      boot: { from: 10, to: 40 },
      connect: { from: 2, to: 8 },
      terminate: { from: 5, to: 40 },
      ...(endedBy === "instance" ? { endsItself: { afterSeconds: endsAfterSeconds } } : {}),
      ...instance,
    },
  };
}

function listScalers({ groups }: RandomWorld): ScalerEntry[] {
  return groups.map(
    ({ agentsPerInstance, endedBy, busyAfter, cooldown, instanceBuffer }, index) => ({
      queue: nameGroup(index),
      group: nameGroup(index),
      agentsPerInstance,
      instanceBuffer,
      agentStartupGrace: "1m",
      scaleIn: { graceful: true, endedBy, cooldown, busyAfter },
      danglingCheck: { minimumUptime: "1m" },
    }),
  );
}

/** Five slots of three minutes: jobs come in the first five minutes, and then the groups shrink. */
const SLOTS = 5;

function run(world: RandomWorld, disturbance: Disturbance = {}): Promise<FleetRun> {
  return runFleetLoop(createFleet(world), { scalers: listScalers(world) }, SLOTS, disturbance);
}

/** Checks what the loop may never do. */
function checkInvariants(
  { fleet, set, terminated, stopped, outcomes }: FleetRun,
  world: RandomWorld,
) {
  for (const [name, group] of fleet.results().groups) {
    const { interruptions, doubleDecrements } = group;
    expect([name, [...interruptions.keys()].filter((cause) => cause !== "agent died")]).toEqual([
      name,
      [],
    ]);
    expect([name, doubleDecrements]).toEqual([name, 0]);
  }
  expect(set.filter(({ from, to }) => to < from)).toEqual([]);
  const ended = terminated.map(({ instance }) => instance);
  expect(new Set(ended).size).toBe(ended.length);
  const idleOnly = world.groups.every(({ busyAfter }) => busyAfter === "never");
  if (idleOnly) expect(stopped.filter(({ action }) => action === "stop")).toEqual([]);
  for (const { history } of outcomes) {
    for (const answer of readAnswers("Compute capacity", history)) checkPoll(answer);
  }
}

/** Checks that a poll leaves as many instances as its target needs. */
function checkPoll(answer: unknown): void {
  const { decisions, next } = v.parse(recordedPollSchema, answer);
  const { plan, carry } = next;
  for (const { scaler, instances } of plan?.stops ?? []) {
    const decision = decisions.find((each) => each.scaler === scaler);
    const leaving = new Set([...Object.keys(carry?.memory[scaler]?.drains ?? {}), ...instances]);
    expect((decision?.from ?? 0) - leaving.size).toBeGreaterThanOrEqual(decision?.to ?? 0);
  }
}

/**
 * Instances in service whose agents were told to stop, and have stopped a minute before the end or earlier.
 * Those with a dead agent do not count: the loop ends one in ten of a group an hour at most and reports the rest.
 */
function listForgotten({ fleet }: FleetRun): string[] {
  return fleet.groupNames().flatMap((group) =>
    listLiveInstances(fleet, group)
      .filter(
        ({ unit }) =>
          unit.isStopped &&
          unit.state === "inactive" &&
          (unit.inactiveMs ?? fleet.nowMs) < fleet.nowMs - 60_000,
      )
      .map(({ id }) => id),
  );
}

/** What a run ends with, whichever way it took. */
function summarizeEnd({ fleet }: FleetRun) {
  return Object.fromEntries(
    [...fleet.results().groups].map(([name, group]) => {
      const { desired, inService, pending } = group.facts();
      return [name, { desired, inService, pending }];
    }),
  );
}

/** Where every run ends: no jobs, so as many instances as min. */
function expectedEnd({ groups }: RandomWorld) {
  return Object.fromEntries(
    groups.map(({ min }, index) => [
      nameGroup(index),
      { desired: min, inService: min, pending: 0 },
    ]),
  );
}

const TIMEOUT = { timeout: 180_000 };

describe("a loop with graceful groups", () => {
  test(
    "ends no job, decrements once for each instance, and shrinks to what is needed",
    TIMEOUT,
    async () => {
      const seen = { raises: 0, stops: 0, terminations: 0 };
      await fc.assert(
        fc.asyncProperty(aReliableWorld, async (world) => {
          const ran = await run(world);
          checkInvariants(ran, world);
          expect(ran.fleet.isDone()).toBe(true);
          expect(summarizeEnd(ran)).toEqual(expectedEnd(world));
          seen.raises += ran.set.length;
          seen.stops += ran.stopped.length;
          seen.terminations += ran.terminated.length;
        }),
        { numRuns: 12 },
      );
      expect(Object.values(seen).every((count) => count > 12)).toBe(true); // more than one in a world
    },
  );

  test(
    "ends no job and forgets no drain if instances answer late or never, or their agents die",
    TIMEOUT,
    async () => {
      await fc.assert(
        fc.asyncProperty(anUnreliableWorld, async (world) => {
          const ran = await run(world);
          checkInvariants(ran, world);
          expect(ran.fleet.isDone()).toBe(true);
          expect(listForgotten(ran)).toEqual([]);
        }),
        { numRuns: 12 },
      );
    },
  );

  test(
    "ends in the same place if it is cut short at any call and started again",
    TIMEOUT,
    async () => {
      await fc.assert(
        fc.asyncProperty(
          aReliableWorld,
          fc.integer({ min: 2, max: 150 }),
          async (world, cutAtCall) => {
            const ran = await run(world, { cutAtCall });
            expect(ran.outcomes.map(({ status }) => status)).toContain("ABORTED");
            checkInvariants(ran, world);
            expect(summarizeEnd(ran)).toEqual(expectedEnd(world));
          },
        ),
        { numRuns: 15 },
      );
    },
  );

  test("ends in the same place if every step runs twice", TIMEOUT, async () => {
    await fc.assert(
      fc.asyncProperty(aReliableWorld, async (world) => {
        const ran = await run(world, { runsTwice: true });
        checkInvariants(ran, world);
        expect(summarizeEnd(ran)).toEqual(expectedEnd(world));
      }),
      { numRuns: 8 },
    );
  });
});

describe("a silent SSM", () => {
  /** What was scaled, without scale-in: raises only. */
  async function listRaises(world: RandomWorld, scaleIn: object) {
    const scalers = listScalers(world).map((scaler) => ({ ...scaler, scaleIn }));
    const ran = await runFleetLoop(createFleet(world), { scalers }, 2);
    expect(ran.terminated).toEqual([]);
    return ran.set;
  }

  test.each([
    ["delivers nothing", { silentInstances: 1 }],
    ["knows no instance", { unknownInstances: 1 }],
  ])(
    "that %s changes nothing: the loop scales out as if scale-in were disabled",
    TIMEOUT,
    async (_, commands) => {
      await fc.assert(
        fc.asyncProperty(aReliableWorld, async (reliable) => {
          const world = { ...reliable, commands };
          const graceful = await listRaises(world, { graceful: true, busyAfter: 0 });
          expect(graceful).toEqual(await listRaises(world, { disabled: true }));
        }),
        { numRuns: 5 },
      );
    },
  );

  test.each([
    ["hangs", "hang"],
    ["throttles", { awsError: "ThrottlingException" }],
    ["denies access", { awsError: "AccessDeniedException" }],
  ] as const)("that %s ends nothing, and the groups still scale out", TIMEOUT, async (_, fault) => {
    await fc.assert(
      fc.asyncProperty(aReliableWorld, async (world) => {
        for (const action of ["SendCommand", "ListCommandInvocations"])
          sandbox.faults.add({ service: "SSM", action, fault });
        const ran = await runFleetLoop(createFleet(world), { scalers: listScalers(world) }, 1);
        checkInvariants(ran, world);
        expect([ran.terminated, ran.stopped]).toEqual([[], []]);
        expect(ran.fleet.results().queues.get(nameGroup(0))?.ended).toBeGreaterThan(0);
      }),
      { numRuns: 3 },
    );
  });
});
