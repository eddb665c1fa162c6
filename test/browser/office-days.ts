import type { LoopInput } from "../../config/loops.ts";
import type { GroupOptions } from "../../simulation/fleet/options.ts";
import { randomStream } from "../../simulation/fleet/random.ts";
import { createNativePolicy } from "../../simulation/policies/native.ts";
import type { Policy } from "../../simulation/policies/policy.ts";
import { createReferencePolicy } from "../../simulation/policies/reference.ts";
import { createRulesPolicy } from "../../simulation/policies/rules.ts";
import type { ReportInput } from "../../simulation/report/report-input.ts";
import { type Scenario, type SimulationResult, simulate } from "../../simulation/simulate.ts";
import { generateOfficeHours } from "../../simulation/workloads/generate-jobs.ts";
import { mergeByTime } from "../../simulation/workloads/merge-by-time.ts";

const DAY_MS = 86_400_000;
/** A Monday, in epoch milliseconds. */
export const OFFICE_START_MS = Date.parse("2026-01-05T00:00:00Z");

const PRICE_PER_HOUR = 0.096;

const OFFICE = {
  people: 16,
  buildsPerDay: 4,
  jobsPerBuild: { from: 10, to: 75 },
  durationSeconds: { median: 120, p95: 900, most: 3600 },
  nightlyJobs: 100,
};

/** Simulates one team per queue in office hours for a number of days under three policies, with traces. */
export async function simulateOfficeDays(size: {
  queues: number;
  days: number;
}): Promise<SimulationResult[]> {
  const scenario = createScenario(size);
  const loops = [createLoop(size.queues)];
  const policies: Policy[] = [
    createRulesPolicy("scalers.yml", loops, "this project's rules, a poll every 10 seconds"),
    createReferencePolicy(loops),
    createNativePolicy(loops),
  ];
  return await Promise.all(policies.map((policy) => simulate(policy, scenario, { trace: true })));
}

/** Describes a report of {@link simulateOfficeDays}. */
export function describeOfficeDays(
  title: string,
  days: number,
  policies: readonly SimulationResult[],
): ReportInput {
  return {
    title,
    policies,
    period: { fromMs: OFFICE_START_MS, toMs: OFFICE_START_MS + days * DAY_MS },
    pricePerHour: PRICE_PER_HOUR,
    basis: {
      summary: "office hours, seed 1",
      command: "npx buildkite-scaling-loop simulate --report out/simulation.html",
      facts: [{ name: "Seed", text: "1" }],
      settings: [],
    },
  };
}

function createLoop(queues: number): LoopInput {
  const scalers = Array.from({ length: queues }, (_, index) => ({
    queue: queueName(index),
    group: `${queueName(index)}-asg`,
    agentsPerInstance: 2,
    scaleIn: { cooldown: "5m" },
  }));
  return { name: "main", agentTokenParameter: "/buildkite/agent-token", scalers };
}

function createScenario({ queues, days }: { queues: number; days: number }): Scenario {
  const span = { fromMs: OFFICE_START_MS, toMs: OFFICE_START_MS + days * DAY_MS };
  const createJobs = (queue: string) =>
    generateOfficeHours(OFFICE, { queue, ...span, random: randomStream(1, queue) });
  return {
    startMs: span.fromMs,
    endMs: span.toMs,
    seed: 1,
    pollIntervalSeconds: 10,
    pricePerHour: PRICE_PER_HOUR,
    jobs: () =>
      mergeByTime(Array.from({ length: queues }, (_, index) => createJobs(queueName(index)))),
    createGroup: ({ queues: queueNames, group, agentsPerInstance }): GroupOptions => ({
      name: group,
      queues: queueNames,
      agentsPerInstance,
      min: 0,
      max: 60,
      instance: {
        boot: { from: 30, to: 60 },
        connect: { from: 10, to: 30 },
        terminate: 30,
      },
    }),
  };
}

function queueName(index: number): string {
  return `queue-${String(index + 1).padStart(2, "0")}`;
}
