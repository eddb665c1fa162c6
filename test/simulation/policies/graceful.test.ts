import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LoopInput } from "../../../config/loops.ts";
import type { ScalerEntry } from "../../../functions/core/scaler-entry.ts";
import type { Fleet } from "../../../simulation/fleet/fleet.ts";
import type { GroupOptions, InstanceOptions, Job } from "../../../simulation/fleet/options.ts";
import type { Policy } from "../../../simulation/policies/policy.ts";
import { createRulesPolicy } from "../../../simulation/policies/rules.ts";
import { simulate } from "../../../simulation/simulate.ts";
import { createGroupOptions, createJob, msAfterStart, START_MS } from "../../support/fleet.ts";

/** What holds for graceful groups whatever their instances do: the same code as the loop's, in the model. */

const aShare = (...shares: number[]) => fc.constantFrom(0, ...shares);

const aCommandOptions = fc.record({
  answer: fc.constantFrom({ from: 1, to: 4 }, { from: 5, to: 25 }),
  silentInstances: aShare(0.3, 1),
  unknownInstances: aShare(0.3),
  lateDeliveries: aShare(0.5),
});

const anInstance: fc.Arbitrary<Partial<InstanceOptions>> = fc.record({
  boot: fc.constantFrom(20, { from: 10, to: 90 }),
  lossesPerHour: aShare(2),
  agentDeathsPerHour: aShare(3),
  foreignSignalsPerHour: aShare(2),
  commands: aCommandOptions,
});

interface Case {
  entry: Omit<ScalerEntry, "group">;
  group: Partial<GroupOptions>;
  instance: Partial<InstanceOptions>;
  jobs: Job[];
  seed: number;
}

const someJobs: fc.Arbitrary<Job[]> = fc
  .array(fc.record({ gap: fc.nat(120), seconds: fc.integer({ min: 1, max: 400 }) }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((parts) => {
    let atSeconds = 0;
    return parts.map(({ gap, seconds }) => {
      atSeconds += gap;
      return createJob(atSeconds, seconds);
    });
  });

const aCase: fc.Arbitrary<Case> = fc
  .record({
    agentsPerInstance: fc.integer({ min: 1, max: 3 }),
    min: fc.nat(2),
    more: fc.integer({ min: 1, max: 6 }),
    desired: fc.nat(6),
    endedBy: fc.constantFrom("loop" as const, "instance" as const),
    busyAfter: fc.constantFrom("never", "0s", "3m"),
    cooldown: fc.constantFrom("0s", "2m"),
    endFailures: aShare(0.3),
    instance: anInstance,
    jobs: someJobs,
    seed: fc.nat(1000),
  })
  .map(({ agentsPerInstance, min, more, desired, endedBy, busyAfter, cooldown, ...rest }) => ({
    entry: {
      queue: "default",
      agentsPerInstance,
      agentStartupGrace: "1m",
      scaleIn: { graceful: true, endedBy, busyAfter, cooldown },
      danglingCheck: { minimumUptime: "2m" },
    },
    group: {
      agentsPerInstance,
      min,
      max: min + more,
      desired: Math.min(min + more, Math.max(min, desired)),
    },
    instance: {
      ...rest.instance,
      ...(endedBy === "instance" ? { endsItself: { failures: rest.endFailures } } : {}),
    },
    jobs: rest.jobs,
    seed: rest.seed,
  }));

interface Observed {
  minutes?: number;
  /** Called after each computed poll. */
  onPoll?: (fleet: Fleet) => void;
}

/** Simulates a loop with one graceful group, by default for an hour. */
async function simulateLoop(
  { entry, group, instance, jobs, seed }: Case,
  { minutes = 60, onPoll = () => {} }: Observed = {},
) {
  const loop: LoopInput = {
    name: "main",
    agentTokenParameter: "/agent-token",
    scalers: [{ ...entry, group: "web" }],
  };
  let fleet: Fleet | undefined;
  const policy = observePolls(createRulesPolicy("ours", [loop], ""), (then) => {
    fleet = then;
    onPoll(then);
  });
  const { measures } = await simulate(
    policy,
    {
      startMs: START_MS,
      endMs: msAfterStart(minutes * 60),
      seed,
      pollIntervalSeconds: 10,
      pricePerHour: 1,
      jobs: () => jobs,
      createGroup: () => createGroupOptions(group, instance),
    },
    { trace: false },
  );
  if (fleet === undefined) throw new Error("there was no poll");
  return { fleet, measures };
}

function observePolls(policy: Policy, onPoll: (fleet: Fleet) => void): Policy {
  return {
    ...policy,
    createActors: async (world) =>
      (await policy.createActors(world)).map((actor) => ({
        nextMs: () => actor.nextMs(),
        polls: (ms) => actor.polls(ms),
        calls: (ms) => actor.calls(ms),
        act: async () => {
          await actor.act();
          onPoll(world.fleet);
        },
      })),
  };
}

function findWeb(fleet: Fleet) {
  const web = fleet.results().groups.get("web");
  if (web === undefined) throw new Error("the fleet has no group web");
  return web;
}

const RUNS = { numRuns: 150 };

describe("a graceful loop", () => {
  test("ends no job, and no instance lowers a desired capacity that the loop lowered", async () => {
    await fc.assert(
      fc.asyncProperty(aCase, async (given) => {
        const { fleet, measures } = await simulateLoop(given);
        const { interruptions } = findWeb(fleet);
        expect(interruptions.get("scale-in") ?? 0).toBe(0);
        expect(interruptions.get("termination") ?? 0).toBe(0);
        expect(interruptions.get("ended itself") ?? 0).toBe(0);
        expect(measures.doubleDecrements).toBe(0);
      }),
      RUNS,
    );
  }, 120_000);

  test("never has fewer instances than min that are not leaving", async () => {
    await fc.assert(
      fc.asyncProperty(aCase, async (given) => {
        const sound = { ...given, instance: { ...given.instance, foreignSignalsPerHour: 0 } };
        const onPoll = (fleet: Fleet) => {
          const { desired, min } = findWeb(fleet).facts();
          const stopped = fleet.instances("web").filter(({ unit }) => unit.isStopped);
          expect(desired).toBeGreaterThanOrEqual(min);
          const leaving = stopped.filter(({ lifecycleState }) => lifecycleState === "InService");
          expect(desired - leaving.length).toBeGreaterThanOrEqual(min);
        };
        await simulateLoop(sound, { onPoll });
      }),
      RUNS,
    );
  }, 120_000);

  test("works off every surplus if its instances answer and end", async () => {
    await fc.assert(
      fc.asyncProperty(aCase, async (given) => {
        const { commands: _, ...instance } = given.instance;
        const sound = {
          ...given,
          instance: {
            ...instance,
            lossesPerHour: 0,
            agentDeathsPerHour: 0,
            foreignSignalsPerHour: 0,
            ...("endsItself" in instance ? { endsItself: {} } : {}),
          },
        };
        // 60 jobs of 400 s on one agent take 6.7 h.
        const { fleet } = await simulateLoop(sound, { minutes: 540 });
        expect(fleet.isDone()).toBe(true);
        const { desired, min } = findWeb(fleet).facts();
        expect(desired).toBe(min);
      }),
      RUNS,
    );
  }, 120_000);

  test("changes nothing but raises desired capacity if no instance ever answers", async () => {
    await fc.assert(
      fc.asyncProperty(aCase, async (given) => {
        const silent = {
          ...given,
          instance: {
            ...given.instance,
            lossesPerHour: 0,
            agentDeathsPerHour: 0,
            foreignSignalsPerHour: 0,
            commands: { silentInstances: 1 },
          },
        };
        let highest = 0;
        const onPoll = (then: Fleet) => {
          const { desired } = findWeb(then).facts();
          expect(desired).toBeGreaterThanOrEqual(highest);
          highest = desired;
        };
        const { fleet } = await simulateLoop(silent, { onPoll });
        expect(fleet.instances("web").some(({ unit }) => unit.isStopped)).toBe(false);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});

describe("an idle instance of a graceful group", () => {
  const given = (endedBy: "loop" | "instance"): Case => ({
    entry: {
      queue: "default",
      agentsPerInstance: 1,
      scaleIn: { graceful: true, endedBy },
    },
    group: { desired: 1 },
    instance: endedBy === "instance" ? { endsItself: {} } : {},
    jobs: [createJob(0, 595)],
    seed: 1,
  });

  async function recordTimes(endedBy: "loop" | "instance") {
    const times = { stopSent: 0, terminating: 0 };
    const onPoll = (fleet: Fleet) => {
      const second = (fleet.nowMs - START_MS) / 1000;
      const [stop] = fleet.invocations({ document: "stop", afterMs: START_MS });
      if (stop !== undefined && times.stopSent === 0) times.stopSent = second;
      const isGone = !fleet.instances("web").some((i) => i.lifecycleState === "InService");
      if (isGone && times.terminating === 0) times.terminating = second;
    };
    await simulateLoop(given(endedBy), { onPoll });
    return times;
  }

  // The job ends at 595. Polls: 600 finds the surplus, 610 looks, 620 reads the answer and stops it.
  test("is stopped in the third poll and ended by the loop in the fourth", async () => {
    expect(await recordTimes("loop")).toEqual({ stopSent: 620, terminating: 630 });
  });

  test("is stopped in the third poll and ends itself some ten seconds later", async () => {
    // The stop arrives within 2 s, and 10 s later the instance ends itself: seen by the poll at 640.
    expect(await recordTimes("instance")).toEqual({ stopSent: 620, terminating: 640 });
  });
});
