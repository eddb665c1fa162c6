import * as v from "valibot";
import { setDesiredCapacity } from "./clients/auto-scaling.ts";
import { mapWithConcurrency } from "./clients/map-with-concurrency.ts";
import { isSlotOver } from "./core/beat.ts";
import { instantSchema, memorySchema } from "./core/contract.ts";
import { type Change, sortScaleOutsFirst } from "./core/decision.ts";
import type { Fault } from "./core/facts.ts";
import { toFault } from "./core/faults.ts";
import { recordScalings } from "./core/memory.ts";
import { wholeNumberSchema } from "./core/schema-helpers.ts";
import { writeMetric } from "./middleware/embedded-metric.ts";
import { type Tools, task } from "./middleware/task.ts";

const change = v.object({
  scaler: v.string(),
  group: v.string(),
  action: v.picklist(["scale-out", "scale-in"]),
  from: wholeNumberSchema(0),
  to: wholeNumberSchema(0),
}) satisfies v.GenericSchema<unknown, Change>;

const event = v.object({
  cluster: v.optional(v.string(), ""),
  plan: v.object({ decidedAt: instantSchema, changes: v.array(change) }),
  carry: v.looseObject({
    memory: memorySchema,
    loop: v.optional(v.looseObject({ pollUntil: v.optional(instantSchema) })),
  }),
});

const CALLS_AT_ONCE = 10;

/** What came of one change: the desired capacity that was set, or why it was not. */
type Outcome = { set: number } | { fault: Fault };

/**
 * Makes every change of a plan, scale-outs first. One that fails keeps no other from being made,
 * and starts no cooldown. Gives what is carried on back, with what came of each under `applied`,
 * and with `lastPoll` where the calls took until after the slot: another loop polls by now.
 */
async function applyScaling({ cluster, plan, carry }: v.InferOutput<typeof event>, tools: Tools) {
  const ordered = sortScaleOutsFirst(plan.changes);
  const outcomes = await mapWithConcurrency(CALLS_AT_ONCE, ordered, (each) => apply(each, tools));
  const applied = new Map(ordered.map(({ scaler }, index) => [scaler, outcomes[index]]));
  const refused = outcomes.filter((outcome) => "fault" in outcome);
  if (refused.length > 0)
    writeMetric("RefusedScalings", refused.length, cluster, tools.now(), { refused });
  const done = ordered.filter(({ scaler }) => "set" in (applied.get(scaler) ?? {}));
  return {
    ...carry,
    memory: recordScalings(done, carry.memory, plan.decidedAt),
    applied: Object.fromEntries(applied),
    ...(isSlotOver(carry.loop?.pollUntil, tools.now()) ? { lastPoll: true } : {}),
  };
}

async function apply({ scaler, group, to }: Change, { signal, log }: Tools): Promise<Outcome> {
  try {
    await setDesiredCapacity(group, to, signal);
    return { set: to };
  } catch (error) {
    const fault = toFault(error);
    log.warn("desired capacity not set", { scaler, group, to, fault });
    return { fault };
  }
}

export const handler = task(event, applyScaling);
