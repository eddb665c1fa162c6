import * as v from "valibot";
import { setDesiredCapacity } from "./clients/auto-scaling.ts";
import { mapWithConcurrency } from "./clients/map-with-concurrency.ts";
import { isSlotOver } from "./core/beat.ts";
import { type Change, changeSchema, sortScaleOutsFirst } from "./core/decision.ts";
import type { Fault } from "./core/facts.ts";
import { toFault } from "./core/faults.ts";
import { instantSchema } from "./core/instant.ts";
import { memorySchema, recordScalings } from "./core/memory.ts";
import { writeMetric } from "./middleware/embedded-metric.ts";
import { type Tools, task } from "./middleware/task.ts";

const eventSchema = v.object({
  loop: v.optional(v.string(), ""),
  plan: v.object({ decidedAt: instantSchema, changes: v.array(changeSchema) }),
  carry: v.looseObject({
    memory: memorySchema,
    loop: v.optional(v.looseObject({ pollUntil: v.optional(instantSchema) })),
  }),
});

const clients = { setDesiredCapacity };

/** The services that Apply scaling commands. */
export type ApplyClients = typeof clients;

const CALLS_AT_ONCE = 10;

/** The outcome of one change: the desired capacity that was set, or the fault that prevented it. */
type Outcome = { set: number } | { fault: Fault };

/**
 * Makes every change of a plan, scale-outs first. A change that fails does not stop the others and
 * starts no cooldown. Returns the carried state with each change's outcome in `applied`; sets
 * `lastPoll` if the calls outlasted the slot, because another loop polls by then.
 */
export async function applyScaling(
  { loop, plan, carry }: v.InferOutput<typeof eventSchema>,
  tools: Tools<ApplyClients>,
) {
  const changes = sortScaleOutsFirst(plan.changes);
  const outcomes = await mapWithConcurrency(CALLS_AT_ONCE, changes, (each) =>
    applyChange(each, tools),
  );
  const applied = new Map(changes.map(({ scaler }, index) => [scaler, outcomes[index]]));
  const refused = outcomes.filter((outcome) => "fault" in outcome);
  if (refused.length > 0)
    writeMetric("RefusedScalings", refused.length, loop, tools.now(), { refused });
  const succeeded = changes.filter(({ scaler }) => "set" in (applied.get(scaler) ?? {}));
  return {
    ...carry,
    memory: recordScalings(succeeded, carry.memory, plan.decidedAt),
    applied: Object.fromEntries(applied),
    ...(isSlotOver(carry.loop?.pollUntil, tools.now()) ? { lastPoll: true } : {}),
  };
}

async function applyChange(
  { scaler, group, to }: Change,
  { clients, signal, log }: Tools<ApplyClients>,
): Promise<Outcome> {
  try {
    await clients.setDesiredCapacity(group, to, signal);
    return { set: to };
  } catch (error) {
    const fault = toFault(error);
    log.warn("desired capacity not set", { scaler, group, to, fault });
    return { fault };
  }
}

export const handler = task(eventSchema, applyScaling, clients);
