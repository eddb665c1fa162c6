import { type ExecutionInput, parseExecutionInput } from "../../functions/core/execution-input.ts";
import type { ScalerEntry } from "../../functions/core/scaler-entry.ts";
import type { GroupOptions, InstanceOptions, Job } from "../fleet/options.ts";
import { type Random, randomStream, sampleWhole } from "../fleet/random.ts";
import type { Cycle } from "./weather.ts";

const MINUTE_MS = 60_000;

/** A loop's input, as an execution gets it, without its slot. */
export interface LoopSource {
  name: string;
  agentTokenParameter: string;
  publishMetrics: boolean;
  scalers: ScalerEntry[];
}

/** The groups and their loop, in one variant for each seed. */
export interface Scenario {
  source: LoopSource;
  /** {@link source}, checked. */
  input: ExecutionInput;
  groups: GroupOptions[];
}

/**
 * Creates one loop of three scalers: a plain one, a graceful one, and a graceful one whose instances end
 * themselves and that shares a queue with the plain one. In some runs one of them is a dry run.
 */
export function createScenario(seed: number): Scenario {
  const random = randomStream(seed, "scenario");
  const dryRun = random() < 0.15 ? sampleWhole(0, 2, random) : undefined;
  const entries = createEntries(random).map((entry, index) => ({
    ...entry,
    dryRun: index === dryRun,
  }));
  const source = {
    name: "main",
    agentTokenParameter: "/buildkite/agent-token",
    publishMetrics: true,
    scalers: entries,
  };
  const input = parseExecutionInput(source);
  const groups = input.scalers.map((scaler) => {
    const min = sampleWhole(0, 1, random);
    const endsItself = scaler.scaleIn.endedBy === "instance" ? { endsItself: {} } : {};
    return {
      name: scaler.group,
      queues: scaler.queues,
      agentsPerInstance: scaler.agentsPerInstance,
      min,
      max: sampleWhole(5, 9, random),
      instance: { ...createInstance(), ...endsItself },
    };
  });
  return { source, input, groups };
}

function createEntries(random: Random): ScalerEntry[] {
  const pick = <Value>(...values: Value[]): Value | undefined =>
    values[sampleWhole(0, values.length - 1, random)];
  return [
    {
      queue: "lint",
      group: "plain",
      agentsPerInstance: 1,
      agentStartupGrace: pick("2m", "5m"),
      cooldownFromAnyScaling: pick(false, true),
      scaleIn: { cooldown: pick("0s", "3m", "10m") },
      scaleOut: { cooldown: pick("0s", "1m") },
    },
    {
      queue: "build",
      group: "graceful",
      agentsPerInstance: 1,
      agentStartupGrace: pick("2m", "5m"),
      scaleIn: { graceful: true, cooldown: pick("0s", "5m") },
      danglingCheck: { minimumUptime: "10m" },
    },
    {
      queues: ["test", "lint"],
      group: "shared",
      agentsPerInstance: 2,
      demandShare: pick(0.5, 1),
      scaleIn: {
        graceful: true,
        endedBy: pick("instance", "loop"),
        busyAfter: pick("never", "5m"),
        cooldown: pick("0s", "5m"),
      },
      danglingCheck: { minimumUptime: "10m" },
    },
  ];
}

function createInstance(): InstanceOptions {
  return {
    boot: { median: 35, p95: 70, most: 120 },
    connect: { median: 20, p95: 40, most: 60 },
    terminate: 30,
    launchFailures: 0,
  };
}

const QUEUES: readonly string[] = ["lint", "build", "test"];

/** Jobs go on appearing for this long after a storm, so that the loop has to scale out without faults. */
const JOBS_AFTER_STORM_MS = 15 * MINUTE_MS;

/** Generates the jobs of all cycles, in order: bursts, until the fleet has to come to rest. */
export function* generateJobs(seed: number, cycles: readonly Cycle[]): Generator<Job> {
  const random = randomStream(seed, "jobs");
  for (const { stormMs, calmMs } of cycles) {
    const lastMs = calmMs + JOBS_AFTER_STORM_MS;
    for (let ms = stormMs; ms < lastMs; ms += sampleWhole(1, 12 * 60, random) * 1000) {
      yield* generateBurst(ms, random);
    }
  }
}

function* generateBurst(scheduledMs: number, random: Random): Generator<Job> {
  const queue = QUEUES[sampleWhole(0, QUEUES.length - 1, random)] ?? "build";
  for (let left = sampleWhole(1, 7, random); left > 0; left -= 1) {
    yield { queue, scheduledMs, durationMs: sampleWhole(20, 10 * 60, random) * 1000 };
  }
}
