import type { Definition } from "../../config/definition.ts";
import { type Edge, edgesOf } from "./edges.ts";
import { lanesOf } from "./lanes.ts";
import { COLOURS, escaped, picture, textAt } from "./svg.ts";

/** All in pixels. */
const WIDTH = 820;
const TOP = 56;
const ROW_HEIGHT = 90;
const BOX = { left: 320, width: 200, height: 54 };
/** Where the vertical lines begin, beyond the labels, and how far they are apart. */
const LANES = { away: 165, apart: 12 };
const PORTS = { incoming: 6, outgoing: 25, apart: 13 };

const ARROW =
  '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#374151"/></marker></defs>';

/**
 * The state machine: a box for each state, from top to bottom as the definition has them; ways on the
 * right, errors on the left.
 */
export function machinePicture(definition: Definition): string {
  const names = Object.keys(definition.States);
  const edges = edgesOf(definition);
  const isStraight = (edge: Edge) =>
    edge.kind !== "catch" && names.indexOf(edge.to) === names.indexOf(edge.from) + 1;
  const sideways = edges.filter((edge) => !isStraight(edge));
  return picture({ width: WIDTH, height: TOP + names.length * ROW_HEIGHT }, TITLE, [
    ARROW,
    textAt(20, 28, TITLE, "title"),
    textAt(20, 44, "on the left, dashed: the ways that errors take", "small"),
    ...edges.filter(isStraight).map((edge) => straight(edge, names)),
    ...side(
      sideways.filter(({ kind }) => kind !== "catch"),
      names,
      RIGHT,
    ),
    ...side(
      sideways.filter(({ kind }) => kind === "catch"),
      names,
      LEFT,
    ),
    ...names.map((name, row) => box(name, row, definition.States[name])),
  ]);
}

const TITLE = "The scaling loop, as statemachine/scaling-loop.asl.yml defines it";

interface Side {
  edgeX: number;
  /** 1 to the right, -1 to the left. */
  outwards: 1 | -1;
  anchor: "start" | "end";
}

const RIGHT: Side = { edgeX: BOX.left + BOX.width, outwards: 1, anchor: "start" };
const LEFT: Side = { edgeX: BOX.left, outwards: -1, anchor: "end" };

function topOf(row: number): number {
  return TOP + row * ROW_HEIGHT;
}

function box(name: string, row: number, state: Definition["States"][string] | undefined): string {
  const { Type = "", Comment = "" } = state ?? {};
  const y = topOf(row);
  return [
    `<g><title>${escaped(Comment)}</title>`,
    `<rect x="${BOX.left}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="6" fill="${COLOURS[Type] ?? "#ffffff"}" stroke="#374151"/>`,
    textAt(BOX.left + BOX.width / 2, y + 20, name, "name", "middle"),
    textAt(BOX.left + BOX.width / 2, y + 38, Type, "type", "middle"),
    "</g>",
  ].join("");
}

function straight({ from, label }: Edge, names: readonly string[]): string {
  const row = names.indexOf(from);
  const x = BOX.left + BOX.width / 2;
  const y = topOf(row) + BOX.height;
  const line = `<path class="line" d="M${x} ${y}V${topOf(row + 1)}" marker-end="url(#arrow)"/>`;
  return label === "" ? line : line + textAt(x + 8, y + 20, label, "small");
}

/** Lines that leave their boxes on one side, each with its own place to leave from. */
function side(edges: readonly Edge[], names: readonly string[], at: Side): string[] {
  const lanes = lanesOf(
    edges.map(({ from, to }) => ({ fromRow: names.indexOf(from), toRow: names.indexOf(to) })),
  );
  return edges.map((edge, index) => {
    const port = edges.slice(0, index).filter(({ from }) => from === edge.from).length;
    const y = topOf(names.indexOf(edge.from)) + PORTS.outgoing + port * PORTS.apart;
    const endY = topOf(names.indexOf(edge.to)) + PORTS.incoming;
    const laneX = at.edgeX + at.outwards * (LANES.away + (lanes[index] ?? 0) * LANES.apart);
    const look = edge.kind === "catch" ? "line catch" : "line";
    const line = `<path class="${look}" d="M${at.edgeX} ${y}H${laneX}V${endY}H${at.edgeX}" marker-end="url(#arrow)"/>`;
    return line + textAt(at.edgeX + at.outwards * 6, y - 3, edge.label, "small", at.anchor);
  });
}
