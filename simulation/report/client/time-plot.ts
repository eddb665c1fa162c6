import uPlot from "uplot";
import { countUpTo } from "../../statistics.ts";
import type { Column } from "../report-model.ts";
import type { DecodedTrace } from "../trace-codec.ts";
import { createCountAxis, createTimeAxis } from "./axes.ts";
import type { ChartSize } from "./chart-size.ts";
import type { ChartState } from "./chart-state.ts";
import { readCssVariable } from "./dom.ts";
import { createGrid, downsample } from "./downsample.ts";
import { formatInstant } from "./format-time.ts";
import type { LineStyle } from "./line-styles.ts";
import { type MarkedPolicy, MarkRow, markRowIndex, markRowsHeightPixels } from "./mark-row.ts";
import { zoomByWheel } from "./range-actions.ts";
import { hideTooltip, showTooltip } from "./tooltip.ts";

/** A line: one column of a trace. */
export interface PlotLine extends LineStyle {
  trace: DecodedTrace;
}

/** What a plot shows. */
export interface PlotContent {
  lines: readonly PlotLine[];
  /** One row of marks for each, from top to bottom. */
  markedPolicies: readonly MarkedPolicy[];
  /** Element for the values under the pointer. */
  readout: HTMLElement;
}

/** Plots with the same key show the cursor at the same time. */
const CURSOR_SYNC_KEY = "time";

/** Lines over time for the current time range. */
export class TimePlot {
  readonly #plot: uPlot;
  readonly #content: PlotContent;
  readonly #rows: MarkRow[];
  readonly #state: ChartState;

  constructor(host: HTMLElement, content: PlotContent, state: ChartState, size: ChartSize) {
    this.#content = content;
    this.#state = state;
    this.#rows = content.markedPolicies.map((policy, row) => new MarkRow(policy, row));
    this.#plot = new uPlot(this.#createOptions(size), undefined, host);
    const { over } = this.#plot;
    over.addEventListener("wheel", (event) => this.#handleWheel(event, host), { passive: false });
    over.addEventListener("dblclick", () => state.showRange(state.whole));
    over.addEventListener("mouseleave", hideTooltip);
    this.resize(size);
  }

  /** Draws the current time range, with no more rows than the pixels can show. */
  redraw(): void {
    const { range } = this.#state;
    const widthPixels = Math.max(1, Math.round(this.#plot.over.clientWidth));
    const grid = createGrid(range, widthPixels);
    const columns = this.#content.lines.map(({ trace, column }) =>
      downsample(trace.timesMs, trace[column], grid),
    );
    for (const row of this.#rows) row.arrange(range, widthPixels);
    this.#plot.batch(() => {
      this.#plot.setData([grid, ...columns], false);
      this.#plot.setScale("x", { min: range.fromMs, max: range.toMs });
    });
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
    return {
      ...size,
      ms: 1,
      padding: [2, 12, 0, 0],
      tzDate: (ms) => uPlot.tzDate(new Date(ms), "Etc/UTC"),
      legend: { show: false },
      series: [{}, ...this.#content.lines.map(createSeries)],
      scales: {
        x: { time: true, auto: false },
        y: { range: (plot, _, largest) => [0, this.#axisMaximum(plot, largest)] },
      },
      axes: [createTimeAxis(), createCountAxis()],
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
  #axisMaximum(plot: uPlot, largest: number): number {
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

  #showCursorValues(): void {
    const { left = -1, top = -1, event } = this.#plot.cursor;
    const { readout, lines } = this.#content;
    if (left < 0) {
      readout.textContent = "";
      hideTooltip();
      return;
    }
    const ms = this.#plot.posToVal(left, "x");
    const values = lines.map(
      ({ label, trace, column }) => `${label} ${formatValue(trace, column, ms)}`,
    );
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
  #handleWheel(event: WheelEvent, host: HTMLElement): void {
    const isZoom = event.ctrlKey || host.contains(document.activeElement);
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

function createSeries({ label, colour, dash, isArea = false }: PlotLine): uPlot.Series {
  const series: uPlot.Series = {
    label,
    stroke: () => readCssVariable(colour),
    width: isArea ? 1 : 1.5,
    dash,
    points: { show: false },
  };
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  if (stepped !== undefined) series.paths = stepped;
  if (isArea) series.fill = () => readCssVariable(`${colour}-area`);
  return series;
}

function formatValue(trace: DecodedTrace, column: Column, ms: number): string {
  const row = countUpTo(ms, trace.timesMs) - 1;
  return (trace[column][row] ?? "–").toLocaleString("en-US");
}
