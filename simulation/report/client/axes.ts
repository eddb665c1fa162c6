import type uPlot from "uplot";
import { readCssVariable } from "./dom.ts";
import { formatTicks } from "./format-time.ts";

const FONT = "12px system-ui, sans-serif";

/** Font and colours of every axis. Colours are read at each drawing, because light and dark mode differ. */
export function createPlainAxis(): uPlot.Axis {
  return {
    font: FONT,
    labelFont: FONT,
    stroke: () => readCssVariable("--text"),
    grid: { stroke: () => readCssVariable("--grid"), width: 1 },
    ticks: { stroke: () => readCssVariable("--grid"), width: 1, size: 4 },
  };
}

/** A time axis in UTC. */
export function createTimeAxis(): uPlot.Axis {
  return {
    ...createPlainAxis(),
    space: 80,
    size: 40,
    values: (_, ticksMs, __, ___, stepMs) => formatTicks(ticksMs, stepMs),
  };
}

/** An axis of whole numbers. */
export function createCountAxis(): uPlot.Axis {
  return {
    ...createPlainAxis(),
    size: 46,
    space: 32,
    incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000],
  };
}
