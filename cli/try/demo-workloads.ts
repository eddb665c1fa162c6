import type { Job } from "../../simulation/fleet/options.ts";
import { randomStream } from "../../simulation/fleet/random.ts";
import { mergeByTime } from "../../simulation/workloads/merge-by-time.ts";
import {
  generateBursts,
  generateSteadyJobs,
  type Span,
} from "../../simulation/workloads/workload.ts";

/**
 * What comes to a queue while one looks on: like a working day's habits, but short enough that a few
 * minutes show scale-outs and scale-ins. The first jobs come within seconds.
 */
const HABITS = {
  steady: (span: Span) =>
    mergeByTime([
      generateBursts(
        { ...ONCE, firstSeconds: 1, jobs: { from: 3, to: 4 }, durationSeconds: FEW },
        span,
      ),
      generateSteadyJobs({ jobsPerHour: 600, durationSeconds: FEW }, span),
    ]),
  bursts: (span: Span) =>
    generateBursts(
      { everySeconds: 70, firstSeconds: 2, jobs: { from: 10, to: 16 }, durationSeconds: FEW },
      span,
    ),
  "rare-long": (span: Span) =>
    generateBursts(
      { everySeconds: 90, firstSeconds: 3, jobs: { from: 1, to: 2 }, durationSeconds: LONG },
      span,
    ),
} satisfies Record<string, (span: Span) => Iterable<Job>>;

const ONCE = { everySeconds: Number.POSITIVE_INFINITY };
const FEW = { from: 8, to: 25 };
const LONG = { from: 30, to: 50 };

/** What a person may choose: one habit for every queue, or `mix`, a different one for each in turn. */
export const WORKLOADS = ["mix", "steady", "bursts", "rare-long"] as const;

export type WorkloadName = (typeof WORKLOADS)[number];

const IN_TURN = ["steady", "bursts", "rare-long"] as const;

/** The jobs of all queues. */
export function generateJobs(
  queues: readonly string[],
  workload: WorkloadName,
  { seed, fromMs, toMs }: { seed: number; fromMs: number; toMs: number },
): Iterable<Job> {
  return mergeByTime(
    queues.map((queue, index) => {
      const habit = workload === "mix" ? IN_TURN[index % IN_TURN.length] : workload;
      const random = randomStream(seed, `queue/${queue}`);
      return HABITS[habit ?? "steady"]({ queue, fromMs, toMs, random });
    }),
  );
}
