import type { Job } from "../../simulation/fleet/options.ts";
import { randomStream } from "../../simulation/fleet/random.ts";
import {
  generateBursts,
  generateSteadyJobs,
  type Span,
} from "../../simulation/workloads/generate-jobs.ts";
import { mergeByTime } from "../../simulation/workloads/merge-by-time.ts";

const SHORT_SECONDS = { from: 8, to: 25 };
const LONG_SECONDS = { from: 30, to: 50 };

/**
 * Patterns of a working day, shortened so that a few minutes show scale-outs and scale-ins. The first
 * jobs are scheduled within seconds.
 */
const PATTERNS = {
  steady: (span: Span) =>
    mergeByTime([
      generateBursts(
        {
          everySeconds: Number.POSITIVE_INFINITY, // A single burst.
          firstSeconds: 1,
          jobs: { from: 3, to: 4 },
          durationSeconds: SHORT_SECONDS,
        },
        span,
      ),
      generateSteadyJobs({ jobsPerHour: 600, durationSeconds: SHORT_SECONDS }, span),
    ]),
  bursts: (span: Span) =>
    generateBursts(
      {
        everySeconds: 70,
        firstSeconds: 2,
        jobs: { from: 10, to: 16 },
        durationSeconds: SHORT_SECONDS,
      },
      span,
    ),
  "rare-long": (span: Span) =>
    generateBursts(
      {
        everySeconds: 90,
        firstSeconds: 3,
        jobs: { from: 1, to: 2 },
        durationSeconds: LONG_SECONDS,
      },
      span,
    ),
} satisfies Record<string, (span: Span) => Iterable<Job>>;

/** The values of `--workload`: one pattern for all queues, or `mix`: the patterns in turn, one per queue. */
export const DEMO_WORKLOADS = ["mix", "steady", "bursts", "rare-long"] as const;

export type DemoWorkload = (typeof DEMO_WORKLOADS)[number];

const MIX = ["steady", "bursts", "rare-long"] as const;

/** Generates the jobs of all queues, ordered by time. A queue's jobs do not depend on the other queues. */
export function generateDemoJobs(
  queues: readonly string[],
  workload: DemoWorkload,
  { seed, fromMs, toMs }: { seed: number; fromMs: number; toMs: number },
): Iterable<Job> {
  return mergeByTime(
    queues.map((queue, index) => {
      const pattern = workload === "mix" ? MIX[index % MIX.length] : workload;
      const random = randomStream(seed, `queue/${queue}`);
      return PATTERNS[pattern ?? "steady"]({ queue, fromMs, toMs, random });
    }),
  );
}
