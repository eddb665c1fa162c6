import { buildEventRule } from "../../config/event-rule.ts";
import { nameEventQueue } from "../../functions/core/events.ts";
import { createEventBus, type EventBus } from "./event-bus.ts";
import { EventQueue } from "./event-queue.ts";

const QUEUE_PREFIX = "buildkite-scaling-loop-prod-events-";

/** How a sandbox's events reach one loop, as they do on AWS: over a bus, a rule and a queue. */
export interface EventPath {
  bus: EventBus;
  queue: EventQueue;
  /** The name of the queue: a sandbox has it under this name. */
  queueName: string;
}

/**
 * Creates the bus, the rule and the queue of a loop.
 * @param buildkiteQueues the queues whose jobs wake the loop
 * @param now returns the time, in epoch milliseconds
 */
export function createEventPath(
  loop: string,
  buildkiteQueues: readonly string[],
  now: () => number,
): EventPath {
  const queue = new EventQueue(now);
  const bus = createEventBus(buildEventRule(buildkiteQueues), queue);
  return { bus, queue, queueName: nameEventQueue(QUEUE_PREFIX, loop) };
}

/** The URL of a queue of a sandbox. */
export function formatQueueUrl(sandboxUrl: string, queueName: string): string {
  return `${sandboxUrl}/123456789012/${queueName}`;
}
