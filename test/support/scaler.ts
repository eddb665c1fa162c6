import { parseScalers } from "../../functions/core/read-scalers.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import type { ScalerEntry } from "../../functions/core/scaler-entry.ts";

/**
 * A scaler as scalers.yml would make it: one agent an instance, the queue `default`, the group
 * `agents`, and what the entry says. No start-up grace, so that each rule stands alone.
 */
export function createScaler(entry: Partial<ScalerEntry> = {}): Scaler {
  const queue = "queues" in entry ? {} : { queue: "default" };
  const written = { ...queue, group: "agents", agentsPerInstance: 1, agentStartupGrace: 0 };
  const [scaler] = parseScalers([{ ...written, ...entry }]);
  if (scaler === undefined) throw new Error("one entry makes one scaler");
  return scaler;
}
