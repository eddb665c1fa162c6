import { describe, expect, test } from "vitest";
import { formatPeriod, nameLength } from "../../../simulation/report/period.ts";

const HOUR_MS = 3_600_000;
const START_MS = Date.parse("2026-01-05T00:00Z");
const lasting = (hours: number) => ({ fromMs: START_MS, toMs: START_MS + hours * HOUR_MS });

describe("the length of a period", () => {
  test.each([
    [24, "the day"],
    [7 * 24, "the week"],
    [30 * 24, "the month"],
    [3 * 24, "3 days"],
    [6.9 * 24, "6.9 days"],
    [12, "12 hours"],
    [0.05, "3 minutes"],
    [0, "1 minute"],
  ])("of %d hours is %s", (hours, expected) => {
    expect(nameLength(lasting(hours))).toBe(expected);
  });
});

test("a period has both dates, with the year and in UTC", () => {
  expect(formatPeriod(lasting(36.5))).toBe("Mon 5 Jan 2026 00:00 to Tue 6 Jan 2026 12:30 UTC");
});
