import type { TracedDecision } from "../../trace.ts";
import { createElement, getElement } from "./dom.ts";
import { formatInstant } from "./format-time.ts";
import type { MarkGroup } from "./marks.ts";

const MAX_DECISIONS = 3;

/** Formats a decision as `scaled out from 2 to 5`. */
export function formatDecision({ action, from, to }: TracedDecision): string {
  return `scaled ${action === "scale-out" ? "out" : "in"} from ${from} to ${to}`;
}

/** Shows the decisions of a mark and their reasons next to the pointer, at CSS pixels of the viewport. */
export function showTooltip(
  { decisions }: MarkGroup,
  policy: string,
  pointer: { x: number; y: number },
): void {
  const tooltip = getElement("tooltip", HTMLDivElement);
  const shown = decisions.slice(0, MAX_DECISIONS).flatMap(createDecisionElements);
  const hiddenCount = decisions.length - MAX_DECISIONS;
  const note = hiddenCount > 0 ? [`${hiddenCount} more here. Zoom in to see them.`] : [];
  tooltip.replaceChildren(
    createElement("em", {}, policy),
    ...shown,
    ...note.map((text) => createElement("em", {}, text)),
  );
  tooltip.hidden = false;
  moveToPointer(tooltip, pointer);
}

/** Hides the tooltip if it is visible. */
export function hideTooltip(): void {
  getElement("tooltip", HTMLDivElement).hidden = true;
}

function createDecisionElements(decision: TracedDecision): HTMLElement[] {
  const { atMs, reasons } = decision;
  return [
    createElement("strong", {}, `${formatInstant(atMs)} ${formatDecision(decision)}`),
    createElement("ul", {}, ...reasons.map((reason) => createElement("li", {}, reason))),
  ];
}

/** Places the tooltip below and to the right of the pointer, or above it if there is no room below. */
function moveToPointer(tooltip: HTMLElement, { x, y }: { x: number; y: number }): void {
  const { width, height } = tooltip.getBoundingClientRect();
  const top = y + 18 + height > innerHeight ? y - height - 10 : y + 18;
  tooltip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
  tooltip.style.top = `${top}px`;
}
