import type { Column, ReportModel } from "../report-model.ts";
import { clampRange, type TimeRange } from "./time-range.ts";

/** What all charts show: one time range and some policies, either in separate charts or overlaid. */
export class ChartState {
  /** The time range of the whole simulation. */
  readonly whole: TimeRange;
  #range: TimeRange;
  /** Indexes of the policies that are shown. */
  policies: number[];
  isOverlay = false;
  /** The line that overlaid charts show. */
  column: Column = "agents";
  readonly #listeners: (() => void)[] = [];

  constructor({ fromMs, toMs, policies }: ReportModel) {
    this.whole = clampRange({ fromMs, toMs }, { fromMs, toMs });
    this.#range = this.whole;
    this.policies = policies.map((_, index) => index);
  }

  get range(): TimeRange {
    return this.#range;
  }

  get isWhole(): boolean {
    return this.#range.fromMs === this.whole.fromMs && this.#range.toMs === this.whole.toMs;
  }

  /** Shows another time range, limited to the whole simulation. */
  showRange(range: TimeRange): void {
    this.#range = clampRange(this.whole, range);
    for (const listener of this.#listeners) listener();
  }

  /** Calls the listener after every change of the time range. */
  onRangeChange(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
