import uPlot from "uplot";
import { formatDuration } from "../../../functions/core/duration.ts";
import type { ReportModel } from "../report-model.ts";
import { createPlainAxis } from "./axes.ts";
import { createElement, cssVariable } from "./dom.ts";
import { policyStyle } from "./lines.ts";

const HEIGHT = 300;
const PRINT_WIDTH = 690;
const TICKS_SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400];

/** How many jobs still waited after how long, all policies over each other. */
export class WaitsChart {
  readonly #plot: uPlot;
  readonly #host: HTMLElement;
  readonly #readout = createElement("span", { class: "readout", "aria-live": "polite" });
  readonly #model: ReportModel;
  #index = 0;

  constructor(model: ReportModel, place: HTMLElement) {
    this.#model = model;
    this.#host = createElement("div", {
      class: "chart",
      tabindex: "0",
      role: "group",
      "aria-roledescription": "chart",
      "aria-label": "Waits of all policies. Arrow keys read the lines off.",
      "data-points": String(model.waits.seconds.length),
    });
    const caption = createElement(
      "figcaption",
      {},
      createElement("span", {}, "still waiting after"),
      this.#readout,
    );
    place.append(createElement("figure", {}, caption, this.#host));
    this.#plot = new uPlot(
      this.#options(),
      [model.waits.seconds, ...model.waits.shares],
      this.#host,
    );
    this.#host.addEventListener("keydown", (event) => this.#pressed(event));
    this.#host.dataset.drawn = String(model.waits.shares.length);
  }

  recolour(): void {
    this.#plot.redraw(true, true);
  }

  fit(): void {
    this.#plot.setSize({ width: Math.max(200, this.#host.clientWidth), height: HEIGHT });
  }

  beforePrint(): void {
    this.#plot.setSize({ width: PRINT_WIDTH, height: HEIGHT });
    this.recolour();
  }

  #options(): uPlot.Options {
    const { seconds } = this.#model.waits;
    const least = this.#leastShare();
    return {
      width: Math.max(200, this.#host.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      padding: [8, 16, 0, 0],
      scales: {
        x: { time: false, distr: 3, range: [seconds.at(0) ?? 1, seconds.at(-1) ?? 10] },
        y: { distr: 3, range: [least, 1] },
      },
      axes: [
        {
          ...createPlainAxis(),
          splits: TICKS_SECONDS,
          filter: (_, ticks) => ticks,
          values: (_, ticks) => ticks.map((tick) => formatDuration(tick)),
        },
        {
          ...createPlainAxis(),
          size: 60,
          grid: decadesOnly(),
          values: (_, ticks) => ticks.map(percentTick),
        },
      ],
      series: [{}, ...this.#model.policies.map(({ name }, policy) => seriesOf(name, policy))],
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      hooks: { setCursor: [() => this.#read(this.#plot.cursor.idx ?? undefined)] },
    };
  }

  /** The decade in which the last job of any policy lies, within what can be told apart. */
  #leastShare(): number {
    const shares = this.#model.waits.shares.flat().flatMap((share) => share ?? []);
    return Math.max(1e-4, 10 ** Math.floor(Math.log10(Math.min(0.1, ...shares))));
  }

  #read(index: number | undefined): void {
    const { seconds, shares } = this.#model.waits;
    const at = index === undefined ? undefined : seconds[index];
    if (index === undefined || at === undefined) {
      this.#readout.textContent = "";
      return;
    }
    this.#index = index;
    const texts = this.#model.policies.map(
      ({ name }, policy) => `${name} ${percentText(shares[policy]?.[index] ?? 0)}`,
    );
    this.#readout.textContent = `${secondsText(at)}: ${texts.join(", ")}`;
  }

  #pressed(event: KeyboardEvent): void {
    const step = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const { seconds } = this.#model.waits;
    this.#index = Math.min(Math.max(this.#index + step, 0), seconds.length - 1);
    this.#plot.setCursor({ left: this.#plot.valToPos(seconds[this.#index] ?? 1, "x"), top: 1 });
  }
}

function seriesOf(label: string, policy: number): uPlot.Series {
  const { colour, dash } = policyStyle(policy);
  return { label, dash, stroke: () => cssVariable(colour), width: 2, points: { show: false } };
}

/** Lines at powers of ten, of which uPlot gives each two to nine multiples too. */
function decadesOnly(): uPlot.Axis.Grid {
  const filter = (_: uPlot, shares: number[]) =>
    shares.map((share) => (isPowerOfTen(share) ? share : null));
  return { ...createPlainAxis().grid, filter };
}

function percentTick(share: number | null): string {
  return share !== null && isPowerOfTen(share) ? percentText(share) : "";
}

/** As far as sums of decimals can tell. */
function isPowerOfTen(value: number): boolean {
  const exponent = Math.log10(value);
  return Math.abs(exponent - Math.round(exponent)) < 1e-6;
}

function percentText(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function secondsText(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : formatDuration(Math.round(seconds));
}
