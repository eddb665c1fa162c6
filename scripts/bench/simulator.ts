import type { LoopInput } from "../../config/loops.ts";
import { randomStream } from "../../simulation/fleet/random.ts";
import { createRulesPolicy } from "../../simulation/policies/rules.ts";
import { type Scenario, simulate } from "../../simulation/simulate.ts";
import { BUILT_IN_WORKLOADS, parseParameters } from "../../simulation/workloads/built-in.ts";
import { mergeByTime } from "../../simulation/workloads/merge-by-time.ts";
import { printHeading, printTable } from "./print.ts";

const START_MS = Date.parse("2026-01-05T00:00:00Z");
const DAY_MS = 86_400_000;

interface Size {
  title: string;
  queues: number;
  days: number;
  /** Chosen to reach the number of jobs. */
  people: number;
  nightlyJobs: number;
}

const SIZES: readonly Size[] = [
  { title: "10^4", queues: 1, days: 7, people: 11, nightlyJobs: 20 },
  { title: "50,000, a week of one queue", queues: 1, days: 7, people: 60, nightlyJobs: 100 },
  { title: "10^5", queues: 2, days: 30, people: 13, nightlyJobs: 100 },
  { title: "10^6, a month of 20 queues", queues: 20, days: 30, people: 13, nightlyJobs: 100 },
];

/** (f): the time of a simulation, and how it grows with the number of jobs. */
export async function benchSimulator(): Promise<void> {
  printHeading(
    "f  Simulating one policy over office hours, polls every 10 s",
    "memory is the process's peak so far",
  );
  const rows: string[][] = [];
  for (const size of SIZES) rows.push(await measureSize(size));
  printTable(["jobs about", "jobs", "time", "per job", "memory"], rows);
}

async function measureSize(size: Size): Promise<string[]> {
  const policy = createRulesPolicy("ours", createLoops(size), "");
  const startedMs = performance.now();
  const { measures } = await simulate(policy, createScenario(size), { trace: false });
  const seconds = (performance.now() - startedMs) / 1000;
  const mebibytes = process.resourceUsage().maxRSS / 1024;
  return [
    size.title,
    measures.jobs.toLocaleString("en-US"),
    `${seconds.toFixed(2)} s`,
    `${((seconds * 1e6) / measures.jobs).toFixed(1)} µs`,
    `${mebibytes.toFixed(0)} MiB`,
  ];
}

function createLoops({ queues }: Size): LoopInput[] {
  const scalers = listQueueNames(queues).map((queue) => ({
    queue,
    group: `group-of-${queue}`,
    agentsPerInstance: 2,
    scaleIn: { cooldown: "5m" },
  }));
  return [{ name: "bench", agentTokenParameter: "/bench/agent-token", scalers }];
}

function listQueueNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `team-${index}`);
}

function createScenario({ queues, days, people, nightlyJobs }: Size): Scenario {
  const workload = BUILT_IN_WORKLOADS["office-hours"];
  if (workload === undefined) throw new RangeError("there is no workload called office-hours");
  const { values } = parseParameters(workload, [`people=${people}`, `nightlyJobs=${nightlyJobs}`]);
  const endMs = START_MS + days * DAY_MS;
  return {
    startMs: START_MS,
    endMs,
    seed: 1,
    pollIntervalSeconds: 10,
    pricePerHour: 1,
    jobs: () =>
      mergeByTime(
        listQueueNames(queues).map((queue) =>
          workload.jobs(values, {
            queue,
            fromMs: START_MS,
            toMs: endMs,
            random: randomStream(1, queue),
          }),
        ),
      ),
    createGroup: ({ group, queues: names, agentsPerInstance }) => ({
      name: group,
      queues: names,
      agentsPerInstance,
      min: 0,
      max: 100,
      instance: {
        boot: { median: 35, p95: 70 },
        connect: { median: 30, p95: 60 },
        terminate: 30,
        scaleInEnds: "idle first",
      },
    }),
  };
}
