import { middleMs, panRange, type Range, zoomRange } from "./range.ts";

/** What may be done to the span of time by a button or a key. */
export type Action = "earlier" | "later" | "in" | "out" | "all";

const ZOOM = 2;
const PAN = 0.25;

const KEYS: Readonly<Record<string, Action>> = {
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
export function actionForKey(event: {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}): Action | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  return KEYS[event.key];
}

/** The range after it. */
export function applyAction(doing: Action, range: Range, whole: Range): Range {
  switch (doing) {
    case "earlier":
      return panRange(range, -PAN);
    case "later":
      return panRange(range, PAN);
    case "in":
      return zoomRange(range, 1 / ZOOM, middleMs(range));
    case "out":
      return zoomRange(range, ZOOM, middleMs(range));
    case "all":
      return whole;
  }
}

const PIXELS_PER_DOUBLING = 300;

/** The range after the wheel was turned: zoomed around the pointer, or moved where it turned sideways. */
export function zoomByWheel(
  range: Range,
  { deltaX, deltaY }: { deltaX: number; deltaY: number },
  { aroundMs, width }: { aroundMs: number; width: number },
): Range {
  if (Math.abs(deltaX) > Math.abs(deltaY)) return panRange(range, deltaX / width);
  return zoomRange(range, 2 ** (deltaY / PIXELS_PER_DOUBLING), aroundMs);
}
