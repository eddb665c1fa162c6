import { actionForKey, applyAction } from "./actions.ts";
import type { ChartState } from "./chart-state.ts";
import { createElement } from "./dom.ts";
import { type PlotContent, type Size, TimePlot } from "./time-plot.ts";

/** What a chart is told to show, when it comes into view and not before. */
export interface ChartSource {
  title: string;
  /** Which rows of the trace it would draw, all in all. */
  points: number;
  height: number;
  content(readout: HTMLElement): PlotContent;
}

/** On A4, between the margins. */
const PRINT_WIDTH = 690;

/** The place of one chart on the page. It holds a plot and the plot's data only while it is in view. */
export class TimeChart {
  readonly element: HTMLElement;
  readonly #host: HTMLDivElement;
  readonly #readout = createElement("span", { class: "readout" });
  readonly #source: ChartSource;
  readonly #view: ChartState;
  #plot: TimePlot | undefined;
  /** Redrawn at the next frame at the latest; several changes in a frame are one. */
  #isStale = false;

  constructor(source: ChartSource, view: ChartState) {
    this.#source = source;
    this.#view = view;
    this.#host = createElement("div", {
      class: "chart",
      tabindex: "0",
      role: "group",
      "aria-roledescription": "chart",
      "aria-label": `${source.title}. Arrow keys move, plus and minus zoom, 0 shows all.`,
      "data-points": String(source.points),
    });
    this.#host.style.height = `${source.height}px`;
    const caption = createElement(
      "figcaption",
      {},
      createElement("span", {}, source.title),
      this.#readout,
    );
    this.element = createElement("figure", {}, caption, this.#host);
    this.#host.addEventListener("keydown", (event) => this.#pressed(event));
  }

  get isOpen(): boolean {
    return this.#plot !== undefined;
  }

  /** Draws it, where it is not drawn yet. */
  open(): void {
    if (this.#plot !== undefined) return;
    const content = this.#source.content(this.#readout);
    this.#plot = new TimePlot(this.#host, content, this.#view, this.#size());
    this.#host.dataset.drawn = String(content.lines.length);
  }

  /** Gives back what it holds. */
  close(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    delete this.#host.dataset.drawn;
  }

  /** Another span of time is shown. */
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

  fit(): void {
    this.#plot?.resize(this.#size());
  }

  /** Drawn as wide as a sheet of paper. */
  openForPrint(): void {
    this.open();
    this.#plot?.resize({ width: PRINT_WIDTH, height: this.#source.height });
    this.#plot?.recolour();
  }

  #size(): Size {
    return { width: Math.max(200, this.#host.clientWidth), height: this.#source.height };
  }

  #pressed(event: KeyboardEvent): void {
    const doing = actionForKey(event);
    if (doing === undefined) return;
    event.preventDefault();
    this.#view.show(applyAction(doing, this.#view.range, this.#view.whole));
  }
}
