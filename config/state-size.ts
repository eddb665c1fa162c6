import { decidePoll, type PollFacts } from "../functions/core/poll.ts";
import type { Scaler } from "../functions/core/scaler.ts";

/**
 * Most bytes that the entries of one loop may add to a state. Step Functions passes at most 262,144
 * bytes (as UTF-8) from state to state; the rest is room for fault messages.
 */
const MOST_STATE_BYTES = 200_000;

/**
 * The same for a loop with a graceful group. At the limits of a loop, up to 200 answers of looks, SSM's
 * record of 200 stops and 300 leaving instances are in the state too: 137,000 bytes. A loop that listens
 * for events has a message and its times there: 2,000 bytes.
 */
const MOST_GRACEFUL_STATE_BYTES = 123_000;

/** Most bytes that the entries of one loop may add to a state. */
export function mostStateBytes(scalers: readonly Scaler[]): number {
  return scalers.some(({ scaleIn }) => scaleIn.graceful)
    ? MOST_GRACEFUL_STATE_BYTES
    : MOST_STATE_BYTES;
}

/**
 * Estimates how many bytes one entry can add to the largest state of a poll: the input or the output
 * of Compute capacity, for a busy poll with large numbers.
 */
export function estimateStateBytes(entry: unknown, scaler: Scaler): number {
  const facts = createBusyPoll(scaler);
  const { memory, observation } = facts;
  return Math.max(countBytes({ entry, memory, observation }), countBytes(decidePoll(facts).poll));
}

function countBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

const LARGE = 99_999;
const OBSERVED_AT = "2026-01-05T09:00:00.000Z";

/** A poll with every optional fact and reason: just after a scale-out, with another one due. */
function createBusyPoll(scaler: Scaler): PollFacts {
  const jobs = { scheduled: LARGE, running: LARGE, waiting: LARGE };
  const agents = { idle: LARGE, busy: LARGE, total: LARGE };
  const group = { desired: LARGE, min: 0, max: LARGE * LARGE, inService: LARGE, pending: LARGE };
  return {
    settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 10 },
    loop: {
      nextPollAt: OBSERVED_AT,
      pollUntil: "2026-01-05T10:00:00Z",
      publishMetrics: true,
      allQueueMetrics: true,
    },
    scalers: [scaler],
    memory: { [scaler.name]: { lastScaleInAt: OBSERVED_AT, lastScaleOutAt: OBSERVED_AT } },
    observation: {
      observedAt: OBSERVED_AT,
      queues: Object.fromEntries(scaler.queues.map((queue) => [queue, { jobs, agents }])),
      groups: { [scaler.group]: group },
    },
    observedAt: OBSERVED_AT,
  };
}
