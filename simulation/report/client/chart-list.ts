import type { ReportModel } from "../report-model.ts";
import type { ChartState } from "./chart-state.ts";
import { createCharts, createScalerSection, type PlacedChart } from "./scaler-charts.ts";

/** All scalers' charts. Those in view and close to it are drawn, the others hold nothing. */
export class ChartList {
  readonly #model: ReportModel;
  readonly #view: ChartState;
  readonly #place: HTMLElement;
  #placed = new Map<Element, PlacedChart>();
  #isPrinting = false;
  readonly #watch = new IntersectionObserver((entries) => this.#seen(entries), {
    rootMargin: "300px 0px",
  });
  readonly #sizes = new ResizeObserver(() => this.#fit());

  constructor(model: ReportModel, view: ChartState, place: HTMLElement) {
    this.#model = model;
    this.#view = view;
    this.#place = place;
    this.#sizes.observe(place);
    view.onRange(() => this.#refresh());
  }

  /** Lays out the charts that the view asks for. */
  lay(): void {
    this.#watch.disconnect();
    for (const { chart } of this.#placed.values()) chart.close();
    const sections = this.#model.scalers.map(({ name }, scaler) => {
      const placed = createCharts(this.#model, scaler, this.#view);
      return { placed, section: createScalerSection(name, placed) };
    });
    const all = sections.flatMap(({ placed }) => placed);
    this.#placed = new Map(all.map((placed) => [placed.chart.element, placed]));
    this.#place.replaceChildren(...sections.map(({ section }) => section));
    for (const element of this.#placed.keys()) this.#watch.observe(element);
  }

  recolour(): void {
    for (const { chart } of this.#placed.values()) chart.recolour();
  }

  /** Draws all, at once: the browser prints when this returns. */
  beforePrint(): void {
    this.#isPrinting = true;
    for (const { chart } of this.#placed.values()) chart.openForPrint();
  }

  /** Back to what is in view. */
  afterPrint(): void {
    this.#isPrinting = false;
    for (const [element, { chart }] of this.#placed) {
      chart.close();
      this.#watch.unobserve(element);
      this.#watch.observe(element);
    }
  }

  #seen(entries: readonly IntersectionObserverEntry[]): void {
    if (this.#isPrinting) return;
    for (const { target, isIntersecting } of entries) {
      const placed = this.#placed.get(target);
      if (!isIntersecting) placed?.chart.close();
      else if (placed !== undefined) show(placed);
    }
    document.documentElement.dataset.ready = "true";
  }

  #refresh(): void {
    for (const { chart, list } of this.#placed.values()) {
      if (!chart.isOpen) continue;
      chart.refresh();
      list?.refresh();
    }
  }

  #fit(): void {
    if (this.#isPrinting) return;
    for (const { chart } of this.#placed.values()) chart.fit();
  }
}

function show({ chart, list }: PlacedChart): void {
  chart.open();
  list?.refresh();
}
