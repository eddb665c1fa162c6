import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import { formatDuration } from "../../functions/core/duration.ts";
import { drawScaler } from "./draw-scaler.ts";
import { drawScalerTable } from "./draw-scaler-table.ts";
import { layOutSegments, shortenText, wrapText } from "./fit-text.ts";
import type { LoopView } from "./loop-view.ts";
import { formatAge } from "./scaler-texts.ts";

/** The room for a view, in characters. */
export interface Room {
  columns: number;
  rows: number;
}

/**
 * Draws the view as lines that fit into the room: each scaler in full if there is
 * room, else shortened, else in one line. The header is never cut.
 */
export function drawLiveView(view: LoopView, nowMs: number, { columns, rows }: Room): string[] {
  const header = drawHeader(view, nowMs, columns);
  const left = rows - header.length;
  for (const isShort of [false, true]) {
    const blocks = view.scalers.flatMap((scaler) => [
      "",
      ...drawScaler(scaler, nowMs, columns, isShort),
    ]);
    if (blocks.length <= left) return [...header, ...blocks];
  }
  const table = drawScalerTable(view.scalers, nowMs, { columns, rows: Math.max(1, left - 1) });
  return [...header, "", ...table];
}

/** The title ends in a rule, which separates the view from the lines above it. */
function drawHeader(view: LoopView, nowMs: number, columns: number): string[] {
  const title = wrapText(escapeControls(view.title), columns).map((line) =>
    shortenText(line, columns),
  );
  const rule = "─".repeat(Math.max(0, columns - (title.at(-1)?.length ?? 0) - 1));
  const progress = listProgress(view, nowMs).map((text) => ({ text, paint: pc.dim }));
  return [
    ...title.slice(0, -1).map(pc.bold),
    `${pc.bold(title.at(-1) ?? "")} ${pc.dim(rule)}`.trimEnd(),
    ...layOutSegments(progress, columns),
  ];
}

function listProgress(view: LoopView, nowMs: number): string[] {
  const { startedMs, endsMs, polls, cause = "beat", calls } = view;
  const elapsed = formatDuration(Math.max(0, Math.floor((nowMs - startedMs) / 1000)));
  const total = endsMs === undefined ? "" : ` of ${formatDuration((endsMs - startedMs) / 1000)}`;
  return [
    `${elapsed}${total}`,
    `poll ${polls}${CAUSE_TEXTS[cause]}`,
    nextPollText(view, nowMs),
    ...(calls === undefined ? [] : [callsText(calls)]),
  ];
}

/** A poll on its beat is the rule. */
const CAUSE_TEXTS = { beat: "", event: " (event)", echo: " (echo of an event)" };

function callsText(calls: ReadonlyMap<string, number>): string {
  const counts = [...calls].map(([service, count]) => `${service} ${count}`).join(", ");
  return `calls: ${counts || "none"}`;
}

function nextPollText({ polls, nextPollMs }: LoopView, nowMs: number): string {
  if (nextPollMs === undefined) return polls === 0 ? "no poll yet" : "no poll left";
  return `next poll in ${formatAge(Math.ceil((nextPollMs - nowMs) / 1000))}`;
}
