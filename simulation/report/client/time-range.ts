/** A range of time in epoch milliseconds. */
export interface TimeRange {
  fromMs: number;
  toMs: number;
}

/** The shortest range that a chart shows. */
export const MIN_RANGE_MS = 60_000;

/** Returns the range, moved and resized to lie within `whole` and to last at least {@link MIN_RANGE_MS}. */
export function clampRange(whole: TimeRange, { fromMs, toMs }: TimeRange): TimeRange {
  const wholeMs = Math.max(whole.toMs - whole.fromMs, MIN_RANGE_MS);
  const lengthMs = Math.min(Math.max(toMs - fromMs, MIN_RANGE_MS), wholeMs);
  const centreMs = middleMs({ fromMs, toMs });
  const latestStartMs = whole.fromMs + wholeMs - lengthMs;
  const startMs = Math.min(Math.max(centreMs - lengthMs / 2, whole.fromMs), latestStartMs);
  return { fromMs: startMs, toMs: startMs + lengthMs };
}

/** Multiplies the length of a range by a factor; the time `aroundMs` keeps its relative position. */
export function zoomRange(
  { fromMs, toMs }: TimeRange,
  factor: number,
  aroundMs: number,
): TimeRange {
  return {
    fromMs: aroundMs - (aroundMs - fromMs) * factor,
    toMs: aroundMs + (toMs - aroundMs) * factor,
  };
}

/** Moves a range by a share of its length: later if the share is positive. */
export function panRange({ fromMs, toMs }: TimeRange, share: number): TimeRange {
  const shiftMs = (toMs - fromMs) * share;
  return { fromMs: fromMs + shiftMs, toMs: toMs + shiftMs };
}

/** Returns the middle of a range in epoch milliseconds. */
export function middleMs({ fromMs, toMs }: TimeRange): number {
  return (fromMs + toMs) / 2;
}
