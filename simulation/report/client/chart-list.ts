import type { ReportModel } from "../report-model.ts";
import type { ChartState } from "./chart-state.ts";
import { getElement } from "./dom.ts";
import { createOverviewChart } from "./overview-chart.ts";
import {
  createCharts,
  createScalerSection,
  listElements,
  type ScalerChart,
} from "./scaler-charts.ts";

const POLICY_CHART_HEIGHT_PIXELS = 210;
const OVERLAY_HEIGHT_PIXELS = 260;

/** All charts over time. Only charts in or near the viewport are drawn and hold data. */
export class ChartList {
  readonly #model: ReportModel;
  readonly #state: ChartState;
  readonly #overview = getElement("overview", HTMLDivElement);
  readonly #scalers = getElement("scalers", HTMLDivElement);
  #charts = new Map<Element, ScalerChart>();
  #isPrinting = false;
  readonly #visibility = new IntersectionObserver((entries) => this.#openVisible(entries), {
    rootMargin: "300px 0px",
  });
  readonly #containerSize = new ResizeObserver(() => this.#fitCharts());

  constructor(model: ReportModel, state: ChartState) {
    this.#model = model;
    this.#state = state;
    this.#containerSize.observe(this.#overview);
    state.onRangeChange(() => this.#refresh());
  }

  /** Replaces all charts by those that the state asks for. */
  layOut(): void {
    this.#visibility.disconnect();
    for (const { chart } of this.#charts.values()) chart.close();
    const overview = createOverviewChart(this.#model, this.#state);
    const sections = this.#scalers.hidden ? [] : this.#createSections();
    const charts = [...overview, ...sections.flatMap((section) => section.charts)];
    this.#charts = new Map(charts.map((chart) => [chart.chart.element, chart]));
    this.#overview.replaceChildren(...overview.flatMap(listElements));
    this.#scalers.replaceChildren(...sections.map(({ section }) => section));
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

  #createSections(): { charts: ScalerChart[]; section: HTMLElement }[] {
    const { isOverlay, column } = this.#state;
    const heightPixels = isOverlay ? OVERLAY_HEIGHT_PIXELS : POLICY_CHART_HEIGHT_PIXELS;
    return this.#model.scalers.map((scaler, index) => {
      const form = { isOverlay, column, heightPixels };
      const charts = createCharts(this.#model, index, this.#state, form);
      return { charts, section: createScalerSection(scaler, charts) };
    });
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
