import type { PollFacts } from "../functions/core/poll.ts";
import { parseScalers } from "../functions/core/read-scalers.ts";
import type { ScalerEntry } from "../functions/core/scaler-entry.ts";

/** So many entries as somebody might write them: names of usual length, a few settings each. */
export function exampleEntries(count: number): ScalerEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    queue: `team-${index}`,
    group: `buildkite-team-${index}`,
    agentsPerInstance: 4,
    scaleIn: { cooldown: "5m" },
  }));
}

const OBSERVED_AT = "2026-01-05T09:00:00.000Z";

/** What one poll has to go by, with so many scalers, half of which have something to change. */
export function examplePollFacts(count: number): PollFacts {
  const scalers = parseScalers(exampleEntries(count));
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
