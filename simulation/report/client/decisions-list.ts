import type { Mark } from "../report-model.ts";
import type { View } from "./chart-state.ts";
import { made } from "./dom.ts";
import { marksWithin } from "./marks.ts";
import { instantText } from "./times.ts";
import { decisionText } from "./tooltip.ts";

const MOST_LISTED = 200;
const AROUND_MS = 10 * 60_000;

/** The decisions in view as text, for those who read instead of pointing. Filled when it is opened. */
export class DecisionsList {
  readonly element: HTMLDetailsElement;
  readonly #summary = made("summary", {});
  readonly #list = made("ol", {});
  readonly #note = made("p", {});
  readonly #view: View;
  readonly #decisions: () => readonly Mark[];

  /** @param about whose decisions these are */
  constructor(about: string, view: View, decisions: () => readonly Mark[]) {
    this.#view = view;
    this.#decisions = decisions;
    this.element = made(
      "details",
      { "aria-label": `Decisions of ${about}` },
      this.#summary,
      this.#note,
      this.#list,
    );
    this.element.addEventListener("toggle", () => this.refresh());
    this.#summary.textContent = "Decisions in view";
  }

  refresh(): void {
    const marks = marksWithin(this.#view.range, this.#decisions());
    this.#summary.textContent = `Decisions in view: ${marks.length.toLocaleString("en-US")}`;
    if (!this.element.open) return;
    const isCut = marks.length > MOST_LISTED;
    this.#note.textContent = isCut ? `The first ${MOST_LISTED}; zoom in for the others.` : "";
    this.#list.replaceChildren(...marks.slice(0, MOST_LISTED).map((mark) => this.#item(mark)));
  }

  #item(mark: Mark): HTMLLIElement {
    const { atMs, reasons } = mark;
    const button = made(
      "button",
      { type: "button", title: "Zoom to this time" },
      instantText(atMs),
    );
    button.addEventListener("click", () =>
      this.#view.show({ fromMs: atMs - AROUND_MS, toMs: atMs + AROUND_MS }),
    );
    return made("li", {}, button, ` ${decisionText(mark)}: ${reasons.join("; ")}`);
  }
}
