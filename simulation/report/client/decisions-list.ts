import type { TracedDecision } from "../../trace.ts";
import type { ChartState } from "./chart-state.ts";
import { createElement } from "./dom.ts";
import { selectMarks } from "./marks.ts";
import { formatInstant } from "./times.ts";
import { formatDecision } from "./tooltip.ts";

const MOST_LISTED = 200;
const AROUND_MS = 10 * 60_000;

/** The decisions in view as text, for those who read instead of pointing. Filled when it is opened. */
export class DecisionsList {
  readonly element: HTMLDetailsElement;
  readonly #summary = createElement("summary", {});
  readonly #list = createElement("ol", {});
  readonly #note = createElement("p", {});
  readonly #view: ChartState;
  readonly #decisions: () => readonly TracedDecision[];

  /** @param about whose decisions these are */
  constructor(about: string, view: ChartState, decisions: () => readonly TracedDecision[]) {
    this.#view = view;
    this.#decisions = decisions;
    this.element = createElement(
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
    const marks = selectMarks(this.#view.range, this.#decisions());
    this.#summary.textContent = `Decisions in view: ${marks.length.toLocaleString("en-US")}`;
    if (!this.element.open) return;
    const isCut = marks.length > MOST_LISTED;
    this.#note.textContent = isCut ? `The first ${MOST_LISTED}; zoom in for the others.` : "";
    this.#list.replaceChildren(...marks.slice(0, MOST_LISTED).map((mark) => this.#item(mark)));
  }

  #item(mark: TracedDecision): HTMLLIElement {
    const { atMs, reasons } = mark;
    const button = createElement(
      "button",
      { type: "button", title: "Zoom to this time" },
      formatInstant(atMs),
    );
    button.addEventListener("click", () =>
      this.#view.show({ fromMs: atMs - AROUND_MS, toMs: atMs + AROUND_MS }),
    );
    return createElement("li", {}, button, ` ${formatDecision(mark)}: ${reasons.join("; ")}`);
  }
}
