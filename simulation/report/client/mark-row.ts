import type uPlot from "uplot";
import { readCssVariable } from "./dom.ts";
import {
  groupCloseMarks,
  isInterruption,
  type MarkGroup,
  selectEvents,
  type TraceEvent,
} from "./marks.ts";
import type { TimeRange } from "./time-range.ts";

const MIN_GAP_PIXELS = 9;
const HALF_MARK_PIXELS = 4;
const ROW_HEIGHT_PIXELS = 11;
const MARGIN_PIXELS = 8;
/** A row of marks that stand for several decisions each says little, so it is pale. */
const SEVERAL_ALPHA = 0.5;

/** The events of one policy that a row marks, and the colour of the marks. */
export interface MarkedEvents {
  policy: string;
  events: readonly TraceEvent[];
  /** Name of the CSS variable of the colour. */
  colour: string;
}

/** One row of marks at the top of a chart. */
export class MarkRow {
  groups: MarkGroup[] = [];
  readonly policy: string;
  readonly #events: readonly TraceEvent[];
  readonly #colour: string;
  readonly #row: number;

  constructor({ policy, events, colour }: MarkedEvents, row: number) {
    this.policy = policy;
    this.#events = events;
    this.#colour = colour;
    this.#row = row;
  }

  /** Groups the events of a time range so that marks do not overlap. */
  arrange(range: TimeRange, widthPixels: number): void {
    const minGapMs = ((range.toMs - range.fromMs) / widthPixels) * MIN_GAP_PIXELS;
    this.groups = groupCloseMarks(selectEvents(range, this.#events), minGapMs);
  }

  draw(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const y = bbox.top + (this.#row + 0.5) * ROW_HEIGHT_PIXELS * ratio;
    ctx.fillStyle = readCssVariable(this.#colour);
    for (const group of this.groups) {
      const x = plot.valToPos(group.atMs, "x", true);
      const shape = chooseShape(group);
      ctx.globalAlpha = shape === "several" ? SEVERAL_ALPHA : 1;
      drawMark(ctx, { x, y, halfSize: HALF_MARK_PIXELS * ratio }, shape);
    }
    ctx.globalAlpha = 1;
  }

  /** Returns the closest mark within reach of a pointer, at CSS pixels from the left of the plotting area. */
  findMark(plot: uPlot, leftPixels: number): MarkGroup | undefined {
    const distance = ({ atMs }: MarkGroup) => Math.abs(plot.valToPos(atMs, "x") - leftPixels);
    let closest: MarkGroup | undefined;
    for (const group of this.groups) {
      const isCloser = closest === undefined || distance(group) < distance(closest);
      if (distance(group) <= MIN_GAP_PIXELS && isCloser) closest = group;
    }
    return closest;
  }
}

/** Returns the index of the row at a distance from the top of the plotting area. */
export function markRowIndex(topPixels: number): number {
  return Math.floor(topPixels / ROW_HEIGHT_PIXELS);
}

/** Returns the height that rows of marks need, with a margin below them. */
export function markRowsHeightPixels(rows: number): number {
  return rows * ROW_HEIGHT_PIXELS + MARGIN_PIXELS;
}

type Shape = "up" | "down" | "several" | "cross";

function chooseShape({ events }: MarkGroup): Shape {
  const [first] = events;
  if (first !== undefined && isInterruption(first)) return "cross";
  if (events.length > 1 || first === undefined) return "several";
  return first.action === "scale-out" ? "up" : "down";
}

/** Corners in units of half a mark: ▲, ▼, ◆ and ✖. */
const CORNERS: Readonly<Record<Shape, readonly (readonly [x: number, y: number])[]>> = {
  up: [
    [0, -1],
    [1, 1],
    [-1, 1],
  ],
  down: [
    [0, 1],
    [1, -1],
    [-1, -1],
  ],
  several: [
    [0, -1],
    [1, 0],
    [0, 1],
    [-1, 0],
  ],
  cross: [
    [-1, -0.6],
    [-0.6, -1],
    [0, -0.4],
    [0.6, -1],
    [1, -0.6],
    [0.4, 0],
    [1, 0.6],
    [0.6, 1],
    [0, 0.4],
    [-0.6, 1],
    [-1, 0.6],
    [-0.4, 0],
  ],
};

function drawMark(
  ctx: CanvasRenderingContext2D,
  { x, y, halfSize }: { x: number; y: number; halfSize: number },
  shape: Shape,
): void {
  ctx.beginPath();
  for (const [cornerX, cornerY] of CORNERS[shape])
    ctx.lineTo(x + cornerX * halfSize, y + cornerY * halfSize);
  ctx.closePath();
  ctx.fill();
}
