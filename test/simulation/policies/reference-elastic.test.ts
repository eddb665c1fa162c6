import { describe, expect, test } from "vitest";
import type { LoopInput } from "../../../config/loops.ts";
import type { ScalerEntry } from "../../../functions/core/scaler-entry.ts";
import type { Fleet } from "../../../simulation/fleet/fleet.ts";
import type { GroupOptions, InstanceOptions, Job } from "../../../simulation/fleet/options.ts";
import type { Actor, Policy } from "../../../simulation/policies/policy.ts";
import {
  createReferenceElasticPolicy,
  type ReferenceVersion,
} from "../../../simulation/policies/reference-elastic.ts";
import { simulate } from "../../../simulation/simulate.ts";
import { createGroupOptions, createJob, msAfterStart, START_MS } from "../../support/fleet.ts";

/** The faults of the reference's Elastic CI mode that the comparison has to show. */

interface Case {
  entry?: Partial<ScalerEntry>;
  group?: Partial<GroupOptions>;
  instance?: Partial<InstanceOptions>;
  jobs?: Job[];
  /** Called after every step, with the seconds since the start. */
  onStep?: (fleet: Fleet, seconds: number) => void;
  minutes?: number;
}

async function simulateReference(version: ReferenceVersion, given: Case) {
  const { entry = {}, group, instance, jobs = [], minutes = 10, onStep = () => {} } = given;
  const scaler = { queue: "default", group: "web", agentsPerInstance: 1, ...entry };
  const loop: LoopInput = { name: "main", agentTokenParameter: "/a", scalers: [scaler] };
  let fleet: Fleet | undefined;
  const policy = createReferenceElasticPolicy(version, [loop]);
  const observed: Policy = {
    ...policy,
    createActors: async (world) => {
      fleet = world.fleet;
      return (await policy.createActors(world)).map((actor) => observe(actor, world.fleet, onStep));
    },
  };
  const { measures } = await simulate(
    observed,
    {
      startMs: START_MS,
      endMs: msAfterStart(minutes * 60),
      seed: 1,
      pollIntervalSeconds: 10,
      pricePerHour: 1,
      jobs: () => jobs,
      createGroup: () => createGroupOptions(group, { commands: { answer: 2 }, ...instance }),
    },
    { trace: false },
  );
  if (fleet === undefined) throw new Error("the policy has no actor");
  return { fleet, measures };
}

function observe(actor: Actor, fleet: Fleet, onStep: NonNullable<Case["onStep"]>): Actor {
  return {
    nextMs: () => actor.nextMs(),
    polls: (ms) => actor.polls(ms),
    calls: (ms) => actor.calls(ms),
    act: async () => {
      await actor.act();
      onStep(fleet, (fleet.nowMs - START_MS) / 1000);
    },
  };
}

/** Records the desired capacity whenever it changes. */
function recordDesired() {
  const changes: number[] = [];
  const onStep = (fleet: Fleet) => {
    const desired = fleet.groupFacts("web")?.desired ?? 0;
    if (changes.at(-1) !== desired) changes.push(desired);
  };
  return { changes, onStep };
}

describe("a scale-in of v1.12", () => {
  test("lowers desired capacity besides the instances, which lower it too (F1)", async () => {
    const { changes, onStep } = recordDesired();
    // Four instances, two jobs: two are too many. 4 - 2 by the request, - 2 by the two instances.
    const jobs = [createJob(0, 3000), createJob(0, 3000)];
    const cooldown = { scaleIn: { cooldown: "1h" } };
    const given = { entry: cooldown, group: { desired: 4 }, jobs, onStep, minutes: 2 };
    const { measures } = await simulateReference("1.12", given);
    expect(changes.slice(0, 2)).toEqual([2, 0]);
    expect(measures.doubleDecrements).toBe(2);
  });

  test("waits 30 seconds for each instance that SSM does not reach, and lowers desired capacity for it (F2, F17)", async () => {
    const steps: number[] = [];
    const { fleet } = await simulateReference("1.12", {
      group: { desired: 3 },
      instance: { commands: { silentInstances: 1 } },
      minutes: 3,
      onStep: (_, seconds) => steps.push(seconds),
    });
    expect(steps.slice(0, 4)).toEqual([0, 30, 60, 90]); // Three instances, one after another.
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 0, inService: 3 });
  });
});

describe("a scale-in of v1.13", () => {
  test("leaves desired capacity to the instances", async () => {
    const { changes, onStep } = recordDesired();
    const jobs = [createJob(0, 3000), createJob(0, 3000)];
    const cooldown = { scaleIn: { cooldown: "1h" } };
    const given = { entry: cooldown, group: { desired: 4 }, jobs, onStep, minutes: 2 };
    const { measures } = await simulateReference("1.13", given);
    expect(changes[0]).toBe(4);
    expect(measures.doubleDecrements).toBe(0);
  });

  test("does not wait for an instance that SSM does not reach, and starts no cooldown", async () => {
    const { fleet, measures } = await simulateReference("1.13", {
      entry: { scaleIn: { cooldown: "1h" } },
      group: { desired: 3 },
      instance: { commands: { silentInstances: 1 } },
      minutes: 1,
    });
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 3, inService: 3 });
    expect(measures.polls).toBe(5); // At 0, 10, 20, 30 and 40 s.
  });
});

test.each(["1.12", "1.13"] as const)(
  "v%s stops the oldest instance, not an idle one (F4)",
  async (version) => {
    // The older of two instances runs a long job; the younger one is idle from its start on.
    const { fleet, measures } = await simulateReference(version, {
      group: { desired: 1 },
      jobs: [createJob(0, 500), createJob(1, 5)],
      minutes: 5,
    });
    const stops = fleet
      .invocations({ document: "AWS-RunShellScript", afterMs: START_MS })
      .filter(({ comment }) => comment === "Gracefully stop Buildkite agent");
    expect(stops.at(-1)?.instanceId).toMatch(/1$/); // The group's first instance.
    expect(measures.interrupted).toBe(0); // It finishes its job.
  },
);

describe("a dangling check", () => {
  const dead = (version: ReferenceVersion, minutes: number) => {
    let replacedAt = 0;
    const onStep = (fleet: Fleet, seconds: number) => {
      const [id] = fleet.inServiceIds("web");
      if (seconds === 3600 && id !== undefined) fleet.killAgent(id);
      const { pending = 0 } = fleet.groupFacts("web") ?? {};
      if (pending > 0 && replacedAt === 0) replacedAt = seconds;
    };
    const group = { min: 1, desired: 1 };
    return simulateReference(version, { group, onStep, minutes }).then(() => replacedAt);
  };

  test.each(["1.12", "1.13"] as const)(
    "of v%s replaces an instance after one look (F11)",
    async (version) => {
      // The agent dies at 3600. The look of that poll arrives at 3601, and its answer is read at 3603.
      expect(await dead(version, 65)).toBe(3603);
    },
  );

  test("of v1.12 replaces an instance that stops by itself after an idle time (F10)", async () => {
    // Up for over an hour at min, the agent ends when idle for 3700 s, and for 100 s more the unit is deactivating.
    const replaced = async (version: ReferenceVersion) => {
      let firstMs = 0;
      const { fleet } = await simulateReference(version, {
        group: { min: 1, desired: 1 },
        instance: { endsItselfAfterIdleSeconds: 3700, endsItself: { afterSeconds: 100 } },
        minutes: 70,
        onStep: (then) => {
          if (firstMs === 0 && then.groupFacts("web")?.pending === 1) firstMs = then.nowMs;
        },
      });
      expect(fleet.groupFacts("web")).toMatchObject({ desired: 1 });
      return (firstMs - START_MS) / 1000;
    };
    expect(await replaced("1.12")).toBeLessThan(3720);
    expect(await replaced("1.13")).toBeGreaterThanOrEqual(3800);
  });
});

test("a poll waits for the answers of its dangling check before it reads any metrics (F16)", async () => {
  const { measures } = await simulateReference("1.12", {
    group: { min: 1, desired: 1 },
    jobs: [createJob(3590, 6000), createJob(3604, 10)],
    minutes: 62,
  });
  // Old enough from 3600 s on, the instance is looked at for 3 s in each poll. The poll after that of
  // 3603 s begins at 3613 and reads the metrics at 3616: 12 s + a boot of 60 s + 10 s.
  expect(measures.waitSeconds.worst).toBe(82);
});
