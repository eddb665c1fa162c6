import type { TracedDecision } from "../../trace.ts";
import type { ChartState } from "./chart-state.ts";
import { createElement } from "./dom.ts";
import { formatInstant } from "./format-time.ts";
import { selectDecisions } from "./marks.ts";
import { formatDecision } from "./tooltip.ts";

const MAX_LISTED = 200;
const ZOOM_MARGIN_MS = 10 * 60_000;

/** The decisions in the shown time range as text, for readers without a pointer. Filled while it is open. */
export class DecisionsList {
  readonly element: HTMLDetailsElement;
  readonly #summary = createElement("summary", {}, "Decisions in this time range");
  readonly #list = createElement("ol", {});
  readonly #note = createElement("p", {});
  readonly #state: ChartState;
  readonly #readDecisions: () => readonly TracedDecision[];

  /** @param title scaler and policy of these decisions */
  constructor(title: string, state: ChartState, readDecisions: () => readonly TracedDecision[]) {
    this.#state = state;
    this.#readDecisions = readDecisions;
    this.element = createElement(
      "details",
      { "aria-label": `Decisions of ${title}` },
      this.#summary,
      this.#note,
      this.#list,
    );
    this.element.addEventListener("toggle", () => this.refresh());
  }

  /** Counts the decisions in the time range, and lists them if the list is open. */
  refresh(): void {
    const decisions = selectDecisions(this.#state.range, this.#readDecisions());
    const count = decisions.length.toLocaleString("en-US");
    this.#summary.textContent = `Decisions in this time range: ${count}`;
    if (!this.element.open) return;
    const isTruncated = decisions.length > MAX_LISTED;
    this.#note.textContent = isTruncated ? `First ${MAX_LISTED}. Zoom in to see the others.` : "";
    const items = decisions.slice(0, MAX_LISTED).map((decision) => this.#createItem(decision));
    this.#list.replaceChildren(...items);
  }

  #createItem(decision: TracedDecision): HTMLLIElement {
    const { atMs, reasons } = decision;
    const button = createElement(
      "button",
      { type: "button", title: "Zoom to this time" },
      formatInstant(atMs),
    );
    button.addEventListener("click", () =>
      this.#state.showRange({ fromMs: atMs - ZOOM_MARGIN_MS, toMs: atMs + ZOOM_MARGIN_MS }),
    );
    return createElement("li", {}, button, ` ${formatDecision(decision)}: ${reasons.join("; ")}`);
  }
}
