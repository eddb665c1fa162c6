import type uPlot from "uplot";
import { readCssVariable } from "./dom.ts";
import { formatTicks } from "./format-time.ts";

const TITLE_SIZE_PIXELS = 18;
const FONT = "12px system-ui, sans-serif";

/** Font and colours of every axis. Colours are read at each drawing, because light and dark mode differ. */
export function createPlainAxis(title: string): uPlot.Axis {
  return {
    label: title,
    labelSize: TITLE_SIZE_PIXELS,
    labelGap: 2,
    font: FONT,
    labelFont: FONT,
    stroke: () => readCssVariable("--muted"),
    grid: { stroke: () => readCssVariable("--grid"), width: 1 },
    ticks: { show: false },
  };
}

/** A time axis in UTC. */
export function createTimeAxis(): uPlot.Axis {
  return {
    ...createPlainAxis("time (UTC)"),
    space: 80,
    size: 36,
    gap: 4,
    values: (_, ticksMs, __, ___, stepMs) => formatTicks(ticksMs, stepMs),
  };
}

const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000,
];

const COUNT_SIZE_PIXELS = 42;

/** Width of an axis of {@link createInstanceAxis}. */
export const INSTANCE_AXIS_PIXELS = COUNT_SIZE_PIXELS + TITLE_SIZE_PIXELS;

/** An axis of whole numbers. */
export function createCountAxis(title: string): uPlot.Axis {
  return {
    ...createPlainAxis(title),
    size: COUNT_SIZE_PIXELS,
    gap: 4,
    space: 32,
    incrs: STEPS,
    values: (_, ticks) => ticks.map(formatCount),
  };
}

/** An axis on the right for the same lines, in instances: each stands for as many jobs as it has agents. */
export function createInstanceAxis(agentsPerInstance: number): uPlot.Axis {
  return {
    ...createCountAxis("instances"),
    side: 1,
    grid: { show: false },
    incrs: STEPS.map((step) => step * agentsPerInstance),
    values: (_, ticks) => ticks.map((tick) => formatCount(tick / agentsPerInstance)),
  };
}

function formatCount(value: number): string {
  return value.toLocaleString("en-US");
}
