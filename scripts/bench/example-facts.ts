import type { PollFacts } from "../../functions/core/poll.ts";
import { parseScalers } from "../../functions/core/read-scalers.ts";
import { createExampleEntries } from "../../local/measure/example-entries.ts";

const OBSERVED_AT = "2026-01-05T09:00:00.000Z";

/** Returns the facts of one poll with `count` scalers. About half of them have a change to make. */
export function createExampleFacts(count: number): PollFacts {
  const scalers = parseScalers(createExampleEntries(count));
  const agents = { idle: 4, busy: 4, total: 8 };
  const group = { desired: 2, min: 0, max: 20, inService: 2, pending: 0 };
  return {
    settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 60 },
    scalers,
    memory: {},
    observation: {
      observedAt: OBSERVED_AT,
      queues: Object.fromEntries(
        scalers.map(({ name }, index) => [
          `team-${index}`,
          { jobs: { scheduled: name.length % 2 === 0 ? 12 : 1, running: 4, waiting: 2 }, agents },
        ]),
      ),
      groups: Object.fromEntries(scalers.map((scaler) => [scaler.group, group])),
    },
    observedAt: OBSERVED_AT,
  };
}
