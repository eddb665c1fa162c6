import type { Verdict } from "./decision.ts";
import { formatTimesTag, type GroupTimes } from "./group-times.ts";
import { type ScalerMemory, usesTimes } from "./memory.ts";
import type { TimesUpdate } from "./plan.ts";

/**
 * Returns the update of a group's tag that a poll needs; undefined if the tag says already what has to be
 * remembered. The effect of the poll's own change is added by Apply scaling once the change is made.
 */
export function findTimesUpdate(
  { scaler, group, basis }: Verdict,
  memory: ScalerMemory,
): TimesUpdate | undefined {
  if (scaler.dryRun || !usesTimes(scaler) || group === undefined || basis === undefined)
    return undefined;
  const times = pickTimes(memory);
  const known = group.times ?? {};
  const isKnown =
    group.timesUnknown === undefined &&
    known.desired === undefined &&
    formatTimesTag(times) === formatTimesTag(known);
  if (isKnown) return undefined;
  return { scaler: scaler.name, group: scaler.group, desired: group.desired };
}

/** The part of what is remembered about a scaler that its group's tag keeps. */
export function pickTimes({
  lastScaleInAt,
  lastScaleOutAt,
  surplusSince,
  shortageSince,
  drainSince,
  ended,
}: ScalerMemory): GroupTimes {
  return { lastScaleInAt, lastScaleOutAt, surplusSince, shortageSince, drainSince, ended };
}
