import { readLoopSettings } from "../../config/definition.ts";
import { plural } from "../../functions/core/plural.ts";
import type { Problem } from "../../functions/core/problems.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import { appearanceMs, type GroupOptions, type Job } from "../../simulation/fleet/options.ts";
import { randomStream } from "../../simulation/fleet/random.ts";
import { dropUnservedJobs, readJobFiles } from "../../simulation/job-files/job-file.ts";
import type { Scenario } from "../../simulation/simulate.ts";
import { BUILT_IN_WORKLOADS, parseParameters } from "../../simulation/workloads/built-in.ts";
import { mergeByTime } from "../../simulation/workloads/merge-by-time.ts";
import type { SimulateFlags } from "./flags.ts";

/** The scenario, or all problems of the flags and the job files. */
export interface ScenarioResult {
  scenario?: Scenario;
  problems: Problem[];
  /** A sentence for each kind of jobs that were left out. */
  notes: string[];
}

const DAY_MS = 86_400_000;

/** Prepares the jobs and groups that the flags describe, for these queues. */
export function prepareScenario(flags: SimulateFlags, queues: readonly string[]): ScenarioResult {
  const { jobs, startMs, endMs, problems, notes } =
    flags.jobs.length > 0 ? readOwnJobs(flags, queues) : generateBuiltInJobs(flags, queues);
  if (jobs === undefined) return { problems, notes };
  const deployed = readLoopSettings();
  if ("problem" in deployed) {
    return { problems: [{ where: "the definition", what: deployed.problem }], notes };
  }
  const { seed, price, pollInterval = deployed.pollIntervalSeconds } = flags;
  const scenario: Scenario = {
    startMs,
    endMs,
    seed,
    pollIntervalSeconds: pollInterval,
    leastGapSeconds: deployed.leastGapSeconds,
    pricePerHour: price,
    jobs,
    createGroup: (scaler) => createGroupOptions(scaler, flags),
  };
  return { scenario, problems: [], notes };
}

/** The jobs of a scenario and its period, in epoch milliseconds. */
interface ScenarioJobs {
  startMs: number;
  endMs: number;
  /** Absent if there are problems. */
  jobs?: () => Iterable<Job>;
  problems: Problem[];
  notes: string[];
}

function generateBuiltInJobs(flags: SimulateFlags, queues: readonly string[]): ScenarioJobs {
  const { workload, set, seed, from: startMs, days } = flags;
  const endMs = startMs + days * DAY_MS;
  const builtIn = BUILT_IN_WORKLOADS[workload];
  if (builtIn === undefined) throw new RangeError(`there is no workload ${workload}`);
  const { values, problems } = parseParameters(builtIn, set);
  if (problems.length > 0) return { startMs, endMs, problems, notes: [] };
  const jobs = () =>
    mergeByTime(
      queues.map((queue) => {
        const random = randomStream(seed, `queue/${queue}`);
        return builtIn.jobs(values, { queue, fromMs: startMs, toMs: endMs, random });
      }),
    );
  return { startMs, endMs, jobs, problems, notes: [] };
}

const MINUTE_MS = 60_000;

/** The period is from the minute of the first job to the start of the last one. */
function readOwnJobs(
  { jobs: paths, defaultQueue }: SimulateFlags,
  queues: readonly string[],
): ScenarioJobs {
  const { jobs: all, skipped, problems } = readJobFiles(paths, { defaultQueue });
  const { jobs, unserved } = dropUnservedJobs(all, queues);
  const notes = [
    ...skipped.map(({ reason, count }) => `${plural(count, "job")} left out: ${reason}`),
    ...[...unserved].map(
      ([queue, count]) => `${plural(count, "job")} left out: no scaler serves ${queue}`,
    ),
  ];
  const [first] = jobs;
  const last = jobs.at(-1);
  if (first === undefined || last === undefined) {
    const noJobs = { where: paths.join(", "), what: "no job is for a queue that a scaler serves" };
    return { startMs: 0, endMs: 0, problems: problems.length > 0 ? problems : [noJobs], notes };
  }
  const startMs = Math.floor(appearanceMs(first) / MINUTE_MS) * MINUTE_MS;
  return { startMs, endMs: appearanceMs(last) + 1, jobs: () => jobs, problems, notes };
}

function createGroupOptions(
  { queues, group, agentsPerInstance, scaleIn }: Scaler,
  flags: SimulateFlags,
): GroupOptions {
  const { min, max } = flags.limits.find((limits) => limits.group === group) ?? flags;
  return {
    name: group,
    queues,
    agentsPerInstance,
    min,
    max,
    instance: {
      boot: flags.boot,
      connect: flags.connect,
      terminate: flags.terminate,
      launchFailures: flags.launchFailures,
      lossesPerHour: flags.lossesPerHour,
      leastBilledSeconds: flags.leastBilled,
      agentDeathsPerHour: flags.agentDeathsPerHour,
      commands: { answer: flags.commandAnswer, silentInstances: flags.silentInstances },
      scaleInEnds: flags.scaleInEnds === "idle" ? "idle first" : "any",
      ...(scaleIn.endedBy === "instance" || flags.idleTimeout !== undefined
        ? { endsItself: { failures: flags.endFailures } }
        : {}),
      ...(flags.capacity === undefined ? {} : { capacityLimit: flags.capacity }),
      ...(flags.idleTimeout === undefined ? {} : { endsItselfAfterIdleSeconds: flags.idleTimeout }),
    },
  };
}
