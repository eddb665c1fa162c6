import type { Verdict } from "./decision.ts";
import { formatTimesTag, type GroupTimes } from "./group-times.ts";
import { type ScalerMemory, usesTimes } from "./memory.ts";
import type { TimesUpdate } from "./plan.ts";

/**
 * What the group's tag has to say after a poll: undefined if it says so already. The effect of the poll's
 * own change is added by Apply scaling once the change is made.
 */
export function findTimesUpdate(
  { scaler, group, basis }: Verdict,
  memory: ScalerMemory,
  isChanged: boolean,
): TimesUpdate | undefined {
  if (scaler.dryRun || !usesTimes(scaler) || group === undefined || basis === undefined)
    return undefined;
  const times = pickTimes(memory);
  const known = group.times ?? {};
  const isKnown =
    group.timesUnknown === undefined &&
    known.desired === undefined &&
    formatTimesTag(times) === formatTimesTag(known);
  if (isKnown && !isChanged) return undefined;
  return { scaler: scaler.name, group: scaler.group, times: { ...times, desired: group.desired } };
}

function pickTimes({
  lastScaleInAt,
  lastScaleOutAt,
  surplusSince,
  shortageSince,
  drainSince,
  ended,
}: ScalerMemory): GroupTimes {
  return { lastScaleInAt, lastScaleOutAt, surplusSince, shortageSince, drainSince, ended };
}
