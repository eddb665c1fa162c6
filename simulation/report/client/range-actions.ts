import { middleMs, panRange, type TimeRange, zoomRange } from "./time-range.ts";

/** What a button or a key does to the time range. */
export type RangeAction = "earlier" | "later" | "in" | "out" | "all";

const ZOOM_FACTOR = 2;
const PAN_SHARE = 0.25;

const KEYS: Readonly<Record<string, RangeAction>> = {
  ArrowLeft: "earlier",
  ArrowRight: "later",
  "+": "in",
  "=": "in",
  "-": "out",
  "−": "out",
  "0": "all",
  Home: "all",
};

/** Returns the action of a key; undefined if the key has none or belongs to a shortcut of the browser. */
export function actionForKey(event: {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}): RangeAction | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  return KEYS[event.key];
}

/** Returns the range after an action. */
export function applyAction(action: RangeAction, range: TimeRange, whole: TimeRange): TimeRange {
  switch (action) {
    case "earlier":
      return panRange(range, -PAN_SHARE);
    case "later":
      return panRange(range, PAN_SHARE);
    case "in":
      return zoomRange(range, 1 / ZOOM_FACTOR, middleMs(range));
    case "out":
      return zoomRange(range, ZOOM_FACTOR, middleMs(range));
    case "all":
      return whole;
  }
}

const PIXELS_PER_DOUBLING = 300;

/** Returns the range after a turn of the wheel: zoomed around the pointer; a horizontal turn moves it. */
export function zoomByWheel(
  range: TimeRange,
  { deltaX, deltaY }: { deltaX: number; deltaY: number },
  { aroundMs, widthPixels }: { aroundMs: number; widthPixels: number },
): TimeRange {
  if (Math.abs(deltaX) > Math.abs(deltaY)) return panRange(range, deltaX / widthPixels);
  return zoomRange(range, 2 ** (deltaY / PIXELS_PER_DOUBLING), aroundMs);
}
