import { stripVTControlCharacters } from "node:util";
import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import type { Decision } from "../../functions/core/decision.ts";
import { formatDuration } from "../../functions/core/duration.ts";
import type { GroupFacts, QueueFacts } from "../../functions/core/facts.ts";
import { decisionText } from "./decision-text.ts";
import type { LoopView, ScalerView } from "./loop-view.ts";

const MAX_BOXES = 24;

/** Draws the view as text, each line cut to `columns`. */
export function drawLiveView(view: LoopView, nowMs: number, columns: number): string {
  const lines = [
    pc.bold(escapeControls(view.title)),
    pc.dim(progressLine(view, nowMs)),
    "",
    ...view.scalers.flatMap((scaler) => [...scalerLines(scaler, nowMs), ""]),
  ];
  return lines.map((line) => cutToWidth(line, columns)).join("\n");
}

function progressLine(view: LoopView, nowMs: number): string {
  const { startedMs, endsMs, polls } = view;
  const elapsed = formatElapsed(startedMs, nowMs);
  const total = endsMs === undefined ? "" : ` of ${formatDuration((endsMs - startedMs) / 1000)}`;
  return `${elapsed}${total} · poll ${polls} · ${nextPollText(view, nowMs)}${callsText(view)}`;
}

function formatElapsed(fromMs: number, nowMs: number): string {
  return formatDuration(Math.max(0, Math.floor((nowMs - fromMs) / 1000)));
}

function callsText({ calls }: LoopView): string {
  if (calls === undefined) return "";
  const counts = [...calls].map(([service, count]) => `${service} ${count}`).join(", ");
  return ` · calls: ${counts || "none"}`;
}

function nextPollText({ polls, nextPollMs }: LoopView, nowMs: number): string {
  if (nextPollMs === undefined) return polls === 0 ? "no poll yet" : "no poll left";
  return `next poll in ${Math.max(0, Math.ceil((nextPollMs - nowMs) / 1000))} s`;
}

function scalerLines(scaler: ScalerView, nowMs: number): string[] {
  return [
    `  ${pc.bold(escapeControls(scaler.name))} ${pc.dim(escapeControls(`for ${scaler.queues.join(", ")}`))}`,
    `    ${scaler.queue === undefined ? pc.dim("no metrics of the queue") : queueLine(scaler.queue)}`,
    `    ${scaler.group === undefined ? pc.dim("no facts of the group") : groupLine(scaler.group, scaler.draining)}`,
    ...decisionLines(scaler, nowMs).map((line) => `    ${line}`),
  ];
}

function queueLine({ jobs, agents }: QueueFacts): string {
  return `jobs ${jobs.scheduled} scheduled, ${jobs.running} running, ${jobs.waiting} waiting · agents ${agents.busy} busy, ${agents.idle} idle`;
}

function groupLine(
  { desired, inService, pending, min, max }: GroupFacts,
  draining: number | undefined = 0,
): string {
  const boxes = pc.green("■".repeat(Math.min(inService, MAX_BOXES)));
  const starting = pc.yellow("□".repeat(Math.min(pending, MAX_BOXES)));
  return `instances ${boxes}${starting}${inService + pending === 0 ? pc.dim("none") : ""} ${inService} in service, ${pending} pending, ${draining === 0 ? "" : `${draining} draining, `}${desired} desired (${min} to ${max})`;
}

function decisionLines(
  { decision, lastChange, isDryRun = false }: ScalerView,
  nowMs: number,
): string[] {
  if (decision === undefined) return [pc.dim("no decision yet")];
  const current = explainDecision(decision, isDryRun);
  const lines = [decision.fault === undefined ? current : pc.red(current)];
  if (lastChange !== undefined && lastChange.decision !== decision) {
    const { decision: change, atMs } = lastChange;
    const text = explainDecision(change, isDryRun);
    lines.push(pc.dim(`${formatElapsed(atMs, nowMs)} ago ${text}`));
  }
  return lines;
}

function explainDecision(decision: Decision, isDryRun: boolean): string {
  return escapeControls(`${decisionText(decision, isDryRun)}: ${decision.reasons.join("; ")}`);
}

/** The escape sequences of picocolors: they take no columns on the screen. */
const STYLE = new RegExp(`(${String.fromCharCode(27)}\\[[\\d;]*m)`);

/** Cuts a line to a width in columns and ends it with `…`. All styles are kept, so each one is closed. */
export function cutToWidth(line: string, columns: number): string {
  if (stripVTControlCharacters(line).length <= columns) return line;
  let left = Math.max(0, columns - 1);
  const parts = line.split(STYLE).map((part) => {
    if (STYLE.test(part)) return part;
    const visible = part.slice(0, left);
    left -= visible.length;
    return visible;
  });
  return `${parts.join("")}…`;
}
