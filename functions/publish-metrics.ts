import * as v from "valibot";
import { putMetrics } from "./clients/cloudwatch.ts";
import { runWithTimeLimit } from "./clients/time-limit.ts";
import { instantSchema, queueFactsSchema } from "./core/contract.ts";
import { NamedFault } from "./core/faults.ts";
import { parseInstantMs } from "./core/instant.ts";
import { type Snapshot, toMetricData } from "./core/metrics.ts";
import { flagSchema, recordSchema, wholeNumberSchema } from "./core/schema-helpers.ts";
import { type Tools, task } from "./middleware/task.ts";

const count = v.optional(wholeNumberSchema(0));

const snapshot = v.object({
  observedAt: instantSchema,
  organization: v.optional(v.string()),
  cluster: v.optional(v.string()),
  queues: recordSchema(queueFactsSchema),
  scalers: recordSchema(
    v.object({ desired: count, inService: count, target: count, heldByFault: flagSchema }),
  ),
}) satisfies v.GenericSchema<unknown, Snapshot>;

const event = v.object({ cluster: v.string(), publish: snapshot, nextPollAt: instantSchema });

/**
 * Publishes one poll's metrics. The next poll comes first: publishing is given up when that is due.
 * @throws NamedFault PublishingGivenUp, or what the client throws
 */
async function publishMetrics(
  { cluster, publish, nextPollAt }: v.InferOutput<typeof event>,
  { signal, now }: Tools,
) {
  const data = toMetricData(publish, cluster);
  const leftMs = Math.max(0, parseInstantMs(nextPollAt) - now());
  const calls = await runWithTimeLimit(leftMs, signal, (limited, expired) =>
    putMetrics(data, publish.observedAt, limited).catch((error: unknown) => {
      if (!expired()) throw error;
      const message = "the next poll was due before the metrics were published";
      throw new NamedFault("PublishingGivenUp", message, { cause: error });
    }),
  );
  return { data: data.length, calls };
}

export const handler = task(event, publishMetrics);
