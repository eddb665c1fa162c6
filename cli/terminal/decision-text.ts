import type { Decision } from "../../functions/core/decision.ts";

/** The change of the desired capacity: `scale-out 2 to 5`, or `none`. */
export function changeText({ action, from, to }: Decision): string {
  return action === "none" ? "none" : `${action} ${from} to ${to}`;
}

/** The same with `would` before it if the scaler is in dry run: `would scale-out 2 to 5`. */
export function decisionText(decision: Decision, isDryRun: boolean): string {
  return isDryRun && decision.action !== "none"
    ? `would ${changeText(decision)}`
    : changeText(decision);
}
