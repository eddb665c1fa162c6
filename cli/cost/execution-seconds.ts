import { computeSlot, SLOT_SECONDS } from "../../functions/core/slot.ts";

const DAY_SECONDS = 86_400;
const MINUTE_SECONDS = 60;

/**
 * How long a scheduled execution lasts until its last beat, on average: over a day's slots, with the
 * scheduler late by anything up to a minute. It waits for its slot, and is done with the last poll
 * that its slot has room for.
 */
export function executionSeconds(intervalSeconds: number): number {
  const slots = DAY_SECONDS / SLOT_SECONDS;
  const all = Array.from({ length: slots * MINUTE_SECONDS }, (_, index) => {
    const scheduledMs = Math.floor(index / MINUTE_SECONDS) * SLOT_SECONDS * 1000;
    const lateMs = ((index % MINUTE_SECONDS) + 0.5) * 1000;
    return untilLastBeat(scheduledMs, scheduledMs + lateMs, intervalSeconds);
  });
  return all.reduce((sum, seconds) => sum + seconds, 0) / all.length;
}

function untilLastBeat(scheduledMs: number, nowMs: number, intervalSeconds: number): number {
  const facts = { nowMs, scheduledMs, slotSeconds: 0, intervalSeconds, phaseSeconds: 0 };
  const slot = computeSlot(facts);
  if (slot === undefined) return 0; // Over at once: the interval leaves this slot without a beat.
  const intervalMs = intervalSeconds * 1000;
  const more = Math.ceil((slot.endMs - slot.firstBeatMs) / intervalMs) - 1;
  return Math.max(0, slot.firstBeatMs + more * intervalMs - nowMs) / 1000;
}
