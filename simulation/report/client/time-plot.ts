import uPlot from "uplot";
import { formatDuration } from "../../../functions/core/duration.ts";
import { countUpTo } from "../../statistics.ts";
import {
  createCountAxis,
  createInstanceAxis,
  createTimeAxis,
  INSTANCE_AXIS_PIXELS,
} from "./axes.ts";
import type { ChartSize } from "./chart-size.ts";
import type { ChartState } from "./chart-state.ts";
import { readCssVariable } from "./dom.ts";
import { formatInstant } from "./format-time.ts";
import type { LineStyle } from "./line-styles.ts";
import { type MarkedEvents, MarkRow, markRowIndex, markRowsHeightPixels } from "./mark-row.ts";
import { createColumns, type PlotColumns, type Timeline } from "./plot-columns.ts";
import { zoomByWheel } from "./range-actions.ts";
import type { TimeRange } from "./time-range.ts";
import { hideTooltip, showTooltip } from "./tooltip.ts";

/** A line with its values. */
export type PlotLine = LineStyle & Timeline;

/** What a plot shows. */
export interface PlotContent {
  lines: readonly PlotLine[];
  /** One row of marks for each, from top to bottom. */
  markedEvents: readonly MarkedEvents[];
  axisTitle: string;
  /** If this is more than 1, a second axis counts instances. */
  agentsPerInstance: number;
  /** Another chart of the page has the second axis, so all leave room for it: times are below each other. */
  leavesRoom: boolean;
  /** The largest value of the common scale of several plots in a time range. Default: this plot's own. */
  findPeak?: (range: TimeRange) => number;
  /** Element for the values under the pointer. */
  readout: HTMLElement;
}

/** Plots with the same key show the cursor at the same time. */
const CURSOR_SYNC_KEY = "time";

/** Lines over time for the current time range. */
export class TimePlot {
  readonly #plot: uPlot;
  readonly #host: HTMLElement;
  readonly #content: PlotContent;
  readonly #rows: MarkRow[];
  readonly #state: ChartState;
  #columns: PlotColumns | undefined;

  constructor(host: HTMLElement, content: PlotContent, state: ChartState, size: ChartSize) {
    this.#host = host;
    this.#content = content;
    this.#state = state;
    this.#rows = content.markedEvents.map((events, row) => new MarkRow(events, row));
    this.#plot = new uPlot(this.#createOptions(size), undefined, host);
    const { over } = this.#plot;
    over.addEventListener("wheel", (event) => this.#handleWheel(event), { passive: false });
    over.addEventListener("dblclick", () => state.showRange(state.whole));
    over.addEventListener("mouseleave", hideTooltip);
    this.resize(size);
  }

  /** Draws the current time range, with no more rows than the pixels can show. */
  redraw(): void {
    const { range } = this.#state;
    const { lines, readout } = this.#content;
    const widthPixels = Math.max(1, Math.round(this.#plot.over.clientWidth));
    const columns = createColumns(lines, range, widthPixels);
    this.#columns = columns;
    const bands = columns.ranges
      .filter((_, line) => lines[line]?.isBanded)
      .flatMap(({ highs, lows }) => [highs, lows]);
    for (const row of this.#rows) row.arrange(range, widthPixels);
    this.#plot.batch(() => {
      this.#plot.setData([columns.timesMs, ...columns.values, ...bands], false);
      this.#plot.setScale("x", { min: range.fromMs, max: range.toMs });
    });
    this.#host.dataset.scaleTop = String(this.#plot.scales.y?.max);
    readout.textContent = this.#describeStep();
  }

  /** Draws again after a change of the colours. */
  recolour(): void {
    this.#plot.redraw(true, true);
  }

  /** Resizes synchronously (`setSize` alone is deferred), because {@link redraw} needs the new width. */
  resize(size: ChartSize): void {
    this.#plot.batch(() => this.#plot.setSize(size));
    this.redraw();
  }

  destroy(): void {
    this.#plot.destroy();
    hideTooltip();
  }

  #createOptions(size: ChartSize): uPlot.Options {
    const { lines } = this.#content;
    return {
      ...size,
      ms: 1,
      ...createAxes(this.#content),
      tzDate: (ms) => uPlot.tzDate(new Date(ms), "Etc/UTC"),
      legend: { show: false },
      ...createSeries(lines, () => this.#columns?.stepMs !== undefined),
      scales: {
        x: { time: true, auto: false },
        y: { range: (plot, _, largest) => [0, this.#axisMaximum(plot, largest)] },
      },
      cursor: {
        points: { show: false },
        y: false,
        drag: { x: true, y: false, setScale: false, dist: 4 },
        bind: { dblclick: () => () => null },
        sync: {
          key: CURSOR_SYNC_KEY,
          scales: ["x", null],
          setSeries: false,
          filters: { pub: isPointerMove },
        },
      },
      hooks: {
        setSelect: [() => this.#zoomToSelection()],
        setCursor: [() => this.#showCursorValues()],
        draw: [(plot) => this.#drawMarks(plot)],
      },
    };
  }

  /** Returns a maximum that keeps the highest line below the marks. */
  #axisMaximum(plot: uPlot, ownLargest: number): number {
    const largest = this.#content.findPeak?.(this.#state.range) ?? ownLargest;
    const heightPixels = Math.max(plot.over.clientHeight, 100);
    const marksPixels = markRowsHeightPixels(this.#rows.length);
    return Math.max(1, largest || 0) / Math.max(0.3, 1 - marksPixels / heightPixels);
  }

  #drawMarks(plot: uPlot): void {
    for (const row of this.#rows) row.draw(plot);
  }

  #zoomToSelection(): void {
    const { left, width } = this.#plot.select;
    if (width === 0) return;
    const fromMs = this.#plot.posToVal(left, "x");
    const toMs = this.#plot.posToVal(left + width, "x");
    this.#plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#state.showRange({ fromMs, toMs });
  }

  /** Says what the lines and bands are if they are averages. */
  #describeStep(): string {
    const stepMs = this.#columns?.stepMs;
    if (stepMs === undefined) return "";
    const hasBands = this.#content.lines.some(({ isBanded }) => isBanded);
    const bands = hasBands ? "; band: fewest to most jobs" : "";
    return `averages of ${formatDuration(stepMs / 1000)}${bands}; zoom in for every change`;
  }

  #showCursorValues(): void {
    const { left = -1, top = -1, event } = this.#plot.cursor;
    const { readout, lines } = this.#content;
    if (left < 0) {
      readout.textContent = this.#describeStep();
      hideTooltip();
      return;
    }
    const ms = this.#plot.posToVal(left, "x");
    const values = lines.map((line) => `${line.label} ${formatValue(line, ms)}`);
    readout.textContent = `${formatInstant(ms)}: ${values.join(", ")}`;
    const isUnderPointer = this.#plot.over.matches(":hover");
    if (event !== undefined && isUnderPointer) this.#showReasons(left, top, event);
  }

  /** Shows the reasons of the mark under the pointer. Below the marks, the first row with a mark counts. */
  #showReasons(left: number, top: number, { clientX: x, clientY: y }: MouseEvent): void {
    const rowUnderPointer = this.#rows[markRowIndex(top)];
    hideTooltip();
    for (const row of rowUnderPointer === undefined ? this.#rows : [rowUnderPointer]) {
      const mark = row.findMark(this.#plot, left);
      if (mark === undefined) continue;
      showTooltip(mark, row.policy, { x, y });
      return;
    }
  }

  /** Zooms if the chart has the focus or Ctrl is pressed (a pinch); otherwise the page scrolls. */
  #handleWheel(event: WheelEvent): void {
    const isZoom = event.ctrlKey || this.#host.contains(document.activeElement);
    if (!isZoom) return;
    event.preventDefault();
    const { left, width } = this.#plot.over.getBoundingClientRect();
    const aroundMs = this.#plot.posToVal(event.clientX - left, "x");
    this.#state.showRange(zoomByWheel(this.#state.range, event, { aroundMs, widthPixels: width }));
  }
}

/** Only moves are sent to the other plots: a drag zooms once, not once per plot. */
function isPointerMove(type: string): boolean {
  return type !== "mousedown" && type !== "mouseup";
}

const MARGIN_PIXELS = 12;
/** Room for the upper half of the highest number of the axis. */
const TOP_PIXELS = 6;

function createAxes({
  axisTitle,
  agentsPerInstance,
  leavesRoom,
}: PlotContent): Pick<uPlot.Options, "axes" | "padding"> {
  const axes = [createTimeAxis(), createCountAxis(axisTitle)];
  if (agentsPerInstance > 1)
    return {
      axes: [...axes, createInstanceAxis(agentsPerInstance)],
      padding: [TOP_PIXELS, 0, 0, 0],
    };
  return { axes, padding: [TOP_PIXELS, leavesRoom ? INSTANCE_AXIS_PIXELS : MARGIN_PIXELS, 0, 0] };
}

/**
 * Returns a series for each line, and after these two for each band: its upper and its lower edge. Averages
 * are joined by straight lines, and exact values by steps.
 */
function createSeries(
  lines: readonly PlotLine[],
  isAveraged: () => boolean,
): Pick<uPlot.Options, "series" | "bands"> {
  const banded = lines.filter(({ isBanded }) => isBanded);
  const firstEdge = lines.length + 1;
  const paths: uPlot.Series.PathBuilder = (...place) =>
    (isAveraged() ? LINEAR : STEPPED)?.(...place) ?? null;
  const edge: uPlot.Series = { width: 0, points: { show: false }, paths };
  return {
    series: [
      {},
      ...lines.map((line) => ({ ...createLineSeries(line), paths })),
      ...banded.flatMap(() => [{ ...edge }, { ...edge }]),
    ],
    bands: banded.map(({ colour }, band) => ({
      series: [firstEdge + 2 * band, firstEdge + 2 * band + 1],
      fill: () => readCssVariable(`${colour}-band`),
    })),
  };
}

const LINEAR = uPlot.paths.linear?.();
const STEPPED = uPlot.paths.stepped?.({ align: 1 });

function createLineSeries({ label, colour, dash, isArea, isStrong }: PlotLine): uPlot.Series {
  return {
    label,
    stroke: () => readCssVariable(colour),
    width: isArea ? 1 : isStrong ? 2.5 : 1.5,
    dash,
    points: { show: false },
    ...(isArea ? { fill: () => readCssVariable(`${colour}-area`) } : {}),
  };
}

function formatValue({ timesMs, values }: Timeline, ms: number): string {
  const row = countUpTo(ms, timesMs) - 1;
  return (values[row] ?? "–").toLocaleString("en-US");
}
