import { expect, test } from "vitest";
import { formatInstant, formatTicks } from "../../../../simulation/report/client/format-time.ts";

const MONDAY_MS = Date.parse("2026-01-05T00:00:00Z");
const HOUR_MS = 3_600_000;

test("an instant is formatted in UTC", () => {
  expect(formatInstant(MONDAY_MS + HOUR_MS + 1000)).toMatch(/^Mon,? 5 Jan 01:00:01$/);
});

test("ticks of one day show the date once", () => {
  const ticks = [MONDAY_MS - HOUR_MS, MONDAY_MS, MONDAY_MS + HOUR_MS];
  const [first, second, third] = formatTicks(ticks, HOUR_MS);
  expect(first).toMatch(/^23:00\nSun,? 4 Jan$/);
  expect(second).toMatch(/^00:00\nMon,? 5 Jan$/);
  expect(third).toBe("01:00");
});

test("ticks show seconds if they are seconds apart, and only dates if they are days apart", () => {
  expect(formatTicks([MONDAY_MS, MONDAY_MS + 10_000], 10_000)[1]).toBe("00:00:10");
  expect(formatTicks([MONDAY_MS], 24 * HOUR_MS)[0]).toMatch(/^Mon,? 5 Jan$/);
});
