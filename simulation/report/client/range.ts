/** A span of time, epoch milliseconds. */
export interface Range {
  fromMs: number;
  toMs: number;
}

/** No chart shows less. */
export const LEAST_MS = 60_000;

/** A range that lies within the whole, and is neither longer than it nor shorter than a minute. */
export function clampRange(whole: Range, { fromMs, toMs }: Range): Range {
  const wholeMs = Math.max(whole.toMs - whole.fromMs, LEAST_MS);
  const lengthMs = Math.min(Math.max(toMs - fromMs, LEAST_MS), wholeMs);
  const middleMs = (fromMs + toMs) / 2;
  const latestMs = whole.fromMs + wholeMs - lengthMs;
  const startMs = Math.min(Math.max(middleMs - lengthMs / 2, whole.fromMs), latestMs);
  return { fromMs: startMs, toMs: startMs + lengthMs };
}

/** So many times as long, with one point of time staying where it is. */
export function zoomRange({ fromMs, toMs }: Range, factor: number, aroundMs: number): Range {
  return {
    fromMs: aroundMs - (aroundMs - fromMs) * factor,
    toMs: aroundMs + (toMs - aroundMs) * factor,
  };
}

/** Moved by a share of its own length, later where that is above 0. */
export function panRange({ fromMs, toMs }: Range, share: number): Range {
  const byMs = (toMs - fromMs) * share;
  return { fromMs: fromMs + byMs, toMs: toMs + byMs };
}

export function middleMs({ fromMs, toMs }: Range): number {
  return (fromMs + toMs) / 2;
}
