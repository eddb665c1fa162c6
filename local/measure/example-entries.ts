import type { ScalerEntry } from "../../functions/core/scaler-entry.ts";

/** Returns entries as users write them: names of usual length and a few settings each. */
export function createExampleEntries(count: number): ScalerEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    queue: `team-${index}`,
    group: `buildkite-team-${index}`,
    agentsPerInstance: 4,
    scaleIn: { cooldown: "5m" },
  }));
}
