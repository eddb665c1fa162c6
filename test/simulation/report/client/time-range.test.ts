import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  actionForKey,
  applyAction,
  zoomByWheel,
} from "../../../../simulation/report/client/range-actions.ts";
import {
  clampRange,
  MIN_RANGE_MS,
  panRange,
  zoomRange,
} from "../../../../simulation/report/client/time-range.ts";

const HOUR_MS = 3_600_000;
const WHOLE = { fromMs: 0, toMs: 10 * HOUR_MS };

describe("a span of time", () => {
  test("is kept within the whole, at its own length", () => {
    expect(clampRange(WHOLE, { fromMs: -HOUR_MS, toMs: HOUR_MS })).toEqual({
      fromMs: 0,
      toMs: 2 * HOUR_MS,
    });
    expect(clampRange(WHOLE, { fromMs: 9 * HOUR_MS, toMs: 12 * HOUR_MS })).toEqual({
      fromMs: 7 * HOUR_MS,
      toMs: 10 * HOUR_MS,
    });
  });

  test("is a minute at least, around its middle", () => {
    expect(clampRange(WHOLE, { fromMs: HOUR_MS, toMs: HOUR_MS })).toEqual({
      fromMs: HOUR_MS - 30_000,
      toMs: HOUR_MS + 30_000,
    });
  });

  test("of nothing at all is a minute too", () => {
    expect(clampRange({ fromMs: 5, toMs: 5 }, { fromMs: 5, toMs: 5 })).toEqual({
      fromMs: 5,
      toMs: 5 + MIN_RANGE_MS,
    });
  });

  test("never leaves the whole, whatever is asked for", () => {
    const ms = fc.integer({ min: -100 * HOUR_MS, max: 100 * HOUR_MS });
    fc.assert(
      fc.property(ms, ms, (a, b) => {
        const { fromMs, toMs } = clampRange(WHOLE, {
          fromMs: Math.min(a, b),
          toMs: Math.max(a, b),
        });
        expect(fromMs).toBeGreaterThanOrEqual(WHOLE.fromMs);
        expect(toMs).toBeLessThanOrEqual(WHOLE.toMs);
        expect(toMs - fromMs).toBeGreaterThanOrEqual(MIN_RANGE_MS);
      }),
    );
  });

  test("is zoomed around a point that stays where it is", () => {
    // a quarter in before: 1 h of 4 h; and after: 0.5 h of 2 h
    expect(zoomRange({ fromMs: 0, toMs: 4 * HOUR_MS }, 0.5, HOUR_MS)).toEqual({
      fromMs: 0.5 * HOUR_MS,
      toMs: 2.5 * HOUR_MS,
    });
  });

  test("is moved by a share of its length", () => {
    expect(panRange({ fromMs: 0, toMs: 4 * HOUR_MS }, 0.25)).toEqual({
      fromMs: HOUR_MS,
      toMs: 5 * HOUR_MS,
    });
  });
});

describe("a key", () => {
  const plain = { ctrlKey: false, metaKey: false, altKey: false };

  test.each([
    ["ArrowLeft", { fromMs: 3 * HOUR_MS, toMs: 7 * HOUR_MS }],
    ["ArrowRight", { fromMs: 5 * HOUR_MS, toMs: 9 * HOUR_MS }],
    ["+", { fromMs: 5 * HOUR_MS, toMs: 7 * HOUR_MS }],
    ["-", { fromMs: 2 * HOUR_MS, toMs: 10 * HOUR_MS }],
    ["0", WHOLE],
  ])("%s changes four hours in the middle as it should", (key, expected) => {
    const doing = actionForKey({ key, ...plain });
    const range = { fromMs: 4 * HOUR_MS, toMs: 8 * HOUR_MS };
    expect(doing && applyAction(doing, range, WHOLE)).toEqual(expected);
  });

  test("that is the browser's stays the browser's", () => {
    expect(actionForKey({ key: "0", ...plain, ctrlKey: true })).toBeUndefined();
    expect(actionForKey({ key: "ArrowLeft", ...plain, altKey: true })).toBeUndefined();
    expect(actionForKey({ key: "a", ...plain })).toBeUndefined();
  });
});

describe("the wheel", () => {
  const at = { aroundMs: 2 * HOUR_MS, widthPixels: 1000 };
  const range = { fromMs: 0, toMs: 4 * HOUR_MS };

  test("halves the span in 300 pixels, around the pointer", () => {
    expect(zoomByWheel(range, { deltaX: 0, deltaY: -300 }, at)).toEqual({
      fromMs: HOUR_MS,
      toMs: 3 * HOUR_MS,
    });
  });

  test("moves along where it turns sideways, as far as the pointer would drag", () => {
    // 250 of 1000 pixels: a quarter of 4 h
    expect(zoomByWheel(range, { deltaX: 250, deltaY: 10 }, at)).toEqual({
      fromMs: HOUR_MS,
      toMs: 5 * HOUR_MS,
    });
  });
});
