import type uPlot from "uplot";
import { cssVariable } from "./dom.ts";
import { formatTicks } from "./times.ts";

const FONT = "12px system-ui, sans-serif";

/** Colours and letters that every axis shares; read anew at each drawing, for light and dark differ. */
export function createPlainAxis(): uPlot.Axis {
  return {
    font: FONT,
    labelFont: FONT,
    stroke: () => cssVariable("--ink"),
    grid: { stroke: () => cssVariable("--grid"), width: 1 },
    ticks: { stroke: () => cssVariable("--grid"), width: 1, size: 4 },
  };
}

/** Times in UTC. */
export function createTimeAxis(): uPlot.Axis {
  return {
    ...createPlainAxis(),
    space: 80,
    size: 40,
    values: (_, ticksMs, __, ___, stepMs) => formatTicks(ticksMs, stepMs),
  };
}

/** Whole numbers from zero up. */
export function createCountAxis(): uPlot.Axis {
  return {
    ...createPlainAxis(),
    size: 46,
    space: 32,
    incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000],
  };
}
