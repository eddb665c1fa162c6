import pc from "picocolors";
import type { Decision } from "../../functions/core/decision.ts";
import { formatDuration } from "../../functions/core/duration.ts";
import type { GroupFacts, QueueFacts } from "../../functions/core/facts.ts";
import type { LoopView, ScalerView } from "./loop-view.ts";
import { cutToWidth } from "./width.ts";

const MOST_BOXES = 24;

/** The whole picture as lines no wider than the terminal, to be drawn over the last one. */
export function drawLiveView(view: LoopView, nowMs: number, columns: number): string {
  const lines = [
    pc.bold(view.title),
    timesOf(view, nowMs),
    "",
    ...view.scalers.flatMap((scaler) => [...scalerLines(scaler, nowMs), ""]),
  ];
  return lines.map((line) => cutToWidth(line, columns)).join("\n");
}

function timesOf(view: LoopView, nowMs: number): string {
  const passed = formatDuration(Math.max(0, Math.floor((nowMs - view.startedMs) / 1000)));
  const whole =
    view.endsMs === undefined ? "" : ` of ${formatDuration((view.endsMs - view.startedMs) / 1000)}`;
  return pc.dim(`${passed}${whole} · poll ${view.polls} · ${nextOf(view, nowMs)}${callsOf(view)}`);
}

function callsOf({ calls }: LoopView): string {
  if (calls === undefined) return "";
  const counts = [...calls].map(([service, count]) => `${service} ${count}`).join(", ");
  return ` · calls: ${counts || "none"}`;
}

function nextOf({ polls, nextPollMs }: LoopView, nowMs: number): string {
  if (nextPollMs === undefined) return polls === 0 ? "no poll yet" : "no poll left";
  return `next poll in ${Math.max(0, Math.ceil((nextPollMs - nowMs) / 1000))} s`;
}

function scalerLines(scaler: ScalerView, nowMs: number): string[] {
  return [
    `  ${pc.bold(scaler.name)} ${pc.dim(`for ${scaler.queues.join(", ")}`)}`,
    `    ${scaler.queue === undefined ? pc.dim("no metrics") : queueLine(scaler.queue)}`,
    `    ${scaler.group === undefined ? pc.dim("no facts of the group") : groupLine(scaler.group)}`,
    ...decisionLines(scaler, nowMs).map((line) => `    ${line}`),
  ];
}

function queueLine({ jobs, agents }: QueueFacts): string {
  return `jobs ${jobs.scheduled} scheduled, ${jobs.running} running, ${jobs.waiting} waiting · agents ${agents.busy} busy, ${agents.idle} idle`;
}

function groupLine({ desired, inService, pending, min, max }: GroupFacts): string {
  const boxes = pc.green("■".repeat(Math.min(inService, MOST_BOXES)));
  const starting = pc.yellow("□".repeat(Math.min(pending, MOST_BOXES)));
  return `instances ${boxes}${starting}${inService + pending === 0 ? pc.dim("none") : ""} ${inService} in service, ${pending} pending, ${desired} desired (${min} to ${max})`;
}

function decisionLines(
  { decision, moved, rehearses = false }: ScalerView,
  nowMs: number,
): string[] {
  if (decision === undefined) return [pc.dim("not decided yet")];
  const now = `${decisionText(decision, rehearses)}: ${decision.reasons.join("; ")}`;
  const shown = [decision.fault === undefined ? now : pc.red(now)];
  if (moved !== undefined && moved.decision !== decision) {
    const ago = formatDuration(Math.max(0, Math.floor((nowMs - moved.atMs) / 1000)));
    const earlier = `${ago} ago ${decisionText(moved.decision, rehearses)}: ${moved.decision.reasons.join("; ")}`;
    shown.push(pc.dim(earlier));
  }
  return shown;
}

/** `scale-out 2 to 5`, or `none`. */
export function changeText({ action, from, to }: Decision): string {
  return action === "none" ? "none" : `${action} ${from} to ${to}`;
}

/** What it does, or, where the scaler only rehearses, `would scale-out 2 to 5`. */
export function decisionText(decision: Decision, rehearses: boolean): string {
  return rehearses && decision.action !== "none"
    ? `would ${changeText(decision)}`
    : changeText(decision);
}
