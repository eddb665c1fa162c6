import type { LoopInput } from "../config/loops.ts";
import type { ScalerEntry } from "../functions/core/scaler-entry.ts";
import type { InstanceOptions } from "../simulation/fleet/options.ts";
import { randomStream } from "../simulation/fleet/random.ts";
import type { Policy } from "../simulation/policies/policy.ts";
import {
  createReferenceElasticPolicy,
  type ReferenceVersion,
} from "../simulation/policies/reference-elastic.ts";
import { createRulesPolicy } from "../simulation/policies/rules.ts";
import { type Scenario, simulate } from "../simulation/simulate.ts";
import { BUILT_IN_WORKLOADS, parseParameters } from "../simulation/workloads/built-in.ts";

/**
 * Prints the table of docs/simulating.md that compares ways to scale in: a week of office hours, with one
 * and with four agents for each instance, under several cooldowns.
 */

const START_MS = Date.parse("2026-01-05T00:00:00Z");
const END_MS = START_MS + 7 * 86_400_000;
const SEED = 1;

const QUEUE = "default";

/** The instances of the simulator's defaults. */
const INSTANCE: InstanceOptions = {
  boot: { median: 35, p95: 70 },
  connect: { median: 30, p95: 60 },
  terminate: 30,
};

/** The Elastic CI Stack's default of ScaleInIdlePeriod. */
const IDLE_SECONDS = 600;

interface Row {
  title: string;
  createPolicy(loops: readonly LoopInput[]): Policy;
  scaleIn?: ScalerEntry["scaleIn"];
  instance?: Partial<InstanceOptions>;
}

const rules = (loops: readonly LoopInput[]) => createRulesPolicy("ours", loops, "");

const ROWS: readonly Row[] = [
  {
    title: "bound: idle instances end first",
    createPolicy: rules,
    instance: { scaleInEnds: "idle first" },
  },
  { title: "ours, not graceful", createPolicy: rules },
  { title: "ours, graceful, `endedBy: loop`", createPolicy: rules, scaleIn: { graceful: true } },
  {
    title: "ours, graceful, `endedBy: instance`",
    createPolicy: rules,
    scaleIn: { graceful: true, endedBy: "instance" },
  },
  ...createReferenceRows("1.12"),
  ...createReferenceRows("1.13"),
];

function createReferenceRows(version: ReferenceVersion): Row[] {
  const createPolicy = (loops: readonly LoopInput[]) =>
    createReferenceElasticPolicy(version, loops);
  const instance = { endsItselfAfterIdleSeconds: IDLE_SECONDS };
  return [
    { title: `reference ${version}`, createPolicy },
    { title: `reference ${version}, idle timeout`, createPolicy, instance },
  ];
}

const COLUMNS = [
  "cooldown",
  "jobs interrupted",
  "instance-hours",
  "wait p50",
  "wait p95",
  "lowered twice",
  "Auto Scaling calls",
  "SSM calls",
];

for (const agentsPerInstance of [1, 4]) {
  console.log(`\nagentsPerInstance: ${agentsPerInstance}\n`);
  console.log(`| scale-in | ${COLUMNS.join(" | ")} |`);
  console.log(`|---|${"--:|".repeat(COLUMNS.length)}`);
  for (const row of ROWS) {
    for (const cooldown of ["0s", "5m", "1h"]) {
      const cells = await simulateRow(row, { agentsPerInstance, cooldown });
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
}

async function simulateRow(
  { title, createPolicy, scaleIn = {}, instance }: Row,
  { agentsPerInstance, cooldown }: { agentsPerInstance: number; cooldown: string },
): Promise<string[]> {
  const scaler = {
    queue: QUEUE,
    group: "office",
    agentsPerInstance,
    scaleIn: { ...scaleIn, cooldown },
  };
  const loops = [{ name: "main", agentTokenParameter: "/agent-token", scalers: [scaler] }];
  const scenario = createScenario({ ...INSTANCE, ...instance });
  const { measures } = await simulate(createPolicy(loops), scenario, { trace: false });
  const { interrupted, instanceHours, waitSeconds, doubleDecrements, calls } = measures;
  const counts = [interrupted, Math.round(instanceHours)];
  const rest = [doubleDecrements, calls?.autoScaling ?? 0, calls?.ssm ?? 0];
  const waits = [waitSeconds.p50, waitSeconds.p95].map((seconds) => `${seconds.toFixed(0)} s`);
  return [title, cooldown, ...counts.map(formatCount), ...waits, ...rest.map(formatCount)];
}

function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

function createScenario(instance: InstanceOptions): Scenario {
  const workload = BUILT_IN_WORKLOADS["office-hours"];
  if (workload === undefined) throw new RangeError("there is no workload called office-hours");
  const { values } = parseParameters(workload, []);
  return {
    startMs: START_MS,
    endMs: END_MS,
    seed: SEED,
    pollIntervalSeconds: 10,
    pricePerHour: 1,
    jobs: () =>
      workload.jobs(values, {
        queue: QUEUE,
        fromMs: START_MS,
        toMs: END_MS,
        random: randomStream(SEED, `queue/${QUEUE}`),
      }),
    createGroup: ({ group, queues, agentsPerInstance }) => ({
      name: group,
      queues,
      agentsPerInstance,
      min: 0,
      max: 100,
      instance,
    }),
  };
}
