import type uPlot from "uplot";
import { formatDuration } from "../../../functions/core/duration.ts";
import type { WaitCurves } from "../report-model.ts";
import { createPlainAxis } from "./axes.ts";

/** One way to draw the waits: the values, and the options of the plot. */
export interface WaitsView {
  /** What a value says: the share of jobs that have begun, or that still wait. */
  caption: string;
  seconds: number[];
  /** For each policy, the shares from 0 to 1. */
  shares: (number | null)[][];
  scales: uPlot.Scales;
  axes: uPlot.Axis[];
}

const X_TITLE = "after this time";
const TICKS_SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400];
/** The linear axis ends where all policies have this share of jobs left. */
const SHARE_BEYOND_AXIS = 0.005;
/** The logarithmic axis does not show smaller shares: 1 of 10,000 jobs. */
const SMALLEST_SHARE = 1e-4;

/** Creates the view for everybody: how many jobs have begun after a time. */
export function createLinearView({ seconds, shares }: WaitCurves): WaitsView {
  const last = seconds.findIndex((_, index) =>
    shares.every((curve) => (curve[index] ?? 0) <= SHARE_BEYOND_AXIS),
  );
  const endSeconds = Math.max(seconds[last] ?? seconds.at(-1) ?? 10, 10);
  return {
    caption: "Jobs that have begun",
    seconds,
    shares: shares.map((curve) => curve.map((share) => 1 - (share ?? 0))),
    scales: { x: { time: false, range: [0, endSeconds] }, y: { range: [0, 1] } },
    axes: [
      {
        ...createPlainAxis(X_TITLE),
        size: 26,
        gap: 4,
        incrs: TICKS_SECONDS,
        space: 60,
        values: (_, ticks) => ticks.map((tick) => formatDuration(tick)),
      },
      {
        ...createPlainAxis("share of jobs"),
        size: 50,
        incrs: [0.25, 0.5],
        values: (_, ticks) => ticks.map(formatPercent),
      },
    ],
  };
}

/** Creates the view of the longest waits: how many jobs still wait after a time. It cannot show zero. */
export function createLogView({ seconds, shares }: WaitCurves): WaitsView {
  const times = seconds.slice(1);
  const curves = shares.map((curve) => curve.slice(1));
  return {
    caption: "Jobs that still wait",
    seconds: times,
    shares: curves,
    scales: {
      x: { time: false, distr: 3, range: [times.at(0) ?? 1, times.at(-1) ?? 10] },
      y: { distr: 3, range: [findAxisMinimum(curves), 1] },
    },
    axes: [
      {
        ...createPlainAxis(X_TITLE),
        size: 26,
        gap: 4,
        splits: TICKS_SECONDS,
        filter: (_, ticks) => ticks,
        values: (_, ticks) => ticks.map((tick) => formatDuration(tick)),
      },
      createLogShareAxis(),
    ],
  };
}

/** Formats a share with three digits: `0.04 %`, `95.2 %`. */
export function formatPercent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** Returns the power of ten below the smallest share, but at least {@link SMALLEST_SHARE}. */
function findAxisMinimum(curves: readonly (number | null)[][]): number {
  const shares = curves.flat().flatMap((share) => share ?? []);
  return Math.max(SMALLEST_SHARE, 10 ** Math.floor(Math.log10(Math.min(0.1, ...shares))));
}

/** uPlot also draws grid lines at 2 to 9 times each power of ten; the filter removes them. */
function createLogShareAxis(): uPlot.Axis {
  const filter = (_: uPlot, shares: number[]) =>
    shares.map((share) => (isPowerOfTen(share) ? share : null));
  const axis = createPlainAxis("share of jobs");
  return {
    ...axis,
    size: 60,
    grid: { ...axis.grid, filter },
    values: (_, ticks) => ticks.map(formatPercentTick),
  };
}

function formatPercentTick(share: number | null): string {
  return share !== null && isPowerOfTen(share) ? formatPercent(share) : "";
}

/** Tolerates the rounding errors of decimal fractions. */
function isPowerOfTen(value: number): boolean {
  const exponent = Math.log10(value);
  return Math.abs(exponent - Math.round(exponent)) < 1e-6;
}
