import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import { sum } from "../../simulation/statistics.ts";
import { shortenText } from "./fit-text.ts";
import type { ScalerView } from "./loop-view.ts";
import { agoText, decisionSegment, formatAge, reasonsText } from "./scaler-texts.ts";

/** A column of the table, between the names and the decisions. */
interface Column {
  title: string;
  cell(scaler: ScalerView): string;
}

const SCHEDULED: Column = {
  title: "scheduled",
  cell: ({ queue }) => (queue === undefined ? "?" : String(queue.jobs.scheduled)),
};
const RUNNING: Column = {
  title: "running",
  cell: ({ queue }) => (queue === undefined ? "?" : String(queue.jobs.running)),
};
const WAIT: Column = {
  title: "wait",
  cell: ({ longestWaitSeconds: wait }) => (wait === undefined ? "" : formatAge(wait)),
};
const INSTANCES: Column = {
  title: "instances",
  cell: ({ group }) => (group === undefined ? "?" : `${group.inService} of ${group.desired}`),
};

/** The columns from the left to the right. The first list that leaves room for decisions is shown. */
const LAYOUTS: readonly (readonly Column[])[] = [
  [SCHEDULED, WAIT, RUNNING, INSTANCES],
  [SCHEDULED, WAIT, INSTANCES],
  [SCHEDULED, INSTANCES],
];

const LEAST_DECISION_WIDTH = "scale-out 2 to 5, 59 s ago".length;
const GAP = "  ";
const LONGEST_NAME = 24;

/** Draws one line per scaler below a header. If not all fit, the last line says how many are left out. */
export function drawScalerTable(
  scalers: readonly ScalerView[],
  nowMs: number,
  { columns, rows }: { columns: number; rows: number },
): string[] {
  const room = Math.max(0, rows - 1);
  const shown = scalers.length <= room ? scalers : scalers.slice(0, Math.max(0, room - 1));
  const nameWidth = Math.min(
    Math.max("scaler".length, ...shown.map(({ name }) => name.length)),
    Math.min(LONGEST_NAME, Math.floor(columns / 4)),
  );
  const cells = chooseCells(shown, columns - nameWidth);
  const starts = ["scaler", ...shown.map(({ name }) => escapeControls(name))].map((name, row) =>
    [
      shortenText(name, nameWidth).padEnd(nameWidth),
      ...cells.map((column) => column[row] ?? ""),
    ].join(GAP),
  );
  const [head = "", ...lines] = starts;
  return [
    pc.dim(shortenText(`${head}${GAP}decision`, columns)),
    ...lines.map(
      (start, row) =>
        start + GAP + decisionCell(shown[row], nowMs, columns - start.length - GAP.length),
    ),
    ...moreLines(scalers.slice(shown.length)),
  ].slice(0, rows);
}

function chooseCells(shown: readonly ScalerView[], width: number): string[][] {
  const layouts = LAYOUTS.map((layout) => layout.map((column) => padCells(column, shown)));
  const leavesRoom = (cells: readonly string[][]) =>
    sum(cells.map(([title = ""]) => GAP.length + title.length)) +
      GAP.length +
      LEAST_DECISION_WIDTH <=
    width;
  return layouts.find(leavesRoom) ?? layouts.at(-1) ?? [];
}

/** The title and the cells of a column, aligned to the right. */
function padCells({ title, cell }: Column, scalers: readonly ScalerView[]): string[] {
  const texts = [title, ...scalers.map(cell)];
  const width = Math.max(...texts.map(({ length }) => length));
  return texts.map((text) => text.padStart(width));
}

const LEAST_REASONS_WIDTH = 30;

/** The decision, how long ago it was, and its reasons: what of it fits. */
function decisionCell(scaler: ScalerView | undefined, nowMs: number, width: number): string {
  if (scaler?.latest === undefined) return pc.dim(shortenText("no decision yet", width));
  const { decision, atMs } = scaler.latest;
  const { text, paint = String } = decisionSegment(scaler, decision);
  const when = `, ${agoText(atMs, nowMs)}`;
  if (text.length + when.length > width) return paint(shortenText(text, width));
  const left = width - text.length - when.length - ": ".length;
  const reasons =
    left < LEAST_REASONS_WIDTH ? "" : `: ${shortenText(reasonsText(scaler.latest), left)}`;
  return paint(text) + pc.dim(when + reasons);
}

function moreLines(hidden: readonly ScalerView[]): string[] {
  if (hidden.length === 0) return [];
  const held = hidden.filter(({ latest }) => latest?.decision.fault !== undefined).length;
  const more = `${hidden.length} more`;
  return [held === 0 ? pc.dim(more) : pc.red(`${more}, ${held} of them held by a fault`)];
}
