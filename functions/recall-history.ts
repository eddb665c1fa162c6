import * as v from "valibot";
import { readLastScalings } from "./clients/auto-scaling.ts";
import { mapWithConcurrency } from "./clients/map-with-concurrency.ts";
import { parseExecutionInput } from "./core/execution-input.ts";
import type { Fault } from "./core/facts.ts";
import { toFault } from "./core/faults.ts";
import {
  assumeUnseenDirection,
  lookBackSeconds,
  type Memory,
  memorySchema,
  mergeMemory,
  type ScalerMemory,
} from "./core/memory.ts";
import type { Scaler } from "./core/scaler.ts";
import { type Tools, task } from "./middleware/task.ts";

const eventSchema = v.object({
  input: v.unknown(),
  state: v.looseObject({ memory: memorySchema }),
});

const clients = { readLastScalings };

/** The service in which Recall history looks up past scalings. */
export type RecallClients = typeof clients;

const GROUPS_AT_ONCE = 5;

/** The past scalings of one scaler's group, or the fault that hides them. */
interface RecalledScaler {
  scaler: string;
  last: ScalerMemory;
  fault?: Fault;
}

/** The past scalings of all scalers. */
export interface RecalledHistory {
  memory: Memory;
  /** By scaler: why its activities could not be read, or not far enough back. */
  unread: Record<string, Fault>;
}

/**
 * Runs once a loop. Returns the state with the times of past scalings in `memory`. Scalers whose
 * activities could not be read are listed in `unread`; the rules take unknown times for no cooldown.
 */
async function recallHistory(
  { input, state }: v.InferOutput<typeof eventSchema>,
  tools: Tools<RecallClients>,
) {
  const { scalers } = parseExecutionInput(input);
  const { memory, unread } = await recallScalings(scalers, state.memory, tools);
  return { ...state, memory, ...(Object.keys(unread).length === 0 ? {} : { unread }) };
}

/** Looks up when the groups were last scaled, as far back as each scaler's longest cooldown. */
export async function recallScalings(
  scalers: readonly Scaler[],
  known: Memory,
  tools: Tools<RecallClients>,
): Promise<RecalledHistory> {
  const lookingBack = scalers.filter((scaler) => lookBackSeconds(scaler) > 0);
  const recalled = await mapWithConcurrency(GROUPS_AT_ONCE, lookingBack, (scaler) =>
    recallScaler(scaler, tools),
  );
  const found = Object.fromEntries(recalled.map(({ scaler, last }) => [scaler, last]));
  const unread = recalled.flatMap(({ scaler, fault }) => (fault ? [[scaler, fault]] : []));
  return { memory: mergeMemory(known, found), unread: Object.fromEntries(unread) };
}

async function recallScaler(
  scaler: Scaler,
  { clients, signal, now, log }: Tools<RecallClients>,
): Promise<RecalledScaler> {
  const since = new Date(now() - lookBackSeconds(scaler) * 1000).toISOString();
  try {
    const { last, complete } = await clients.readLastScalings(scaler.group, since, signal);
    return {
      scaler: scaler.name,
      last: assumeUnseenDirection(scaler, last, since),
      ...(complete ? {} : { fault: HISTORY_TOO_LONG }),
    };
  } catch (error) {
    const fault = toFault(error);
    log.warn("scaling activities unread", { scaler: scaler.name, group: scaler.group, fault });
    return { scaler: scaler.name, last: {}, fault };
  }
}

const HISTORY_TOO_LONG: Fault = {
  error: "HistoryTooLong",
  message: "more than three pages of scaling activities; older ones were not read",
};

export const handler = task(eventSchema, recallHistory, clients);
