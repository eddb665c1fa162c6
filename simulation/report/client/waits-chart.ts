import uPlot from "uplot";
import { formatDuration } from "../../../functions/core/duration.ts";
import type { ReportModel } from "../report-model.ts";
import { chartWidthPixels, PRINT_WIDTH_PIXELS } from "./chart-size.ts";
import { createElement, readCssVariable } from "./dom.ts";
import { policyStyle } from "./line-styles.ts";
import { createLinearView, createLogView, formatPercent, type WaitsView } from "./waits-scales.ts";

const HEIGHT_PIXELS = 260;
const POINTS_PER_KEY = 5;

/** How many jobs have begun, or still wait, after a time: one line per policy. */
export class WaitsChart {
  readonly #host: HTMLElement;
  readonly #caption = createElement("span", {});
  readonly #readout = createElement("span", { class: "readout", "aria-live": "polite" });
  readonly #model: ReportModel;
  #view: WaitsView;
  #plot: uPlot;
  /** Index of the time at the cursor. */
  #index = 0;

  constructor(model: ReportModel, container: HTMLElement) {
    this.#model = model;
    this.#host = createElement("div", {
      class: "chart",
      tabindex: "0",
      role: "group",
      "aria-roledescription": "chart",
      "aria-label": "Wait times under all policies. Left and right arrow keys read the values.",
      "data-points": String(model.waits.seconds.length),
    });
    const caption = createElement("figcaption", {}, this.#caption, this.#readout);
    container.append(createElement("figure", {}, caption, this.#host));
    this.#view = createLinearView(model.waits);
    this.#plot = this.#createPlot();
    this.#host.addEventListener("keydown", (event) => this.#handleKey(event));
    this.#host.dataset.drawn = String(model.waits.shares.length);
  }

  /** Draws both axes as logarithmic or as linear. */
  showLogarithmic(isLogarithmic: boolean): void {
    const { waits } = this.#model;
    this.#view = isLogarithmic ? createLogView(waits) : createLinearView(waits);
    this.#plot.destroy();
    this.#plot = this.#createPlot();
  }

  recolour(): void {
    this.#plot.redraw(true, true);
  }

  /** Resizes the plot to its element. */
  fit(): void {
    this.#plot.setSize({ width: chartWidthPixels(this.#host), height: HEIGHT_PIXELS });
  }

  /** Draws the chart in the width and the colours of a printed page. */
  beforePrint(): void {
    this.#plot.setSize({ width: PRINT_WIDTH_PIXELS, height: HEIGHT_PIXELS });
    this.recolour();
  }

  #createPlot(): uPlot {
    const { caption, seconds, shares, scales, axes } = this.#view;
    this.#caption.textContent = caption;
    this.#readout.textContent = "";
    this.#index = 0;
    const options: uPlot.Options = {
      width: chartWidthPixels(this.#host),
      height: HEIGHT_PIXELS,
      legend: { show: false },
      padding: [8, 16, 0, 0],
      scales,
      axes,
      series: [{}, ...this.#model.policies.map(({ name }, policy) => createSeries(name, policy))],
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      hooks: { setCursor: [({ cursor }) => this.#showShares(cursor.idx ?? undefined)] },
    };
    return new uPlot(options, [seconds, ...shares], this.#host);
  }

  #showShares(index: number | undefined): void {
    const { seconds, shares } = this.#view;
    const time = index === undefined ? undefined : seconds[index];
    if (index === undefined || time === undefined) {
      this.#readout.textContent = "";
      return;
    }
    this.#index = index;
    const texts = this.#model.policies.map(
      ({ name }, policy) => `${name} ${formatPercent(shares[policy]?.[index] ?? 0)}`,
    );
    this.#readout.textContent = `after ${formatSeconds(time)}: ${texts.join(", ")}`;
  }

  #handleKey(event: KeyboardEvent): void {
    const step = { ArrowLeft: -POINTS_PER_KEY, ArrowRight: POINTS_PER_KEY }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const { seconds } = this.#view;
    this.#index = Math.min(Math.max(this.#index + step, 0), seconds.length - 1);
    this.#plot.setCursor({ left: this.#plot.valToPos(seconds[this.#index] ?? 1, "x"), top: 1 });
  }
}

function createSeries(label: string, policy: number): uPlot.Series {
  const { colour, dash } = policyStyle(policy);
  return { label, dash, stroke: () => readCssVariable(colour), width: 2, points: { show: false } };
}

function formatSeconds(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : formatDuration(Math.round(seconds));
}
