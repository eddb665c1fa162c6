import { escapeControls } from "../../config/escape-controls.ts";
import type { Decision } from "../../functions/core/decision.ts";
import type { RecordedPoll } from "../../local/engine/recorded-tasks.ts";
import { decisionText } from "./decision-text.ts";

/**
 * Formats one poll as plain lines, for logs and pipes: a line with the reasons for each decision that
 * changes the desired capacity or that a fault held, and one line for all other scalers.
 */
export function formatPoll(
  poll: RecordedPoll,
  number: number,
  at: string,
  dryRunScalers: ReadonlySet<string> = new Set(),
): string[] {
  const head = `${at} poll ${number}`;
  const detailed = poll.decisions.filter(needsReasons).map((decision) => {
    const { scaler, reasons } = decision;
    const text = decisionText(decision, dryRunScalers.has(scaler));
    return escapeControls(`${head}: ${scaler} ${text}: ${reasons.join("; ")}`);
  });
  const unchanged = poll.decisions.filter((decision) => !needsReasons(decision));
  if (unchanged.length === 0) return detailed;
  const stays = unchanged.map(({ scaler, to }) => `${scaler} stays at ${to}`);
  return [...detailed, escapeControls(`${head}: ${stays.join(", ")}`)];
}

function needsReasons({ action, fault }: Decision): boolean {
  return action !== "none" || fault !== undefined;
}
