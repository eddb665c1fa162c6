import * as v from "valibot";
import { setDesiredCapacity } from "./clients/auto-scaling.ts";
import { atMost } from "./clients/map-with-concurrency.ts";
import { slotIsOver } from "./core/beat.ts";
import { instant, memory } from "./core/contract.ts";
import { type Change, scaleOutsFirst } from "./core/decision.ts";
import type { Fault } from "./core/facts.ts";
import { faultOf } from "./core/faults.ts";
import { remembering } from "./core/memory.ts";
import { whole } from "./core/schema-helpers.ts";
import { emit } from "./middleware/embedded-metric.ts";
import { type Tools, task } from "./middleware/task.ts";

const change = v.object({
  scaler: v.string(),
  group: v.string(),
  action: v.picklist(["scale-out", "scale-in"]),
  from: whole(0),
  to: whole(0),
}) satisfies v.GenericSchema<unknown, Change>;

const event = v.object({
  cluster: v.optional(v.string(), ""),
  plan: v.object({ decidedAt: instant, changes: v.array(change) }),
  carry: v.looseObject({
    memory,
    loop: v.optional(v.looseObject({ pollUntil: v.optional(instant) })),
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
  const ordered = scaleOutsFirst(plan.changes);
  const outcomes = await atMost(CALLS_AT_ONCE, ordered, (each) => apply(each, tools));
  const applied = new Map(ordered.map(({ scaler }, index) => [scaler, outcomes[index]]));
  const refused = outcomes.filter((outcome) => "fault" in outcome);
  if (refused.length > 0)
    emit("RefusedScalings", refused.length, cluster, tools.now(), { refused });
  const done = ordered.filter(({ scaler }) => "set" in (applied.get(scaler) ?? {}));
  return {
    ...carry,
    memory: remembering(done, carry.memory, plan.decidedAt),
    applied: Object.fromEntries(applied),
    ...(slotIsOver(carry.loop?.pollUntil, tools.now()) ? { lastPoll: true } : {}),
  };
}

async function apply({ scaler, group, to }: Change, { signal, log }: Tools): Promise<Outcome> {
  try {
    await setDesiredCapacity(group, to, signal);
    return { set: to };
  } catch (error) {
    const fault = faultOf(error);
    log.warn("desired capacity not set", { scaler, group, to, fault });
    return { fault };
  }
}

export const handler = task(event, applyScaling);
