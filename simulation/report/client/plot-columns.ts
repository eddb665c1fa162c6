import { summarizeBuckets } from "../buckets.ts";
import { createGrid, downsample } from "./downsample.ts";
import type { TimeRange } from "./time-range.ts";

/** The values of one line over time. A value is valid until the next one. */
export interface Timeline {
  timesMs: ArrayLike<number>;
  values: ArrayLike<number>;
  /** How many jobs one unit of the values stands for. */
  factor: number;
  /** No averages are drawn. */
  isDetail?: boolean;
}

/** What a plot draws: common times, and values for each line. */
export interface PlotColumns {
  timesMs: Float64Array;
  /** For each line, every change or the averages. */
  values: (number | null)[][];
  /** For each line, the smallest and largest value of each average; null if every change is drawn. */
  ranges: { highs: (number | null)[]; lows: (number | null)[] }[];
  /** Length of the time that one average covers; undefined if every change is drawn. */
  stepMs: number | undefined;
}

const MINUTE_MS = 60_000;
const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((m) => m * MINUTE_MS);
const MIN_STEP_PIXELS = 3;

/**
 * Returns the length of the averages for a time range; undefined if every change can be drawn. Thousands of
 * changes on a few pixels are a solid block; their averages show the course, and their range the peaks.
 */
export function chooseStepMs({ fromMs, toMs }: TimeRange, widthPixels: number): number | undefined {
  const leastMs = ((toMs - fromMs) / widthPixels) * MIN_STEP_PIXELS;
  if (leastMs < MINUTE_MS) return undefined;
  return STEPS_MS.find((stepMs) => stepMs >= leastMs) ?? STEPS_MS.at(-1);
}

/** Returns what a plot draws of a time range, with no more values than its pixels can show. */
export function createColumns(
  lines: readonly Timeline[],
  range: TimeRange,
  widthPixels: number,
): PlotColumns {
  const stepMs = chooseStepMs(range, widthPixels);
  return stepMs === undefined
    ? createExactColumns(lines, range, widthPixels)
    : createAverages(lines, range, stepMs);
}

function createExactColumns(
  lines: readonly Timeline[],
  range: TimeRange,
  widthPixels: number,
): PlotColumns {
  const timesMs = createGrid(range, widthPixels);
  const noRange = new Array<null>(timesMs.length).fill(null);
  return {
    timesMs,
    values: lines.map(({ timesMs: changesMs, values, factor }) =>
      multiply(downsample(changesMs, values, timesMs), factor),
    ),
    ranges: lines.map(() => ({ highs: noRange, lows: noRange })),
    stepMs: undefined,
  };
}

/** The times are the middles of the averages, and both ends. */
function createAverages(lines: readonly Timeline[], range: TimeRange, stepMs: number): PlotColumns {
  const fromMs = Math.floor(range.fromMs / stepMs) * stepMs;
  const count = Math.ceil((range.toMs - fromMs) / stepMs);
  const empty = new Array<null>(count + 2).fill(null);
  const summaries = lines.map(({ timesMs, values, factor, isDetail }) => {
    if (isDetail) return { means: empty, highs: empty, lows: empty };
    const { means, highs, lows } = summarizeBuckets(timesMs, values, { fromMs, stepMs, count });
    return {
      means: extend(multiply(means, factor)),
      highs: extend(multiply(highs, factor)),
      lows: extend(multiply(lows, factor)),
    };
  });
  const middlesMs = Array.from({ length: count }, (_, bucket) => fromMs + (bucket + 0.5) * stepMs);
  return {
    timesMs: Float64Array.of(fromMs, ...middlesMs, fromMs + count * stepMs),
    values: summaries.map(({ means }) => means),
    ranges: summaries,
    stepMs,
  };
}

function multiply(values: (number | null)[], factor: number): (number | null)[] {
  return factor === 1 ? values : values.map((value) => (value === null ? null : value * factor));
}

/** Repeats the first and the last value, so that the line reaches both ends. */
function extend(values: (number | null)[]): (number | null)[] {
  return [values.at(0) ?? null, ...values, values.at(-1) ?? null];
}
