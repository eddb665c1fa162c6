import * as v from "valibot";
import { readLastScalings } from "./clients/auto-scaling.ts";
import { mapWithConcurrency } from "./clients/map-with-concurrency.ts";
import { memorySchema } from "./core/contract.ts";
import { parseExecutionInput } from "./core/execution-input.ts";
import type { Fault, ScalerMemory } from "./core/facts.ts";
import { toFault } from "./core/faults.ts";
import { assumeUnseenDirection, lookBackSeconds } from "./core/history.ts";
import { latestInstant } from "./core/instant.ts";
import { ownValue } from "./core/own-value.ts";
import type { Scaler } from "./core/scaler.ts";
import { type Tools, task } from "./middleware/task.ts";

const event = v.object({ input: v.unknown(), state: v.looseObject({ memory: memorySchema }) });

const GROUPS_AT_ONCE = 5;

/** What one group's activity log told, or why it did not. */
interface Recalled {
  scaler: string;
  last: ScalerMemory;
  fault?: Fault;
}

/**
 * Once a loop: when the groups were last scaled, for their cooldowns, as far back as the longest of
 * them. Gives the state back with what it found. What could not be read stands under `unread` and
 * counts as unknown, which the rules take for: no cooldown.
 */
async function recallHistory({ input, state }: v.InferOutput<typeof event>, tools: Tools) {
  const lookingBack = parseExecutionInput(input).scalers.filter(
    (scaler) => lookBackSeconds(scaler) > 0,
  );
  const recalled = await mapWithConcurrency(GROUPS_AT_ONCE, lookingBack, (scaler) =>
    recall(scaler, tools),
  );
  const found = recalled.filter(({ last }) => Object.keys(last).length > 0);
  const unread = recalled.flatMap(({ scaler, fault }) => (fault ? [[scaler, fault]] : []));
  return {
    ...state,
    memory: {
      ...state.memory,
      ...Object.fromEntries(
        found.map(({ scaler, last }) => [
          scaler,
          later(ownValue(state.memory, scaler) ?? {}, last),
        ]),
      ),
    },
    ...(unread.length === 0 ? {} : { unread: Object.fromEntries(unread) }),
  };
}

async function recall(scaler: Scaler, { signal, now, log }: Tools): Promise<Recalled> {
  const since = new Date(now() - lookBackSeconds(scaler) * 1000).toISOString();
  try {
    const { last, complete } = await readLastScalings(scaler.group, since, signal);
    return {
      scaler: scaler.name,
      last: assumeUnseenDirection(scaler, last, since),
      ...(complete ? {} : { fault: TOO_LONG }),
    };
  } catch (error) {
    const fault = toFault(error);
    log.warn("scaling activities unread", { scaler: scaler.name, group: scaler.group, fault });
    return { scaler: scaler.name, last: {}, fault };
  }
}

const TOO_LONG: Fault = {
  error: "HistoryTooLong",
  message: "more than three pages of scaling activities; older ones were not read",
};

function later(known: ScalerMemory, found: ScalerMemory): ScalerMemory {
  const lastScaleInAt = latestInstant(known.lastScaleInAt, found.lastScaleInAt);
  const lastScaleOutAt = latestInstant(known.lastScaleOutAt, found.lastScaleOutAt);
  return {
    ...(lastScaleInAt === undefined ? {} : { lastScaleInAt }),
    ...(lastScaleOutAt === undefined ? {} : { lastScaleOutAt }),
  };
}

export const handler = task(event, recallHistory);
