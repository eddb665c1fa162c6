import * as v from "valibot";
import { putMetrics } from "./clients/cloudwatch.ts";
import { runWithTimeLimit } from "./clients/time-limit.ts";
import { shortenListen } from "./core/events.ts";
import { NamedFault } from "./core/faults.ts";
import { instantSchema, parseInstantMs } from "./core/instant.ts";
import { snapshotSchema, toMetricData } from "./core/metrics.ts";
import { type Tools, task } from "./middleware/task.ts";

const eventSchema = v.object({
  loop: v.string(),
  publish: snapshotSchema,
  nextPollAt: instantSchema,
});

const clients = { putMetrics };

/**
 * Publishes one poll's metrics. The next poll has priority: publishing stops when that is due. Returns how
 * to listen for events in the time that is left.
 * @throws NamedFault PublishingGivenUp, or what the client throws
 */
async function publishMetrics(
  { loop, publish, nextPollAt }: v.InferOutput<typeof eventSchema>,
  { clients: { putMetrics }, signal, now }: Tools<typeof clients>,
) {
  const data = toMetricData(publish, loop);
  const leftMs = Math.max(0, parseInstantMs(nextPollAt) - now());
  const calls = await runWithTimeLimit(leftMs, signal, (limited, isExpired) =>
    putMetrics(data, publish.observedAt, limited).catch((error: unknown) => {
      if (!isExpired()) throw error;
      const message = "the next poll was due before the metrics were published";
      throw new NamedFault("PublishingGivenUp", message, { cause: error });
    }),
  );
  const listen = shortenListen(publish.listen, now());
  return { data: data.length, calls, ...(listen === undefined ? {} : { listen }) };
}

/** Returns the handler with the client that it calls. */
export const createHandler = (publishClients: typeof clients) =>
  task(eventSchema, publishMetrics, publishClients);

export const handler = createHandler(clients);
