import { computeSlot, SLOT_SECONDS } from "../../functions/core/slot.ts";
import { sum } from "../../simulation/statistics.ts";

const DAY_SECONDS = 86_400;
const MINUTE_SECONDS = 60;

/**
 * The average time from the start of a scheduled execution to its last beat, in seconds: over all slots
 * of a day, with a scheduler that is up to a minute late. An execution waits for its slot and ends after
 * the last poll in it.
 */
export function executionSeconds(intervalSeconds: number): number {
  const slots = DAY_SECONDS / SLOT_SECONDS;
  const durations = Array.from({ length: slots * MINUTE_SECONDS }, (_, index) => {
    const scheduledMs = Math.floor(index / MINUTE_SECONDS) * SLOT_SECONDS * 1000;
    const lateMs = ((index % MINUTE_SECONDS) + 0.5) * 1000;
    return secondsUntilLastBeat(scheduledMs, scheduledMs + lateMs, intervalSeconds);
  });
  return sum(durations) / durations.length;
}

function secondsUntilLastBeat(scheduledMs: number, nowMs: number, intervalSeconds: number): number {
  const facts = { nowMs, scheduledMs, slotSeconds: 0, intervalSeconds, phaseSeconds: 0 };
  const slot = computeSlot(facts);
  if (slot === undefined) return 0; // The execution ends at once: no beat of this interval is in the slot.
  const intervalMs = intervalSeconds * 1000;
  const more = Math.ceil((slot.endMs - slot.firstBeatMs) / intervalMs) - 1;
  return Math.max(0, slot.firstBeatMs + more * intervalMs - nowMs) / 1000;
}
