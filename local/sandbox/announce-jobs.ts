import { type EventDelivery, sampleArrivalsMs } from "../../simulation/events/delivery.ts";
import { appearanceMs, type Job } from "../../simulation/fleet/options.ts";
import type { Random } from "../../simulation/fleet/random.ts";
import { createJobEvent } from "./buildkite-events.ts";
import type { EventBus } from "./event-bus.ts";

/**
 * Sends the event `Job Scheduled` for each job when it is scheduled, until `stop` is called. A job that has to
 * start again after it lost its instance sends no second event.
 * @param jobs in the order of {@link appearanceMs}; read as they appear
 */
export function announceJobs(
  jobs: Iterable<Job>,
  bus: EventBus,
  delivery: EventDelivery,
  random: Random,
): { stop(): void } {
  const remaining = jobs[Symbol.iterator]();
  let timer: NodeJS.Timeout | undefined;
  const announce = (job: Job) => {
    const arrivalsMs = sampleArrivalsMs(job, delivery, random);
    bus.put(createJobEvent("Job Scheduled", job), arrivalsMs);
  };
  const waitForNext = () => {
    const { done, value: job } = remaining.next();
    if (done === true) return;
    timer = setTimeout(
      () => {
        announce(job);
        waitForNext();
      },
      Math.max(0, appearanceMs(job) - Date.now()),
    );
  };
  waitForNext();
  return {
    stop: () => {
      clearTimeout(timer);
      bus.close();
    },
  };
}
