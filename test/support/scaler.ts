import { parseScalers } from "../../functions/core/read-scalers.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import type { ScalerEntry } from "../../functions/core/scaler-entry.ts";

/**
 * Creates a scaler from an entry of scalers.yml. Defaults: one agent per instance, the queue
 * `default`, the group `agents`, and no start-up grace, so that each rule can be tested alone.
 */
export function createScaler(entry: Partial<ScalerEntry> = {}): Scaler {
  const queue = "queues" in entry ? {} : { queue: "default" };
  const base = { ...queue, group: "agents", agentsPerInstance: 1, agentStartupGrace: 0 };
  const [scaler] = parseScalers([{ ...base, ...entry }]);
  if (scaler === undefined) throw new Error("one entry has one scaler");
  return scaler;
}
