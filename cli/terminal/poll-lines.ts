import { escapeControls } from "../../config/escape-controls.ts";
import type { Decision } from "../../functions/core/decision.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import type { RecordedDecision, RecordedPoll } from "../../local/engine/recorded-tasks.ts";
import { decisionText } from "./decision-text.ts";
import type { PollCause } from "./loop-events.ts";

/** A poll that was made, and what a line about it depends on. */
export interface NumberedPoll {
  poll: RecordedPoll;
  number: number;
  /** Epoch milliseconds. */
  atMs: number;
  /** What began the poll. Default: its beat. */
  cause?: PollCause | undefined;
  /** The names of the scalers in dry run. */
  dryRunScalers?: ReadonlySet<string>;
}

/** The names of the scalers in dry run. */
export function listDryRunScalers(scalers: readonly Scaler[]): ReadonlySet<string> {
  return new Set(scalers.filter(({ dryRun }) => dryRun).map(({ name }) => name));
}

/** A time with its date and zone: `2026-01-05T09:00:20Z`. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/**
 * Formats one poll as plain lines, for logs and pipes: a line with the reasons for each decision that
 * changes the desired capacity or that a fault held, and one line for all other scalers.
 */
export function formatPoll(numbered: NumberedPoll): string[] {
  const { decisions } = numbered.poll;
  const detailed = decisions
    .filter(needsReasons)
    .map((decision) => formatDecision(decision, numbered));
  const unchanged = decisions.filter((decision) => !needsReasons(decision));
  if (unchanged.length === 0) return detailed;
  const stays = unchanged.map(({ scaler, to }) => `${scaler} stays at ${to}`);
  return [...detailed, escapeControls(`${lineStart(numbered)}: ${stays.join(", ")}`)];
}

/** Formats one decision of a poll with its reasons, as one line. */
export function formatDecision(decision: RecordedDecision, numbered: NumberedPoll): string {
  const { scaler, reasons } = decision;
  const text = decisionText(decision, numbered.dryRunScalers?.has(scaler) === true);
  return escapeControls(`${lineStart(numbered)}: ${scaler} ${text}: ${reasons.join("; ")}`);
}

function lineStart({ number, atMs, cause = "beat" }: NumberedPoll): string {
  return `${formatTime(atMs)} poll ${number}${cause === "beat" ? "" : ` (${cause})`}`;
}

function needsReasons({ action, fault }: Decision): boolean {
  return action !== "none" || fault !== undefined;
}
