import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createGrid,
  downsample,
  ROWS_PER_PIXEL,
} from "../../../../simulation/report/client/downsample.ts";

describe("a downsampled column", () => {
  test("has a grid of four rows per pixel and the end of the range", () => {
    // 2 pixels of 40 ms each: one row every 10 ms
    expect([...createGrid({ fromMs: 100, toMs: 180 }, 2)]).toEqual([
      100, 110, 120, 130, 140, 150, 160, 170, 180,
    ]);
  });

  test("keeps the first, smallest, largest and last value of a pixel", () => {
    const grid = createGrid({ fromMs: 0, toMs: 40 }, 1);
    // starts at 5, goes up to 9 and down to 1, ends at 7: 7 > 5, so the smallest comes before the largest
    expect(downsample([0, 10, 20, 30], [5, 9, 1, 7], grid)).toEqual([5, 1, 9, 7, 7]);
  });

  test("has the largest value before the smallest if the pixel ends lower than it starts", () => {
    const grid = createGrid({ fromMs: 0, toMs: 40 }, 1);
    expect(downsample([0, 10, 20], [5, 9, 1], grid)).toEqual([5, 9, 1, 1, 1]);
  });

  test("starts with the last value before the range", () => {
    const grid = createGrid({ fromMs: 1000, toMs: 1080 }, 2);
    expect(downsample([0, 1050], [3, 4], grid)).toEqual([3, 3, 3, 3, 3, 3, 4, 4, 4]);
  });

  test("is null before the first row", () => {
    const grid = createGrid({ fromMs: 0, toMs: 80 }, 2);
    expect(downsample([60], [2], grid)).toEqual([null, null, null, null, null, 2, 2, 2, 2]);
  });

  test("keeps every peak, however many rows a pixel covers", () => {
    const steps = fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), (values, pixels) => {
        const times = values.map((_, index) => index);
        const grid = createGrid({ fromMs: 0, toMs: values.length }, pixels);
        const rows = downsample(times, values, grid).flatMap((value) => value ?? []);
        expect(rows).toHaveLength(pixels * ROWS_PER_PIXEL + 1);
        expect(Math.max(...rows)).toBe(Math.max(...values));
        expect(Math.min(...rows)).toBe(Math.min(...values));
        expect(rows.at(-1)).toBe(values.at(-1));
      }),
    );
  });
});
