import { describe, expect, test } from "vitest";
import type { LoopInput } from "../../config/loops.ts";
import type { GroupOptions, InstanceOptions, Job } from "../../simulation/fleet/options.ts";
import { randomStream } from "../../simulation/fleet/random.ts";
import { createIdealPolicy } from "../../simulation/policies/ideal.ts";
import { createNativePolicy } from "../../simulation/policies/native.ts";
import type { Policy } from "../../simulation/policies/policy.ts";
import { createReferencePolicy } from "../../simulation/policies/reference.ts";
import { createRulesPolicy } from "../../simulation/policies/rules.ts";
import { type Scenario, simulate } from "../../simulation/simulate.ts";
import { generateSteadyJobs } from "../../simulation/workloads/generate-jobs.ts";

/** Cases that are small enough to compute by hand. Polls are at multiples of ten seconds. */

const START_MS = Date.parse("2026-01-05T00:00:00Z");
const HOUR = 3600;

/** A job some seconds after the start. */
function job(atSeconds: number, seconds: number, queue = "default"): Job {
  return { queue, scheduledMs: START_MS + atSeconds * 1000, durationMs: seconds * 1000 };
}

function createLoops(entry: Partial<LoopInput["scalers"][number]> = {}): LoopInput[] {
  const scaler = { queue: "default", group: "web", agentsPerInstance: 1, ...entry };
  return [{ name: "main", agentTokenParameter: "/a", scalers: [scaler] }];
}

const ours = (entry: Partial<LoopInput["scalers"][number]> = {}) =>
  createRulesPolicy("ours", createLoops(entry), "");

interface Case {
  jobs: () => Iterable<Job>;
  hours?: number;
  group?: Partial<GroupOptions>;
  instance?: Partial<InstanceOptions>;
  pollIntervalSeconds?: number;
}

function simulateCase(policy: Policy, given: Case) {
  const { jobs, hours = 1, group, instance, pollIntervalSeconds = 10 } = given;
  const scenario: Scenario = {
    startMs: START_MS,
    endMs: START_MS + hours * HOUR * 1000,
    seed: 1,
    pollIntervalSeconds,
    pricePerHour: 0.36, // 0.01 for every hundred seconds
    jobs,
    createGroup: ({ group: name, queues, agentsPerInstance }) => ({
      name,
      queues,
      agentsPerInstance,
      min: 0,
      max: 10,
      ...group,
      instance: { boot: 60, connect: 30, terminate: 10, ...instance },
    }),
  };
  return simulate(policy, scenario, { trace: true });
}

describe("one job, one instance", async () => {
  // It appears 4 s after a poll: 6 s to the next, 60 s to InService, 30 s to the agent: 96 s.
  const result = await simulateCase(ours(), { jobs: () => [job(14, 100)] });
  const { measures } = result;

  test("the job waits for the poll, the boot and the agent", () => {
    expect(measures.waitSeconds).toEqual({ p50: 96, p95: 96, p99: 96, worst: 96, mean: 96 });
    expect(measures.waitedOverAMinute).toBe(1);
    expect(measures.fromZero).toEqual({ times: 1, scaleOutSeconds: 6, startSeconds: 96 });
  });

  test("the instance lives from the poll that launches it to the first poll after the job", () => {
    // Launched at 20 s; the job runs from 110 s to 210 s, when the next poll is: 190 s.
    expect(
      result.scalers[0]?.decisions.map(({ atMs, from, to }) => [
        (atMs - START_MS) / 1000,
        from,
        to,
      ]),
    ).toEqual([
      [20, 0, 1],
      [210, 1, 0],
    ]);
    expect(measures.instanceHours).toBeCloseTo(190 / HOUR, 10);
    expect(measures.money).toBeCloseTo(0.019, 10); // 190 s at 0.36 an hour
    expect(measures.idleShare).toBeCloseTo(1 - 100 / 190, 10);
    expect(measures).toMatchObject({ jobs: 1, interrupted: 0, scalings: 2, unfinished: 0 });
  });

  test("the loop polls every ten seconds of the hour, even if nothing happens", () => {
    expect(measures.polls).toBe(360);
  });
});

test("an instance is billed for at least a minute", async () => {
  // Launched at 20 s, in service and connected at 30 s; the job ends at 35 s, the next poll is at 40 s.
  const { measures } = await simulateCase(ours(), {
    jobs: () => [job(14, 5)],
    instance: { boot: 10, connect: 0 },
  });
  expect(measures.instanceHours).toBeCloseTo(20 / HOUR, 10);
  expect(measures.money).toBeCloseTo(0.006, 10); // 60 s, not 20
});

test("jobs wait for their turn: one agent, ten jobs of a minute", async () => {
  // The instance is in service: waits are 0, 60, ..., 540 s. Median by nearest rank: the fifth, 240 s.
  const { measures } = await simulateCase(ours(), {
    jobs: () => Array.from({ length: 10 }, () => job(5, 60)),
    group: { min: 1, max: 1 },
  });
  expect(measures.waitSeconds).toEqual({ p50: 240, p95: 540, p99: 540, worst: 540, mean: 270 });
  expect(measures.waitedOverAMinute).toBe(0.8); // 0 s and 60 s are not over a minute
  expect(measures.scalings).toBe(0);
});

test("a scale-in waits for its cooldown, also across slots", async () => {
  // Two jobs, 100 s and 200 s: connected at 100 s, they end at 200 s and 300 s. The first scale-in,
  // at 200 s, starts the cooldown of 20 min: the second one is at 200 + 1200 = 1400 s, six slots on.
  const { scalers } = await simulateCase(ours({ scaleIn: { cooldown: "20m" } }), {
    jobs: () => [job(5, 100), job(5, 200)],
    instance: { scaleInEnds: "idle first" },
  });
  expect(
    scalers[0]?.decisions.map(({ atMs, from, to }) => [(atMs - START_MS) / 1000, from, to]),
  ).toEqual([
    [10, 0, 2],
    [200, 2, 1],
    [1400, 1, 0],
  ]);
});

test("a job that a scale-in interrupts starts again and is counted", async () => {
  // Two jobs on two instances from 100 s on, one of 50 s and one of 500 s. At 150 s one is left for
  // one instance too many, and AWS terminates either. In each case both jobs end, and at most one is interrupted.
  const { measures } = await simulateCase(ours(), { jobs: () => [job(5, 50), job(5, 500)] });
  expect(measures).toMatchObject({ jobs: 2, unfinished: 0 });
  expect(measures.interrupted).toBeLessThanOrEqual(1);
});

test("Little's law holds over a steady day: running jobs are the rate times the duration", async () => {
  // 120 jobs an hour of 60 to 240 s, 150 s on average: 120 x 150 / 3600 = 5 running on average.
  // The busy time of the agents is the rest of idleShare.
  const jobs = () =>
    generateSteadyJobs(
      { jobsPerHour: 120, durationSeconds: { from: 60, to: 240 } },
      {
        queue: "default",
        fromMs: START_MS,
        toMs: START_MS + 24 * HOUR * 1000,
        random: randomStream(7, "day"),
      },
    );
  const { measures } = await simulateCase(ours(), {
    jobs,
    hours: 24,
    group: { min: 10, max: 10 },
  });
  const busyHours = measures.instanceHours * (1 - measures.idleShare);
  expect(busyHours / 24).toBeGreaterThan(4.75);
  expect(busyHours / 24).toBeLessThan(5.25);
});

test("a decision in a dry run is not a scaling", async () => {
  const dryRun = { queue: "ios", group: "ios", agentsPerInstance: 1, dryRun: true };
  const loops = createLoops().map((loop) => ({ ...loop, scalers: [...loop.scalers, dryRun] }));
  const policy = createRulesPolicy("ours", loops, "");
  const { measures, scalers: traces } = await simulateCase(policy, {
    jobs: () => [job(5, 100), job(5, 100, "ios")],
  });
  expect(measures.scalings).toBe(2); // web: 0 to 1 to 0
  expect(traces.map(({ name, decisions }) => [name, decisions.length])).toEqual([
    ["web", 2],
    ["ios", 0],
  ]);
});

describe("the other policies", () => {
  test("ideal has an instance ready for each job and terminates it with the job", async () => {
    const { measures } = await simulateCase(createIdealPolicy(createLoops()), {
      jobs: () => [job(14, 100), job(14, 50), job(500, 10)],
    });
    expect(measures.waitSeconds.worst).toBe(0);
    expect(measures.instanceHours).toBeCloseTo(160 / HOUR, 10); // 100 + 50 + 10 s
    expect(measures).toMatchObject({ idleShare: 0, interrupted: 0 });
  });

  test("ideal stays within the group's maximum", async () => {
    const { measures } = await simulateCase(createIdealPolicy(createLoops()), {
      jobs: () => [job(14, 100), job(14, 100)],
      group: { max: 1 },
    });
    expect(measures.waitSeconds.worst).toBe(100);
  });

  test("native scaling needs two samples: a job at 14 s is sampled at 60 s and leads to a scale-out at 120 s", async () => {
    const { measures, scalers } = await simulateCase(createNativePolicy(createLoops()), {
      jobs: () => [job(14, 100)],
    });
    expect(measures.fromZero?.scaleOutSeconds).toBe(106); // 120 - 14
    expect(measures.waitSeconds.worst).toBe(196); // and 60 to InService, 30 to the agent
    expect(scalers[0]?.decisions[0]).toMatchObject({ action: "scale-out", from: 0, to: 1 });
  });

  test.each([
    { jobs: 1, added: 1 },
    { jobs: 4, added: 2 },
    { jobs: 5, added: 5 },
    { jobs: 19, added: 10 },
    { jobs: 20, added: 20 },
  ])(
    "native scaling goes in steps: $jobs scheduled jobs add $added instances",
    async ({ jobs, added }) => {
      const { scalers } = await simulateCase(createNativePolicy(createLoops()), {
        jobs: () => Array.from({ length: jobs }, () => job(14, 100)),
        group: { max: 50 },
      });
      expect(scalers[0]?.decisions[0]?.to).toBe(added);
    },
  );

  test("the reference polls for 50 of every 60 seconds: a job at 41 s waits until the next minute", async () => {
    const first = async (policy: Policy) => {
      const { measures } = await simulateCase(policy, { jobs: () => [job(41, 100)] });
      return measures.fromZero?.scaleOutSeconds;
    };
    expect(await first(createReferencePolicy(createLoops()))).toBe(19); // 60 - 41
    expect(await first(ours())).toBe(9); // 50 - 41
  });

  test("the reference adds instances while agents are starting; ours waits", async () => {
    // In service at 70 s, its agent 300 s later: 0 of 1 agents is below the half, so one more at 70 s,
    // which is in service at 130 s: 0 of 2, and so on each minute. From 370 s on one agent a minute
    // connects, too few: it reaches the maximum, 10.
    const findMaximum = async (policy: Policy) => {
      const { scalers } = await simulateCase(policy, {
        jobs: () => [job(5, 600)],
        instance: { connect: 300 },
      });
      return Math.max(...(scalers[0]?.desired ?? []));
    };
    const grown = { scaleIn: { disabled: true } };
    expect(await findMaximum(ours({ ...grown, agentStartupGrace: "10m" }))).toBe(1);
    expect(await findMaximum(createReferencePolicy(createLoops(grown)))).toBe(10);
  });
});

test("the same seed leads to the same figures, another seed to other figures", async () => {
  const run = async (seed: number) => {
    const jobs = () =>
      generateSteadyJobs(
        { jobsPerHour: 200, durationSeconds: { median: 60, p95: 300 } },
        {
          queue: "default",
          fromMs: START_MS,
          toMs: START_MS + HOUR * 1000,
          random: randomStream(seed, "q"),
        },
      );
    const { measures } = await simulateCase(ours(), { jobs, instance: { lossesPerHour: 1 } });
    const { waitsMs, ...figures } = measures;
    return JSON.stringify({ ...figures, waits: [...waitsMs] });
  };
  const first = await run(1);
  expect(await run(1)).toBe(first);
  expect(await run(2)).not.toBe(first);
});

test("the reference lowers desired capacity where this project scales in gracefully", async () => {
  // Two jobs from 100 s on, of 50 s and 500 s: at 150 s one instance is too many.
  const given = { jobs: () => [job(5, 50), job(5, 500)] };
  const graceful = { scaleIn: { graceful: true } };
  const { measures } = await simulateCase(ours(graceful), given);
  expect(measures.interrupted).toBe(0);
  expect(measures.calls?.ssm).toBeGreaterThan(0);
  const reference = await simulateCase(createReferencePolicy(createLoops(graceful)), given);
  expect(reference.measures.calls?.ssm).toBe(0);
});
