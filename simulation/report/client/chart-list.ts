import type { ReportModel } from "../report-model.ts";
import type { ChartState } from "./chart-state.ts";
import { createCharts, createScalerSection, type ScalerChart } from "./scaler-charts.ts";

/** The charts of all scalers. Only charts in or near the viewport are drawn and hold data. */
export class ChartList {
  readonly #model: ReportModel;
  readonly #state: ChartState;
  readonly #container: HTMLElement;
  #charts = new Map<Element, ScalerChart>();
  #isPrinting = false;
  readonly #visibility = new IntersectionObserver((entries) => this.#openVisible(entries), {
    rootMargin: "300px 0px",
  });
  readonly #containerSize = new ResizeObserver(() => this.#fitCharts());

  constructor(model: ReportModel, state: ChartState, container: HTMLElement) {
    this.#model = model;
    this.#state = state;
    this.#container = container;
    this.#containerSize.observe(container);
    state.onRangeChange(() => this.#refresh());
  }

  /** Replaces all charts by those that the state asks for. */
  layOut(): void {
    this.#visibility.disconnect();
    for (const { chart } of this.#charts.values()) chart.close();
    const sections = this.#model.scalers.map(({ name }, scaler) => {
      const charts = createCharts(this.#model, scaler, this.#state);
      return { charts, section: createScalerSection(name, charts) };
    });
    const charts = sections.flatMap((section) => section.charts);
    this.#charts = new Map(charts.map((chart) => [chart.chart.element, chart]));
    this.#container.replaceChildren(...sections.map(({ section }) => section));
    for (const element of this.#charts.keys()) this.#visibility.observe(element);
  }

  recolour(): void {
    for (const { chart } of this.#charts.values()) chart.recolour();
  }

  /** Draws every chart synchronously: the browser prints as soon as this returns. */
  beforePrint(): void {
    this.#isPrinting = true;
    for (const { chart } of this.#charts.values()) chart.openForPrint();
  }

  /** Closes every chart. The observer reports the visible ones again, and they open. */
  afterPrint(): void {
    this.#isPrinting = false;
    for (const [element, { chart }] of this.#charts) {
      chart.close();
      this.#visibility.unobserve(element);
      this.#visibility.observe(element);
    }
  }

  #openVisible(entries: readonly IntersectionObserverEntry[]): void {
    if (this.#isPrinting) return;
    for (const { target, isIntersecting } of entries) {
      const chart = this.#charts.get(target);
      if (!isIntersecting) chart?.chart.close();
      else if (chart !== undefined) openChart(chart);
    }
    document.documentElement.dataset.ready = "true";
  }

  #refresh(): void {
    for (const { chart, list } of this.#charts.values()) {
      if (!chart.isOpen) continue;
      chart.refresh();
      list?.refresh();
    }
  }

  #fitCharts(): void {
    if (this.#isPrinting) return;
    for (const { chart } of this.#charts.values()) chart.fit();
  }
}

function openChart({ chart, list }: ScalerChart): void {
  chart.open();
  list?.refresh();
}
