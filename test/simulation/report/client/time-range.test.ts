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

describe("a time range", () => {
  test("is moved into the whole range without a change of its length", () => {
    expect(clampRange(WHOLE, { fromMs: -HOUR_MS, toMs: HOUR_MS })).toEqual({
      fromMs: 0,
      toMs: 2 * HOUR_MS,
    });
    expect(clampRange(WHOLE, { fromMs: 9 * HOUR_MS, toMs: 12 * HOUR_MS })).toEqual({
      fromMs: 7 * HOUR_MS,
      toMs: 10 * HOUR_MS,
    });
  });

  test("is extended around its middle to at least one minute", () => {
    expect(clampRange(WHOLE, { fromMs: HOUR_MS, toMs: HOUR_MS })).toEqual({
      fromMs: HOUR_MS - 30_000,
      toMs: HOUR_MS + 30_000,
    });
  });

  test("lasts one minute even if the whole range is empty", () => {
    expect(clampRange({ fromMs: 5, toMs: 5 }, { fromMs: 5, toMs: 5 })).toEqual({
      fromMs: 5,
      toMs: 5 + MIN_RANGE_MS,
    });
  });

  test("is always within the whole range", () => {
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

  test("is zoomed around a time that keeps its relative position", () => {
    // at a quarter of the range before (1 h of 4 h) and after (0.5 h of 2 h)
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
  ])("%s changes a range of four hours in the middle of the whole range", (key, expected) => {
    const action = actionForKey({ key, ...plain });
    const range = { fromMs: 4 * HOUR_MS, toMs: 8 * HOUR_MS };
    expect(action && applyAction(action, range, WHOLE)).toEqual(expected);
  });

  test("has no action if it belongs to a shortcut of the browser or has no meaning", () => {
    expect(actionForKey({ key: "0", ...plain, ctrlKey: true })).toBeUndefined();
    expect(actionForKey({ key: "ArrowLeft", ...plain, altKey: true })).toBeUndefined();
    expect(actionForKey({ key: "a", ...plain })).toBeUndefined();
  });
});

describe("the wheel", () => {
  const at = { aroundMs: 2 * HOUR_MS, widthPixels: 1000 };
  const range = { fromMs: 0, toMs: 4 * HOUR_MS };

  test("halves the range around the pointer with 300 pixels", () => {
    expect(zoomByWheel(range, { deltaX: 0, deltaY: -300 }, at)).toEqual({
      fromMs: HOUR_MS,
      toMs: 3 * HOUR_MS,
    });
  });

  test("moves the range by the horizontal distance", () => {
    // 250 of 1000 pixels: a quarter of 4 h
    expect(zoomByWheel(range, { deltaX: 250, deltaY: 10 }, at)).toEqual({
      fromMs: HOUR_MS,
      toMs: 5 * HOUR_MS,
    });
  });
});
