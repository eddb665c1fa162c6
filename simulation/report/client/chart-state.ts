import type { Column, ReportModel } from "../report-model.ts";
import { clampRange, type Range } from "./range.ts";

/** What all charts show: one span of time, and some policies, each by itself or over each other. */
export class ChartState {
  readonly whole: Range;
  #range: Range;
  shown: number[];
  isOver = false;
  column: Column = "desired";
  readonly #onRange: (() => void)[] = [];

  constructor({ fromMs, toMs, policies }: ReportModel) {
    this.whole = clampRange({ fromMs, toMs }, { fromMs, toMs });
    this.#range = this.whole;
    this.shown = policies.map((_, index) => index);
  }

  get range(): Range {
    return this.#range;
  }

  /** Shows another span of time, as far as there is one. */
  show(range: Range): void {
    this.#range = clampRange(this.whole, range);
    for (const listener of this.#onRange) listener();
  }

  onRange(listener: () => void): void {
    this.#onRange.push(listener);
  }
}
