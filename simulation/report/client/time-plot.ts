import uPlot from "uplot";
import { countUpTo } from "../../statistics.ts";
import type { DecodedTrace } from "../trace-codec.ts";
import { zoomByWheel } from "./actions.ts";
import { createCountAxis, createTimeAxis } from "./axes.ts";
import type { ChartState } from "./chart-state.ts";
import { cssVariable } from "./dom.ts";
import { createGrid, downsample } from "./downsample.ts";
import type { LineStyle } from "./lines.ts";
import { MarkRow, type PlacedMark, rowIndexAt, rowsHeightPixels } from "./mark-row.ts";
import { formatInstant } from "./times.ts";
import { hideTooltip, showTooltip } from "./tooltip.ts";

/** One line: a column of a trace. */
export interface PlotLine extends LineStyle {
  trace: DecodedTrace;
}

/** What a plot shows. */
export interface PlotContent {
  lines: readonly PlotLine[];
  /** Whose decisions are marked, from the top down. */
  marked: readonly PlacedMark[];
  /** Told what the lines' values are under the pointer. */
  readout: HTMLElement;
}

export interface Size {
  width: number;
  height: number;
}

/** Charts whose pointers move together. */
const SYNCED = "time";

/** Some lines over time, drawn anew whenever another span of time is shown. */
export class TimePlot {
  readonly #plot: uPlot;
  readonly #content: PlotContent;
  readonly #rows: MarkRow[];
  readonly #view: ChartState;

  constructor(host: HTMLElement, content: PlotContent, view: ChartState, size: Size) {
    this.#content = content;
    this.#view = view;
    this.#rows = content.marked.map((marked, row) => new MarkRow(marked, row));
    this.#plot = new uPlot(this.#options(size), undefined, host);
    this.#plot.over.addEventListener("wheel", (event) => this.#turned(event, host), {
      passive: false,
    });
    this.#plot.over.addEventListener("dblclick", () => view.show(view.whole));
    this.#plot.over.addEventListener("mouseleave", hideTooltip);
    this.resize(size);
  }

  /** Draws the lines of the view's span of time: as much as there are pixels for, not more. */
  redraw(): void {
    const { range } = this.#view;
    const pixels = Math.max(1, Math.round(this.#plot.over.clientWidth));
    const grid = createGrid(range, pixels);
    const columns = this.#content.lines.map(({ trace, column }) =>
      downsample(trace.timesMs, trace[column], grid),
    );
    for (const row of this.#rows) row.arrange(range, pixels);
    this.#plot.batch(() => {
      this.#plot.setData([grid, ...columns], false);
      this.#plot.setScale("x", { min: range.fromMs, max: range.toMs });
    });
  }

  /** The colours have changed. */
  recolour(): void {
    this.#plot.redraw(true, true);
  }

  /** At once, not a moment later as uPlot would: what is drawn next depends on the width. */
  resize(size: Size): void {
    this.#plot.batch(() => this.#plot.setSize(size));
    this.redraw();
  }

  destroy(): void {
    this.#plot.destroy();
    hideTooltip();
  }

  #options(size: Size): uPlot.Options {
    return {
      ...size,
      ms: 1,
      padding: [2, 12, 0, 0],
      tzDate: (ms) => uPlot.tzDate(new Date(ms), "Etc/UTC"),
      legend: { show: false },
      series: [{}, ...this.#content.lines.map(seriesOf)],
      scales: {
        x: { time: true, auto: false },
        y: { range: (plot, _, most) => [0, this.#withRoomForMarks(plot, most)] },
      },
      axes: [createTimeAxis(), createCountAxis()],
      cursor: {
        points: { show: false },
        y: false,
        drag: { x: true, y: false, setScale: false, dist: 4 },
        bind: { dblclick: () => () => null },
        sync: { key: SYNCED, scales: ["x", null], setSeries: false, filters: { pub: isMove } },
      },
      hooks: {
        setSelect: [() => this.#selected()],
        setCursor: [() => this.#pointed()],
        draw: [(plot) => this.#drawMarks(plot)],
      },
    };
  }

  /** The highest line ends below the marks. */
  #withRoomForMarks(plot: uPlot, most: number): number {
    const height = Math.max(plot.over.clientHeight, 100);
    const room = rowsHeightPixels(this.#rows.length);
    return Math.max(1, most || 0) / Math.max(0.3, 1 - room / height);
  }

  #drawMarks(plot: uPlot): void {
    for (const row of this.#rows) row.draw(plot);
  }

  #selected(): void {
    const { left, width } = this.#plot.select;
    if (width === 0) return;
    const fromMs = this.#plot.posToVal(left, "x");
    const toMs = this.#plot.posToVal(left + width, "x");
    this.#plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#view.show({ fromMs, toMs });
  }

  #pointed(): void {
    const { left = -1, top = -1, event } = this.#plot.cursor;
    const { readout, lines } = this.#content;
    if (left < 0) {
      readout.textContent = "";
      hideTooltip();
      return;
    }
    const ms = this.#plot.posToVal(left, "x");
    const values = lines.map(
      ({ label, trace, column }) => `${label} ${valueAt(trace, column, ms)}`,
    );
    readout.textContent = `${formatInstant(ms)}: ${values.join(", ")}`;
    if (event !== undefined && this.#plot.over.matches(":hover")) this.#tell(left, top, event);
  }

  /** The reasons of the mark under the pointer; of the first row that has one, where it is below them all. */
  #tell(left: number, top: number, { clientX: x, clientY: y }: MouseEvent): void {
    const pointed = this.#rows[rowIndexAt(top)];
    hideTooltip();
    for (const row of pointed === undefined ? this.#rows : [pointed]) {
      const group = row.near(this.#plot, left);
      if (group === undefined) continue;
      showTooltip(group, row.policy, { x, y });
      return;
    }
  }

  /** The wheel scrolls the page as ever, unless the chart has the focus or Ctrl (a pinch) is held. */
  #turned(event: WheelEvent, host: HTMLElement): void {
    const isOurs = event.ctrlKey || host.contains(document.activeElement);
    if (!isOurs) return;
    event.preventDefault();
    const { left, width } = this.#plot.over.getBoundingClientRect();
    const aroundMs = this.#plot.posToVal(event.clientX - left, "x");
    this.#view.show(zoomByWheel(this.#view.range, event, { aroundMs, width }));
  }
}

/** Pointers move together; what is dragged over one chart is that chart's to tell. */
function isMove(type: string): boolean {
  return type !== "mousedown" && type !== "mouseup";
}

function seriesOf({ label, colour, dash, isArea = false }: PlotLine): uPlot.Series {
  const series: uPlot.Series = {
    label,
    stroke: () => cssVariable(colour),
    width: isArea ? 1 : 1.5,
    dash,
    points: { show: false },
  };
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  if (stepped !== undefined) series.paths = stepped;
  if (isArea) series.fill = () => cssVariable(`${colour}-area`);
  return series;
}

function valueAt(trace: DecodedTrace, column: LineStyle["column"], ms: number): string {
  const row = countUpTo(ms, trace.timesMs) - 1;
  return (trace[column][row] ?? "–").toLocaleString("en-US");
}
