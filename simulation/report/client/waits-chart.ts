import uPlot from "uplot";
import { formatDuration } from "../../../functions/core/duration.ts";
import type { ReportModel } from "../report-model.ts";
import { createPlainAxis } from "./axes.ts";
import { chartWidthPixels, PRINT_WIDTH_PIXELS } from "./chart-size.ts";
import { createElement, readCssVariable } from "./dom.ts";
import { policyStyle } from "./line-styles.ts";

const HEIGHT_PIXELS = 300;
const TICKS_SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400];
const POINTS_PER_KEY = 5;
/** The axis does not show smaller shares: 1 of 10,000 jobs. */
const SMALLEST_SHARE = 1e-4;

/** The share of jobs that still wait after a time, one line per policy. */
export class WaitsChart {
  readonly #plot: uPlot;
  readonly #host: HTMLElement;
  readonly #readout = createElement("span", { class: "readout", "aria-live": "polite" });
  readonly #model: ReportModel;
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
    const caption = createElement(
      "figcaption",
      {},
      createElement("span", {}, "Jobs still waiting after"),
      this.#readout,
    );
    container.append(createElement("figure", {}, caption, this.#host));
    this.#plot = new uPlot(
      this.#createOptions(),
      [model.waits.seconds, ...model.waits.shares],
      this.#host,
    );
    this.#host.addEventListener("keydown", (event) => this.#handleKey(event));
    this.#host.dataset.drawn = String(model.waits.shares.length);
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

  #createOptions(): uPlot.Options {
    const { seconds } = this.#model.waits;
    return {
      width: chartWidthPixels(this.#host),
      height: HEIGHT_PIXELS,
      legend: { show: false },
      padding: [8, 16, 0, 0],
      scales: {
        x: { time: false, distr: 3, range: [seconds.at(0) ?? 1, seconds.at(-1) ?? 10] },
        y: { distr: 3, range: [this.#axisMinimum(), 1] },
      },
      axes: [createDurationAxis(), createShareAxis()],
      series: [{}, ...this.#model.policies.map(({ name }, policy) => createSeries(name, policy))],
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      hooks: { setCursor: [() => this.#showShares(this.#plot.cursor.idx ?? undefined)] },
    };
  }

  /** Returns the power of ten below the smallest share, but at least {@link SMALLEST_SHARE}. */
  #axisMinimum(): number {
    const shares = this.#model.waits.shares.flat().flatMap((share) => share ?? []);
    return Math.max(SMALLEST_SHARE, 10 ** Math.floor(Math.log10(Math.min(0.1, ...shares))));
  }

  #showShares(index: number | undefined): void {
    const { seconds, shares } = this.#model.waits;
    const time = index === undefined ? undefined : seconds[index];
    if (index === undefined || time === undefined) {
      this.#readout.textContent = "";
      return;
    }
    this.#index = index;
    const texts = this.#model.policies.map(
      ({ name }, policy) => `${name} ${formatPercent(shares[policy]?.[index] ?? 0)}`,
    );
    this.#readout.textContent = `${formatSeconds(time)}: ${texts.join(", ")}`;
  }

  #handleKey(event: KeyboardEvent): void {
    const step = { ArrowLeft: -POINTS_PER_KEY, ArrowRight: POINTS_PER_KEY }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const { seconds } = this.#model.waits;
    this.#index = Math.min(Math.max(this.#index + step, 0), seconds.length - 1);
    this.#plot.setCursor({ left: this.#plot.valToPos(seconds[this.#index] ?? 1, "x"), top: 1 });
  }
}

function createDurationAxis(): uPlot.Axis {
  return {
    ...createPlainAxis(),
    splits: TICKS_SECONDS,
    filter: (_, ticks) => ticks,
    values: (_, ticks) => ticks.map((tick) => formatDuration(tick)),
  };
}

/** uPlot also draws grid lines at 2 to 9 times each power of ten; the filter removes them. */
function createShareAxis(): uPlot.Axis {
  const filter = (_: uPlot, shares: number[]) =>
    shares.map((share) => (isPowerOfTen(share) ? share : null));
  return {
    ...createPlainAxis(),
    size: 60,
    grid: { ...createPlainAxis().grid, filter },
    values: (_, ticks) => ticks.map(formatPercentTick),
  };
}

function createSeries(label: string, policy: number): uPlot.Series {
  const { colour, dash } = policyStyle(policy);
  return { label, dash, stroke: () => readCssVariable(colour), width: 2, points: { show: false } };
}

function formatPercentTick(share: number | null): string {
  return share !== null && isPowerOfTen(share) ? formatPercent(share) : "";
}

/** Tolerates the rounding errors of decimal fractions. */
function isPowerOfTen(value: number): boolean {
  const exponent = Math.log10(value);
  return Math.abs(exponent - Math.round(exponent)) < 1e-6;
}

function formatPercent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function formatSeconds(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : formatDuration(Math.round(seconds));
}
