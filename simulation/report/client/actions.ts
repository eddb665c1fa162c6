import { middleOf, panned, type Range, zoomed } from "./range.ts";

/** What may be done to the span of time by a button or a key. */
export type Doing = "earlier" | "later" | "in" | "out" | "all";

const ZOOM = 2;
const PAN = 0.25;

const KEYS: Readonly<Record<string, Doing>> = {
  ArrowLeft: "earlier",
  ArrowRight: "later",
  "+": "in",
  "=": "in",
  "-": "out",
  "−": "out",
  "0": "all",
  Home: "all",
};

/** What a key does; undefined where it is not one of ours or belongs to the browser. */
export function doingOf(event: {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}): Doing | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  return KEYS[event.key];
}

/** The range after it. */
export function done(doing: Doing, range: Range, whole: Range): Range {
  switch (doing) {
    case "earlier":
      return panned(range, -PAN);
    case "later":
      return panned(range, PAN);
    case "in":
      return zoomed(range, 1 / ZOOM, middleOf(range));
    case "out":
      return zoomed(range, ZOOM, middleOf(range));
    case "all":
      return whole;
  }
}

const PIXELS_PER_DOUBLING = 300;

/** The range after the wheel was turned: zoomed around the pointer, or moved where it turned sideways. */
export function wheeled(
  range: Range,
  { deltaX, deltaY }: { deltaX: number; deltaY: number },
  { aroundMs, width }: { aroundMs: number; width: number },
): Range {
  if (Math.abs(deltaX) > Math.abs(deltaY)) return panned(range, deltaX / width);
  return zoomed(range, 2 ** (deltaY / PIXELS_PER_DOUBLING), aroundMs);
}
