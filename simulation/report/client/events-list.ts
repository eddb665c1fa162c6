import type { ChartState } from "./chart-state.ts";
import { createElement } from "./dom.ts";
import { formatInstant } from "./format-time.ts";
import { isInterruption, selectEvents, type TraceEvent } from "./marks.ts";
import { formatEvent } from "./tooltip.ts";

const MAX_LISTED = 200;
const ZOOM_MARGIN_MS = 10 * 60_000;

/**
 * The decisions and interruptions in the shown time range as text, for readers without a pointer. Filled while
 * it is open.
 */
export class EventsList {
  readonly element: HTMLDetailsElement;
  readonly #summary = createElement("summary", {}, "Decisions in this time range");
  readonly #list = createElement("ol", {});
  readonly #note = createElement("p", {});
  readonly #state: ChartState;
  readonly #readEvents: () => readonly TraceEvent[];

  /** @param title scaler and policy of these events */
  constructor(title: string, state: ChartState, readEvents: () => readonly TraceEvent[]) {
    this.#state = state;
    this.#readEvents = readEvents;
    this.element = createElement(
      "details",
      { "aria-label": `Decisions of ${title}` },
      this.#summary,
      this.#note,
      this.#list,
    );
    this.element.addEventListener("toggle", () => this.refresh());
  }

  /** Counts the events in the time range, and lists them if the list is open. */
  refresh(): void {
    const events = selectEvents(this.#state.range, this.#readEvents());
    this.#summary.textContent = `In this time range: ${countEvents(events)}`;
    if (!this.element.open) return;
    const isTruncated = events.length > MAX_LISTED;
    this.#note.textContent = isTruncated ? `First ${MAX_LISTED}. Zoom in to see the others.` : "";
    const items = events.slice(0, MAX_LISTED).map((event) => this.#createItem(event));
    this.#list.replaceChildren(...items);
  }

  #createItem(event: TraceEvent): HTMLLIElement {
    const { atMs } = event;
    const button = createElement(
      "button",
      { type: "button", title: "Zoom to this time" },
      formatInstant(atMs),
    );
    button.addEventListener("click", () =>
      this.#state.showRange({ fromMs: atMs - ZOOM_MARGIN_MS, toMs: atMs + ZOOM_MARGIN_MS }),
    );
    const reasons = isInterruption(event) ? [] : event.reasons;
    const text = [formatEvent(event), ...(reasons.length > 0 ? [reasons.join("; ")] : [])];
    return createElement("li", {}, button, ` ${text.join(": ")}`);
  }
}

function countEvents(events: readonly TraceEvent[]): string {
  const interruptions = events.filter(isInterruption).length;
  const decisions = events.length - interruptions;
  const counts = [countNoun(decisions, "decision")];
  if (interruptions > 0) counts.push(countNoun(interruptions, "interruption"));
  return counts.join(", ");
}

function countNoun(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
