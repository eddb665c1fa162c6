import { decidePoll, type PollFacts } from "../functions/core/poll.ts";
import { parseScalers, type Scaler, type ScalerEntry } from "../functions/core/scaler.ts";
import type { FullCluster, FullFile } from "./schema.ts";

/** What one execution is started with, but for the time: a cluster, or a part of a large one. */
export interface LoopInput {
  /** The cluster's name; from a cut cluster's second loop on with a number: `main.2`. */
  name: string;
  agentTokenParameter: string;
  agentEndpoint?: string;
  publishMetrics?: boolean;
  /** As written: whole seconds, or a duration such as `5s`. */
  startupJitter?: number | string;
  /** As written, with the defaults of the file and the cluster. */
  scalers: ScalerEntry[];
}

/** More are not read in one call, and make an execution that nobody reads. */
export const MOST_SCALERS = 100;

/**
 * Step Functions carries 262,144 bytes from state to state (as UTF-8; an execution's input too).
 * What is left over is room for what faults have to say.
 */
export const MOST_STATE_BYTES = 200_000;

/**
 * The loops of a file, in its order. A cluster with more scalers than one execution can carry is cut
 * after every hundredth, or earlier where a state would grow too large: who adds at the end moves
 * nobody to another loop.
 */
export function cutIntoLoops({ clusters }: FullFile): LoopInput[] {
  return clusters.flatMap((cluster) =>
    cut(cluster.scalers).map((scalers, index) => loopOf(cluster, index, scalers)),
  );
}

/** The cluster that a loop belongs to: the loops of a cut cluster are `main`, `main.2`, `main.3`. */
export function clusterName(loopName: string): string {
  return loopName.split(".", 1)[0] ?? loopName;
}

function loopOf(cluster: FullCluster, index: number, scalers: ScalerEntry[]): LoopInput {
  const { name, agentTokenParameter, agentEndpoint, publishMetrics, startupJitter } = cluster;
  return {
    name: index === 0 ? name : `${name}.${index + 1}`,
    agentTokenParameter,
    ...(agentEndpoint === undefined ? {} : { agentEndpoint }),
    ...(publishMetrics === undefined ? {} : { publishMetrics }),
    ...(startupJitter === undefined ? {} : { startupJitter }),
    scalers,
  };
}

function cut(entries: readonly ScalerEntry[]): ScalerEntry[][] {
  const parts: { entries: ScalerEntry[]; bytes: number }[] = [];
  for (const [index, scaler] of parseScalers(entries).entries()) {
    const entry = entries[index];
    if (entry === undefined) continue;
    const bytes = estimateStateBytes(entry, scaler);
    const part = parts.at(-1);
    const fits =
      part !== undefined &&
      part.entries.length < MOST_SCALERS &&
      part.bytes + bytes <= MOST_STATE_BYTES;
    if (fits) {
      part.entries.push(entry);
      part.bytes += bytes;
    } else {
      parts.push({ entries: [entry], bytes });
    }
  }
  return parts.map((part) => part.entries);
}

/**
 * How many bytes one entry can add to the largest state of a poll: what Compute capacity is given,
 * or what it gives. Found by asking it about a busy poll with large numbers.
 */
export function estimateStateBytes(entry: unknown, scaler: Scaler): number {
  const { poll } = decidePoll(busy(scaler));
  const { memory, observation } = busy(scaler);
  return Math.max(bytesOf({ entry, memory, observation }), bytesOf(poll));
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

const MANY = 99_999;
const OBSERVED_AT = "2026-01-05T09:00:00.000Z";

/** A poll in which everything that can be said is said: a scale-out just now, and another one due. */
function busy(scaler: Scaler): PollFacts {
  const jobs = { scheduled: MANY, running: MANY, waiting: MANY };
  const agents = { idle: MANY, busy: MANY, total: MANY };
  const group = { desired: MANY, min: 0, max: MANY * MANY, inService: MANY, pending: MANY };
  return {
    settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 10 },
    loop: { nextPollAt: OBSERVED_AT, pollUntil: "2026-01-05T10:00:00Z", publishMetrics: true },
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
