import * as v from "valibot";
import { putData } from "./clients/cloudwatch.ts";
import { withinLimit } from "./clients/time-limit.ts";
import { instant, queueFacts } from "./core/contract.ts";
import { NamedFault } from "./core/faults.ts";
import { millisecondsOf } from "./core/instant.ts";
import { dataOf, type Snapshot } from "./core/metrics.ts";
import { byName, flag, whole } from "./core/schema-helpers.ts";
import { type Tools, task } from "./middleware/task.ts";

const count = v.optional(whole(0));

const snapshot = v.object({
  observedAt: instant,
  organization: v.optional(v.string()),
  cluster: v.optional(v.string()),
  queues: byName(queueFacts),
  scalers: byName(v.object({ desired: count, inService: count, target: count, heldByFault: flag })),
}) satisfies v.GenericSchema<unknown, Snapshot>;

const event = v.object({ cluster: v.string(), publish: snapshot, nextPollAt: instant });

/**
 * Publishes one poll's metrics. The next poll comes first: publishing is given up when that is due.
 * @throws NamedFault PublishingGivenUp, or what the client throws
 */
async function publishMetrics(
  { cluster, publish, nextPollAt }: v.InferOutput<typeof event>,
  { signal, now }: Tools,
) {
  const data = dataOf(publish, cluster);
  const leftMs = Math.max(0, millisecondsOf(nextPollAt) - now());
  const calls = await withinLimit(leftMs, signal, (limited, expired) =>
    putData(data, publish.observedAt, limited).catch((error: unknown) => {
      if (!expired()) throw error;
      const message = "the next poll was due before the metrics were published";
      throw new NamedFault("PublishingGivenUp", message, { cause: error });
    }),
  );
  return { data: data.length, calls };
}

export const handler = task(event, publishMetrics);
