import { formatDuration } from "../../functions/core/duration.ts";
import { plural } from "../../functions/core/plural.ts";
import { wrapText } from "./fit-text.ts";
import { formatTime } from "./poll-lines.ts";

/** How often things happened in a run. */
export interface RunCounts {
  /** Polls on their beat, polls that an event began, and the polls that follow those. */
  beats: number;
  eventPolls: number;
  echoes: number;
  scaleOuts: number;
  scaleIns: number;
  /** Instances that were told to stop. */
  drains: number;
  /** Of these, the instances that were still in service at the latest poll. */
  draining: number;
  /** Decisions that were held because of a fault. */
  held: number;
  /** Changes that AWS refused. */
  refused: number;
  /** Steps that failed as a whole, and executions that failed. */
  failed: number;
}

/** The totals of a run. */
export interface RunTally extends RunCounts {
  /** Epoch milliseconds. */
  startedMs: number;
  seconds: number;
  polls: number;
}

/** The totals as lines, each with its label. */
export function formatRunSummary(tally: RunTally, isDryRun = false): string[] {
  const dryRun = isDryRun ? "; dry run: nothing was written" : "";
  return [
    summaryLine("ran for", durationText(tally)),
    summaryLine("polls", pollsText(tally)),
    summaryLine("decisions", `${countDecisions(tally)}${dryRun}`),
    ...drainLines(tally),
  ];
}

function pollsText({ polls, beats, eventPolls, echoes }: RunTally): string {
  if (eventPolls === 0) return String(polls);
  return `${polls}: ${beats} on the beat, ${eventPolls} after an event, ${echoes} as its echo`;
}

function durationText({ startedMs, seconds }: RunTally): string {
  const [from, to] = [startedMs, startedMs + seconds * 1000].map(formatTime);
  return `${formatDuration(Math.round(seconds))}, from ${from} to ${to}`;
}

/** No line if no instance was told to stop, as in every run without graceful groups. */
function drainLines({ drains, draining }: RunCounts): string[] {
  if (drains + draining === 0) return [];
  const told = `${plural(drains, "instance")} told to stop`;
  return [summaryLine("drains", `${told}, ${draining} still draining`)];
}

function countDecisions({ scaleOuts, scaleIns, held, refused, failed }: RunCounts): string {
  const faults = [
    ...(held === 0 ? [] : [`${held} held by a fault`]),
    ...(refused === 0 ? [] : [`${refused} refused`]),
    ...(failed === 0 ? [] : [`${plural(failed, "step")} failed`]),
  ];
  return [plural(scaleOuts, "scale-out"), plural(scaleIns, "scale-in"), ...faults].join(", ");
}

const LABEL_COLUMNS = 16;

/** One line of a summary: its label, padded to a column, and its text. */
export function summaryLine(label: string, text: string): string {
  return `${label.padEnd(LABEL_COLUMNS)}${text}`;
}

/** Prints a summary. In a terminal, texts that are too long are wrapped beside their labels. */
export function printSummary(
  lines: readonly string[],
  stream: Pick<NodeJS.WriteStream, "isTTY" | "columns" | "write">,
): void {
  const width = stream.isTTY && stream.columns > 0 ? stream.columns - 1 : Number.POSITIVE_INFINITY;
  const wrapped = lines.flatMap((line) => {
    const [first = "", ...rest] = wrapText(line.slice(LABEL_COLUMNS), width - LABEL_COLUMNS);
    return [line.slice(0, LABEL_COLUMNS) + first, ...rest.map((text) => summaryLine("", text))];
  });
  stream.write(`\n${wrapped.join("\n")}\n`);
}

/** Whether a run had no fault: nothing was held, refused or failed. */
export function isSuccess({ held, refused, failed }: RunCounts): boolean {
  return held + refused + failed === 0;
}
