import { createEventBus, type EventBus } from "./event-bus.ts";
import { EventQueue } from "./event-queue.ts";
import type { EventPattern, EventRule } from "./event-rule.ts";

/** How a sandbox's events reach one loop, as they do on AWS: over a bus, a rule and a queue. */
export interface LoopEvents {
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
export function createLoopEvents(
  loop: string,
  buildkiteQueues: readonly string[],
  now: () => number,
): LoopEvents {
  const queue = new EventQueue(now);
  const bus = createEventBus(createRule(buildkiteQueues), queue);
  return { bus, queue, queueName: `scaling-loop-events-${loop.replaceAll(".", "-")}.fifo` };
}

/** The URL of a queue of a sandbox. */
export function formatQueueUrl(sandboxUrl: string, queueName: string): string {
  return `${sandboxUrl}/123456789012/${queueName}`;
}

function createRule(buildkiteQueues: readonly string[]): EventRule {
  return {
    pattern: createPattern(buildkiteQueues),
    inputPaths: { at: "$.time" },
    inputTemplate: '{"at":"<at>"}',
  };
}

function createPattern(buildkiteQueues: readonly string[]): EventPattern {
  const rules = buildkiteQueues.map((queue) => `queue=${queue}`);
  return {
    source: [{ prefix: "aws.partner/buildkite.com/" }],
    "detail-type": ["Job Scheduled"],
    detail: {
      job: {
        type: ["script"],
        $or: [{ agent_query_rules: rules }, { agent_query_rules: [{ exists: false }] }],
      },
    },
  };
}
