import type { TracedDecision } from "../../trace.ts";
import { byId, createElement } from "./dom.ts";
import type { MarkGroup } from "./marks.ts";
import { formatInstant } from "./times.ts";

const MOST_TOLD = 3;

/** What was decided, in a line: `scaled out from 2 to 5`. */
export function formatDecision({ action, from, to }: TracedDecision): string {
  return `scaled ${action === "scale-out" ? "out" : "in"} from ${from} to ${to}`;
}

/**
 * Tells decisions and their reasons next to the pointer.
 * @param whose whose decisions they are
 */
export function showTooltip(
  { decisions }: MarkGroup,
  whose: string,
  at: { x: number; y: number },
): void {
  const tooltip = byId("tooltip", HTMLDivElement);
  const parts = decisions
    .slice(0, MOST_TOLD)
    .flatMap((mark) => [
      createElement("strong", {}, `${formatInstant(mark.atMs)} ${formatDecision(mark)}`),
      createElement("ul", {}, ...mark.reasons.map((reason) => createElement("li", {}, reason))),
    ]);
  parts.unshift(createElement("em", {}, whose));
  const rest = decisions.length - MOST_TOLD;
  if (rest > 0)
    parts.push(createElement("em", {}, `and ${rest} more here: zoom in to tell them apart`));
  tooltip.replaceChildren(...parts);
  tooltip.hidden = false;
  const { width, height } = tooltip.getBoundingClientRect();
  tooltip.style.left = `${Math.max(4, Math.min(at.x + 14, innerWidth - width - 8))}px`;
  tooltip.style.top = `${at.y + 18 + height > innerHeight ? at.y - height - 10 : at.y + 18}px`;
}

export function hideTooltip(): void {
  byId("tooltip", HTMLDivElement).hidden = true;
}
