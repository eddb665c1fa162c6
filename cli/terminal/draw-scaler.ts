import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import type { GroupFacts, QueueFacts } from "../../functions/core/facts.ts";
import { fitSegments, layOutSegments, type Segment, shortenText, wrapText } from "./fit-text.ts";
import type { ScalerFacts, ScalerView } from "./loop-view.ts";
import {
  agoText,
  decisionSegment,
  formatAge,
  lastChangeSegments,
  paintDecision,
  reasonsText,
} from "./scaler-texts.ts";

const INDENT = "    ";
const REASONS_INDENT = "      ";
const MAX_BOXES = 24;

/**
 * Draws one scaler as lines of at most `columns`: its name and latest change, its jobs, its instances
 * and its latest decision. If `isShort`, each of them is one line: what does not fit is left out.
 */
export function drawScaler(
  scaler: ScalerView,
  nowMs: number,
  columns: number,
  isShort: boolean,
): string[] {
  const layOut = isShort ? fitSegments : layOutSegments;
  const width = columns - INDENT.length;
  const parts = [
    queueSegments(scaler),
    groupSegments(scaler, width),
    decidedSegments(scaler, nowMs),
  ];
  return [
    ...layOut(headSegments(scaler, nowMs), columns - 2).map((line) => `  ${line}`),
    ...parts.flatMap((segments) => layOut(segments, width)).map((line) => INDENT + line),
    ...reasonLines(scaler, columns - REASONS_INDENT.length, isShort),
  ];
}

/** The queues are left out if they are the scaler's name. */
function headSegments(scaler: ScalerView, nowMs: number): Segment[] {
  const { name, queues } = scaler;
  const others = queues.length === 1 && queues[0] === name ? [] : [`for ${queues.join(", ")}`];
  return [
    { text: escapeControls(name), paint: pc.bold },
    ...others.map((text) => ({ text: escapeControls(text), paint: pc.dim })),
    ...lastChangeSegments(scaler, nowMs),
  ];
}

function queueSegments({ queue, longestWaitSeconds }: ScalerView): Segment[] {
  if (queue === undefined) return [{ text: "no metrics of the queue", paint: pc.dim }];
  const { jobs, agents } = queue;
  const waiting = jobs.waiting === 0 ? "" : `, ${jobs.waiting} waiting`;
  return [
    { text: `jobs ${jobs.scheduled} scheduled, ${jobs.running} running${waiting}` },
    ...(longestWaitSeconds === undefined
      ? []
      : [{ text: `longest wait ${formatAge(longestWaitSeconds)}` }]),
    { text: `agents ${agents.busy} busy, ${agents.idle} idle` },
  ];
}

/** The boxes or the limits are left out if there is no room for both. */
function groupSegments({ group, draining = 0 }: ScalerView, width: number): Segment[] {
  if (group === undefined) return [{ text: "no facts of the group", paint: pc.dim }];
  const { desired, inService, pending, min, max } = group;
  const leaving = draining === 0 ? "" : `, ${draining} draining`;
  const counts = `${inService} in service, ${pending} pending${leaving}, ${desired} desired`;
  const boxes = drawBoxes(group, draining);
  const shown = boxes.plain === "" || boxes.plain.length > MAX_BOXES ? "" : `${boxes.plain} `;
  const texts = [
    `instances ${shown}${counts} (${min} to ${max})`,
    `instances ${counts} (${min} to ${max})`,
    `instances ${counts}`,
  ];
  const text = texts.find(({ length }) => length <= width) ?? `instances ${counts}`;
  return [{ text, paint: (all) => (shown === "" ? all : all.replace(boxes.plain, boxes.painted)) }];
}

/** One box for each instance: green in service, cyan draining, hollow and yellow pending. */
function drawBoxes(
  { inService, pending }: GroupFacts,
  draining: number,
): { plain: string; painted: string } {
  const leaving = Math.min(draining, inService);
  const staying = "■".repeat(inService - leaving);
  const starting = "□".repeat(pending);
  return {
    plain: staying + "■".repeat(leaving) + starting,
    painted: pc.green(staying) + pc.cyan("■".repeat(leaving)) + pc.yellow(starting),
  };
}

function decidedSegments(scaler: ScalerView, nowMs: number): Segment[] {
  const { latest } = scaler;
  if (latest === undefined) return [{ text: "no decision yet", paint: pc.dim }];
  const when = agoText(latest.atMs, nowMs);
  return [
    decisionSegment(scaler, latest.decision),
    {
      text: `decided ${when}${seenText(latest.facts)}`,
      short: `decided ${when}`,
      paint: pc.dim,
    },
  ];
}

/** The facts that a decision rests on: those that are shown above it may be newer. */
function seenText({ queue, group }: ScalerFacts): string {
  const seen = [
    ...(queue === undefined ? [] : [jobsText(queue)]),
    ...(group === undefined ? [] : [`${group.inService} in service`]),
  ];
  return seen.length === 0 ? "" : ` with ${seen.join(", ")}`;
}

function jobsText({ jobs }: QueueFacts): string {
  return `${jobs.scheduled} scheduled, ${jobs.running} running`;
}

function reasonLines({ latest }: ScalerView, width: number, isShort: boolean): string[] {
  if (latest === undefined || latest.decision.reasons.length === 0) return [];
  const text = reasonsText(latest);
  const lines = isShort ? [text] : wrapText(text, width);
  const paint = latest.decision.fault === undefined ? pc.dim : paintDecision(latest.decision);
  return lines.map((line) => REASONS_INDENT + paint(shortenText(line, width)));
}
