import { announceJobs } from "../../local/sandbox/announce-jobs.ts";
import { createEventPath, formatQueueUrl } from "../../local/sandbox/event-path.ts";
import type { EventQueue } from "../../local/sandbox/event-queue.ts";
import { randomStream } from "../../simulation/fleet/random.ts";
import { type DemoFleetOptions, listDemoJobs, listQueues } from "./demo-fleet.ts";

/** Buildkite's events in a tryout. */
export interface DemoEvents {
  /** The queues of SQS, for the sandbox. */
  queues: Map<string, EventQueue>;
  /** Announces the jobs from now on. Returns what the loop's input needs in order to listen. */
  start(sandboxUrl: string): { events: { queueUrl: string } };
  stop(): void;
}

/** From a job that is scheduled to the message in the queue, in seconds. */
const DELAY = { median: 0.3, p95: 0.6 };

/** Creates the events of a tryout's jobs. */
export function createDemoEvents(options: DemoFleetOptions, startMs: number): DemoEvents {
  const { loop, seed } = options;
  const { bus, queue, queueName } = createEventPath(loop.name, listQueues(loop), Date.now);
  let stop = () => {};
  return {
    queues: new Map([[queueName, queue]]),
    start: (sandboxUrl) => {
      const jobs = listDemoJobs(options, startMs);
      const random = randomStream(seed, `events/${loop.name}`);
      ({ stop } = announceJobs(jobs, bus, { delay: DELAY }, random));
      return { events: { queueUrl: formatQueueUrl(sandboxUrl, queueName) } };
    },
    stop: () => stop(),
  };
}
