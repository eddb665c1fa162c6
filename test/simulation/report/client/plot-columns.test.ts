import { describe, expect, test } from "vitest";
import { chooseStepMs, createColumns } from "../../../../simulation/report/client/plot-columns.ts";

const HOUR_MS = 3_600_000;

describe("what a chart draws", () => {
  test.each([
    [1, undefined], // 3.6 s a pixel
    [6, undefined], // 3 pixels are 59 s
    [7 * 24, 1_800_000], // 3 pixels are 1,649 s
  ])("in %d hours on 1,100 pixels is averaged over %s ms", (hours, expected) => {
    expect(chooseStepMs({ fromMs: 0, toMs: hours * HOUR_MS }, 1100)).toBe(expected);
  });

  test("is every change if the range is short, in jobs", () => {
    const line = { timesMs: [0, 500], values: [1, 3], factor: 4 };
    const { values, stepMs, ranges } = createColumns([line], { fromMs: 0, toMs: 1000 }, 2);
    expect(stepMs).toBeUndefined();
    expect(values[0]?.at(0)).toBe(4); // 1 instance of 4 agents
    expect(values[0]?.at(-1)).toBe(12);
    expect(ranges[0]?.highs.every((high) => high === null)).toBe(true);
  });

  test("is averages with their range if the range is long, from end to end", () => {
    const line = { timesMs: [0, 90_000], values: [2, 6], factor: 1 };
    // 2 pixels, 3 minutes: at least 270 s for an average, so 5 minutes
    const columns = createColumns([line], { fromMs: 0, toMs: 180_000 }, 2);
    expect(columns.stepMs).toBe(300_000);
    expect([...columns.timesMs]).toEqual([0, 150_000, 300_000]);
    const average = (2 * 90 + 6 * 210) / 300;
    expect(columns.values[0]).toEqual([average, average, average]);
    expect(columns.ranges[0]).toMatchObject({ lows: [2, 2, 2], highs: [6, 6, 6] });
  });

  test("leaves lines of detail out of averages", () => {
    const line = { timesMs: [0], values: [2], factor: 1, isDetail: true };
    const { values } = createColumns([line], { fromMs: 0, toMs: 180_000 }, 2);
    expect(values).toEqual([[null, null, null]]);
  });
});
