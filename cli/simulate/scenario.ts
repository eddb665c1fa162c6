import { readLoopSettings } from "../../config/definition.ts";
import { plural } from "../../functions/core/plural.ts";
import type { Problem } from "../../functions/core/problems.ts";
import { appearanceMs, type GroupOptions, type Job } from "../../simulation/fleet/options.ts";
import { randomStream } from "../../simulation/fleet/random.ts";
import { dropUnservedJobs, readJobFiles } from "../../simulation/job-files/job-file.ts";
import type { Scenario } from "../../simulation/simulate.ts";
import type { TracedScaler } from "../../simulation/trace.ts";
import { BUILT_IN_WORKLOADS, parseParameters } from "../../simulation/workloads/built-in.ts";
import { mergeByTime } from "../../simulation/workloads/merge-by-time.ts";
import type { SimulateFlags } from "./flags.ts";

/** A scenario, or everything that keeps it from being one. */
export interface ScenarioResult {
  scenario?: Scenario;
  problems: Problem[];
  /** What was left out, in words. */
  notes: string[];
}

const DAY_MS = 86_400_000;

/** The scenario that the flags ask for, for these queues. */
export function prepareScenario(flags: SimulateFlags, queues: readonly string[]): ScenarioResult {
  const work = flags.jobs.length > 0 ? ownJobs(flags, queues) : builtInJobs(flags, queues);
  if (work.jobs === undefined) return { problems: work.problems, notes: work.notes };
  const deployed = readLoopSettings();
  if ("problem" in deployed) {
    return { problems: [{ where: "the definition", what: deployed.problem }], notes: work.notes };
  }
  const { seed, price, pollInterval = deployed.pollIntervalSeconds } = flags;
  const scenario = {
    startMs: work.startMs,
    endMs: work.endMs,
    seed,
    pollIntervalSeconds: pollInterval,
    pricePerHour: price,
    jobs: work.jobs,
    groupFor: (scaler: TracedScaler & { agentsPerInstance: number }) => groupOf(scaler, flags),
  };
  return { scenario, problems: [], notes: work.notes };
}

/** Jobs, and when they come. */
interface Work {
  startMs: number;
  endMs: number;
  /** Absent where there are problems. */
  jobs?: () => Iterable<Job>;
  problems: Problem[];
  notes: string[];
}

function builtInJobs(flags: SimulateFlags, queues: readonly string[]): Work {
  const { workload, set, seed, from: startMs, days } = flags;
  const endMs = startMs + days * DAY_MS;
  const builtIn = BUILT_IN_WORKLOADS[workload];
  if (builtIn === undefined) throw new RangeError(`there is no workload ${workload}`);
  const { numbers, problems } = parseParameters(builtIn, set);
  if (problems.length > 0) return { startMs, endMs, problems, notes: [] };
  const jobs = () =>
    mergeByTime(
      queues.map((queue) => {
        const random = randomStream(seed, `queue/${queue}`);
        return builtIn.jobs(numbers, { queue, fromMs: startMs, toMs: endMs, random });
      }),
    );
  return { startMs, endMs, jobs, problems, notes: [] };
}

const MINUTE_MS = 60_000;

/** From the minute of the first job to the last one's arrival. */
function ownJobs({ jobs: paths, defaultQueue }: SimulateFlags, queues: readonly string[]): Work {
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
    const none = { where: paths.join(", "), what: "no job of a queue that a scaler serves" };
    const found = problems.length > 0 ? problems : [none];
    return { startMs: 0, endMs: 0, problems: found, notes };
  }
  const startMs = Math.floor(appearanceMs(first) / MINUTE_MS) * MINUTE_MS;
  return { startMs, endMs: appearanceMs(last) + 1, jobs: () => jobs, problems, notes };
}

function groupOf(
  { queues, group, agentsPerInstance }: TracedScaler & { agentsPerInstance: number },
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
      scaleInEnds: flags.scaleInEnds === "idle" ? "idle first" : "any",
      ...(flags.capacity === undefined ? {} : { capacityLimit: flags.capacity }),
      ...(flags.idleTimeout === undefined ? {} : { endsItselfAfterIdleSeconds: flags.idleTimeout }),
    },
  };
}
