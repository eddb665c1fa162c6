/**
 * Slots and beats of one cluster's loops. A schedule starts an execution every three minutes, up to a
 * minute late. The loop scheduled for T polls from T + 60 s to T + 240 s, so that neighbouring loops
 * neither overlap nor leave a gap. Its last poll ends by T + 290 s, before Express's limit of five
 * minutes.
 */

/** From the scheduled time to the first poll: the scheduler's precision, so that no execution is late. */
export const SLOT_LEAD_SECONDS = 60;

/** Length of a slot: the schedule's period. */
export const SLOT_SECONDS = 180;

/** When a loop may poll, in epoch milliseconds. */
export interface Slot {
  firstBeatMs: number;
  endMs: number;
}

/** What decides a slot. */
export interface SlotFacts {
  nowMs: number;
  /** The scheduled time; absent if a person started the execution. */
  scheduledMs: number | undefined;
  /** Length of a slot that a person starts; 0 means exactly one poll. */
  slotSeconds: number;
  intervalSeconds: number;
  /** How far this cluster's beat lies after the clock's. */
  phaseSeconds: number;
}

/**
 * The slot of an execution. A scheduled execution waits for its slot. If it starts late, it joins the
 * slot at the last beat of the grid, which means at once. Undefined if the slot is over or has no
 * beat: an interval can be longer than a slot. An execution that a person starts begins at once.
 */
export function computeSlot(facts: SlotFacts): Slot | undefined {
  const { nowMs, scheduledMs, slotSeconds } = facts;
  if (scheduledMs === undefined) {
    const firstBeatMs = Math.floor(nowMs / 1000) * 1000;
    return { firstBeatMs, endMs: firstBeatMs + slotSeconds * 1000 };
  }
  const startMs = scheduledMs + SLOT_LEAD_SECONDS * 1000;
  const endMs = startMs + SLOT_SECONDS * 1000;
  const firstBeatMs = Math.max(firstBeatFrom(startMs, facts), lastBeatUntil(nowMs, facts));
  return Math.max(nowMs, firstBeatMs) < endMs ? { firstBeatMs, endMs } : undefined;
}

/** The first beat of the grid at or after a time. */
function firstBeatFrom(ms: number, facts: SlotFacts): number {
  const { intervalMs, phaseMs } = beatGrid(facts);
  return Math.ceil((ms - phaseMs) / intervalMs) * intervalMs + phaseMs;
}

/** The last beat of the grid at or before a time. */
function lastBeatUntil(ms: number, facts: SlotFacts): number {
  const { intervalMs, phaseMs } = beatGrid(facts);
  return Math.floor((ms - phaseMs) / intervalMs) * intervalMs + phaseMs;
}

/** Beats are multiples of the interval on the clock, so that every loop of a cluster has the same beats. */
function beatGrid({ intervalSeconds, phaseSeconds }: SlotFacts) {
  return { intervalMs: intervalSeconds * 1000, phaseMs: (phaseSeconds % intervalSeconds) * 1000 };
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * A delay of 0 to `jitterSeconds`, always the same for one name (FNV-1a). It keeps clusters that share
 * an account or a Buildkite organization from all polling in the same second.
 */
export function computePhaseSeconds(name: string, jitterSeconds: number): number {
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(name)) {
    hash = Math.imul(hash ^ byte, FNV_PRIME) >>> 0;
  }
  return hash % (jitterSeconds + 1);
}
