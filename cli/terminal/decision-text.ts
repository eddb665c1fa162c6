import type { Decision } from "../../functions/core/decision.ts";

/** What becomes of the desired capacity: `scale-out 2 to 5`, or `stays at 2`. */
export function changeText({ action, from, to }: Decision): string {
  if (action !== "none") return `${action} ${from} to ${to}`;
  return to === null ? "unchanged" : `stays at ${to}`;
}

/** The same with `would` before it if the scaler is in dry run: `would scale-out 2 to 5`. */
export function decisionText(decision: Decision, isDryRun: boolean): string {
  return isDryRun && decision.action !== "none"
    ? `would ${changeText(decision)}`
    : changeText(decision);
}
