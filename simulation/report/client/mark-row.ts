import type uPlot from "uplot";
import type { TracedDecision } from "../../trace.ts";
import { cssVariable } from "./dom.ts";
import { groupCloseMarks, type MarkGroup, selectMarks } from "./marks.ts";
import type { Range } from "./range.ts";

const GAP_PIXELS = 9;
const SIZE_PIXELS = 4;
const ROW_PIXELS = 11;

/** Whose decisions are marked, and in what colour. */
export interface PlacedMark {
  policy: string;
  trace: { decisions: readonly TracedDecision[] };
  /** Name of the colour's CSS variable. */
  colour: string;
}

/** One row of marks at the top of a chart: one policy's decisions. */
export class MarkRow {
  groups: MarkGroup[] = [];
  /** Whose decisions these are. */
  readonly policy: string;
  readonly #decisions: readonly TracedDecision[];
  readonly #colour: string;
  readonly #row: number;

  constructor({ policy, trace, colour }: PlacedMark, row: number) {
    this.policy = policy;
    this.#decisions = trace.decisions;
    this.#colour = colour;
    this.#row = row;
  }

  /** Which marks there are now. */
  arrange(range: Range, pixels: number): void {
    const gapMs = ((range.toMs - range.fromMs) / pixels) * GAP_PIXELS;
    this.groups = groupCloseMarks(selectMarks(range, this.#decisions), gapMs);
  }

  draw(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const y = bbox.top + (this.#row + 0.5) * ROW_PIXELS * ratio;
    ctx.fillStyle = cssVariable(this.#colour);
    for (const { atMs, decisions } of this.groups) {
      const x = plot.valToPos(atMs, "x", true);
      const [first] = decisions;
      drawMark(ctx, { x, y, size: SIZE_PIXELS * ratio }, shapeOf(decisions.length, first));
    }
  }

  /** The mark next to a place on the chart, in CSS pixels of the plotting area. */
  near(plot: uPlot, left: number): MarkGroup | undefined {
    const near = (group: MarkGroup) => Math.abs(plot.valToPos(group.atMs, "x") - left);
    let best: MarkGroup | undefined;
    for (const group of this.groups) {
      if (near(group) <= GAP_PIXELS && (best === undefined || near(group) < near(best)))
        best = group;
    }
    return best;
  }
}

/** The row of marks at a height of the plotting area. */
export function rowIndexAt(top: number): number {
  return Math.floor(top / ROW_PIXELS);
}

/** How much room rows of marks take. */
export function rowsHeightPixels(rows: number): number {
  return rows * ROW_PIXELS + 8;
}

type Shape = "up" | "down" | "several";

function shapeOf(count: number, first: TracedDecision | undefined): Shape {
  if (count > 1) return "several";
  return first?.action === "scale-out" ? "up" : "down";
}

/** Corners in units of half a mark: ▲, ▼ and ◆. */
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
};

function drawMark(
  ctx: CanvasRenderingContext2D,
  { x, y, size }: { x: number; y: number; size: number },
  shape: Shape,
): void {
  ctx.beginPath();
  for (const [cornerX, cornerY] of CORNERS[shape])
    ctx.lineTo(x + cornerX * size, y + cornerY * size);
  ctx.closePath();
  ctx.fill();
}
