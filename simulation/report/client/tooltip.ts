import { plural } from "../../../functions/core/plural.ts";
import { sum } from "../../statistics.ts";
import type { TracedDecision } from "../../trace.ts";
import { createElement, getElement } from "./dom.ts";
import { formatInstant } from "./format-time.ts";
import { isDecision, isInterruption, type MarkGroup, type TraceEvent } from "./marks.ts";

const MAX_DECISIONS = 3;

/** Formats an event as `scaled out from 2 to 5` or `3 jobs interrupted`. */
export function formatEvent(event: TraceEvent): string {
  if (isInterruption(event)) return `${plural(event.jobs, "job")} interrupted`;
  const { action, from, to } = event;
  return `scaled ${action === "scale-out" ? "out" : "in"} from ${from} to ${to}`;
}

/** Shows the events of a mark and their reasons next to the pointer, at CSS pixels of the viewport. */
export function showTooltip(
  { events }: MarkGroup,
  policy: string,
  pointer: { x: number; y: number },
): void {
  const tooltip = getElement("tooltip", HTMLDivElement);
  const interruptions = events.filter(isInterruption);
  const decisions = events.filter(isDecision);
  const hiddenCount = decisions.length - MAX_DECISIONS;
  const note = hiddenCount > 0 ? [`${hiddenCount} more here. Zoom in to see them.`] : [];
  tooltip.replaceChildren(
    createElement("em", {}, policy),
    ...decisions.slice(0, MAX_DECISIONS).flatMap(createDecisionElements),
    ...note.map((text) => createElement("em", {}, text)),
    ...(interruptions.length > 0 ? [createElement("strong", {}, sumUp(interruptions))] : []),
  );
  tooltip.hidden = false;
  moveToPointer(tooltip, pointer);
}

/** Hides the tooltip if it is visible. */
export function hideTooltip(): void {
  getElement("tooltip", HTMLDivElement).hidden = true;
}

function sumUp(interruptions: readonly { atMs: number; jobs: number }[]): string {
  const jobs = sum(interruptions.map((interruption) => interruption.jobs));
  const firstMs = interruptions[0]?.atMs ?? 0;
  const lastMs = interruptions.at(-1)?.atMs ?? firstMs;
  const until = lastMs > firstMs ? ` to ${formatInstant(lastMs)}` : "";
  return `${formatInstant(firstMs)}${until}: ${formatEvent({ atMs: firstMs, jobs })}`;
}

function createDecisionElements(decision: TracedDecision): HTMLElement[] {
  const { atMs, reasons } = decision;
  return [
    createElement("strong", {}, `${formatInstant(atMs)} ${formatEvent(decision)}`),
    createElement("ul", {}, ...reasons.map((reason) => createElement("li", {}, reason))),
  ];
}

/** Places the tooltip below and to the right of the pointer, or above it if there is no room below. */
function moveToPointer(tooltip: HTMLElement, { x, y }: { x: number; y: number }): void {
  const { width, height } = tooltip.getBoundingClientRect();
  const top = y + 18 + height > innerHeight ? y - height - 10 : y + 18;
  tooltip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
  tooltip.style.top = `${Math.max(4, top)}px`;
}
