import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import type { Decision } from "../../functions/core/decision.ts";
import { formatDuration } from "../../functions/core/duration.ts";
import { decisionText } from "./decision-text.ts";
import type { Segment } from "./fit-text.ts";
import type { ScalerView, TimedDecision } from "./loop-view.ts";

/** Seconds as one reads them while they pass: `6 s`, `1m12s`. Never negative. */
export function formatAge(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return whole < 60 ? `${whole} s` : formatDuration(whole);
}

/** How long ago something was: `6 s ago`. */
export function agoText(atMs: number, nowMs: number): string {
  return `${formatAge((nowMs - atMs) / 1000)} ago`;
}

/** Green: more instances. Cyan: fewer. Red: held by a fault. */
export function paintDecision({ action, fault }: Decision): (text: string) => string {
  if (fault !== undefined) return pc.red;
  if (action === "scale-out") return pc.green;
  return action === "scale-in" ? pc.cyan : (text) => text;
}

/** What was decided, painted: `scale-out 2 to 5`, `stays at 5`. */
export function decisionSegment({ isDryRun = false }: ScalerView, decision: Decision): Segment {
  return { text: decisionText(decision, isDryRun), paint: paintDecision(decision) };
}

/** The latest change, unless it is the latest decision: `scale-out 2 to 5, 20 s ago`. */
export function lastChangeSegments(scaler: ScalerView, nowMs: number): Segment[] {
  const { lastChange, latest } = scaler;
  if (lastChange === undefined || lastChange.decision === latest?.decision) return [];
  const { text, ...paint } = decisionSegment(scaler, lastChange.decision);
  return [{ text: `${text}, ${agoText(lastChange.atMs, nowMs)}`, ...paint }];
}

/** The reasons of a decision, for a terminal. */
export function reasonsText({ decision }: TimedDecision): string {
  return escapeControls(decision.reasons.join("; "));
}
