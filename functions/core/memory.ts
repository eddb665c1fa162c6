import type { Change } from "./decision.ts";
import type { Memory, ScalerMemory } from "./facts.ts";
import { ownValue } from "./own-value.ts";

/**
 * What is remembered once changes have been made. A cooldown counts from the poll that decided the
 * change, not from the end of the call that made it.
 */
export function recordScalings(done: readonly Change[], known: Memory, decidedAt: string): Memory {
  const times = done.map(({ scaler, action }): [string, ScalerMemory] => [
    scaler,
    {
      ...ownValue(known, scaler),
      ...(action === "scale-in" ? { lastScaleInAt: decidedAt } : { lastScaleOutAt: decidedAt }),
    },
  ]);
  return { ...known, ...Object.fromEntries(times) };
}
