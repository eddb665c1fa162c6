import { type ChartSize, chartWidthPixels, PRINT_WIDTH_PIXELS } from "./chart-size.ts";
import type { ChartState } from "./chart-state.ts";
import { createElement } from "./dom.ts";
import { actionForKey, applyAction } from "./range-actions.ts";
import { type PlotContent, TimePlot } from "./time-plot.ts";

/** What a chart shows. Its content is created when the chart comes into view. */
export interface ChartSource {
  title: string;
  /** Number of rows of all its traces. */
  points: number;
  heightPixels: number;
  createContent(readout: HTMLElement): PlotContent;
}

/** The place of one chart on the page. It holds a plot and its data only while it is open. */
export class TimeChart {
  readonly element: HTMLElement;
  readonly #host: HTMLDivElement;
  readonly #readout = createElement("span", { class: "readout" });
  readonly #source: ChartSource;
  readonly #state: ChartState;
  #plot: TimePlot | undefined;
  /** A redraw is scheduled for the next frame. Further changes before it need no redraw of their own. */
  #isStale = false;

  constructor(source: ChartSource, state: ChartState) {
    this.#source = source;
    this.#state = state;
    this.#host = createElement("div", {
      class: "chart",
      tabindex: "0",
      role: "group",
      "aria-roledescription": "chart",
      "aria-label": `${source.title}. Arrow keys move, plus and minus zoom, 0 shows everything.`,
      "data-points": String(source.points),
    });
    this.#host.style.height = `${source.heightPixels}px`;
    const caption = createElement(
      "figcaption",
      {},
      createElement("span", {}, source.title),
      this.#readout,
    );
    this.element = createElement("figure", {}, caption, this.#host);
    this.#host.addEventListener("keydown", (event) => this.#handleKey(event));
  }

  get isOpen(): boolean {
    return this.#plot !== undefined;
  }

  /** Draws the chart unless it is open already. */
  open(): void {
    if (this.#plot !== undefined) return;
    const content = this.#source.createContent(this.#readout);
    this.#plot = new TimePlot(this.#host, content, this.#state, this.#size());
    this.#host.dataset.drawn = String(content.lines.length);
  }

  /** Removes the plot and releases its data. */
  close(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    delete this.#host.dataset.drawn;
  }

  /** Redraws the chart in the next frame, after a change of the time range. */
  refresh(): void {
    if (this.#plot === undefined || this.#isStale) return;
    this.#isStale = true;
    requestAnimationFrame(() => {
      this.#isStale = false;
      this.#plot?.redraw();
    });
  }

  recolour(): void {
    this.#plot?.recolour();
  }

  /** Resizes the plot to its element. */
  fit(): void {
    this.#plot?.resize(this.#size());
  }

  /** Draws the chart in the width of a printed page. */
  openForPrint(): void {
    this.open();
    this.#plot?.resize({ width: PRINT_WIDTH_PIXELS, height: this.#source.heightPixels });
    this.#plot?.recolour();
  }

  #size(): ChartSize {
    return { width: chartWidthPixels(this.#host), height: this.#source.heightPixels };
  }

  #handleKey(event: KeyboardEvent): void {
    const action = actionForKey(event);
    if (action === undefined) return;
    event.preventDefault();
    this.#state.showRange(applyAction(action, this.#state.range, this.#state.whole));
  }
}
