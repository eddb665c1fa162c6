/** How Buildkite's events reach the queue of a loop: on AWS, in the sandbox and in the simulator. */

/** The pattern of a rule of EventBridge. */
export type EventPattern = { [key: string]: unknown };

/** A rule of EventBridge: which events it takes, and what it makes of them. */
export interface EventRule {
  pattern: EventPattern;
  /** JSONPaths of the event, by the name that the template has for them. */
  inputPaths: Readonly<Record<string, string>>;
  /** The text for the target, with `<name>` for each value. */
  inputTemplate: string;
}

/** The names of Buildkite's partner event sources begin like this. */
export const PARTNER_PREFIX = "aws.partner/buildkite.com/";

/** SQS keeps a message for at least a minute. A received one is visible again soon, if nobody deletes it. */
export const EVENT_QUEUE = { retentionSeconds: 60, visibilitySeconds: 5 };

/** One message group: the messages of a loop are received one after another. */
export const EVENT_MESSAGE_GROUP = "events";

/** AWS's default quota for the characters of a pattern. */
const LONGEST_PATTERN = 2048;

/**
 * Builds the rule of a loop: scheduled command jobs of its queues, and jobs without a queue, which run in the
 * cluster's default queue. If the queues make the pattern too long, it takes the jobs of all queues: an event
 * more than needed is one needless poll. The message is the event's second.
 */
export function buildEventRule(queues: readonly string[]): EventRule {
  const narrow = createPattern({
    $or: [
      { agent_query_rules: queues.map((queue) => `queue=${queue}`) },
      { agent_query_rules: [{ exists: false }] },
    ],
  });
  const fits = JSON.stringify(narrow).length <= LONGEST_PATTERN;
  return {
    pattern: fits ? narrow : createPattern({}),
    inputPaths: { at: "$.time" },
    inputTemplate: '{"at":"<at>"}',
  };
}

function createPattern(job: object): EventPattern {
  return {
    source: [{ prefix: PARTNER_PREFIX }],
    "detail-type": ["Job Scheduled"],
    detail: { job: { type: ["script"], ...job } },
  };
}
