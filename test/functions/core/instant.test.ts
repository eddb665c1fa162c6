import { describe, expect, test } from "vitest";
import {
  formatInstant,
  isInstant,
  latestInstant,
  parseInstantMs,
  secondsBetween,
} from "../../../functions/core/instant.ts";

describe("a time", () => {
  test.each([
    "2026-01-05T09:00:00Z",
    "2026-01-05T09:00:00.5Z",
    "2026-01-05T09:00:00.123456Z",
    "2026-01-05T10:00:00+01:00",
  ])("may be written %s", (text) => {
    expect(isInstant(text)).toBe(true);
  });

  test.each([
    "",
    "now",
    "2026-01-05",
    "2026-01-05 09:00:00Z",
    "2026-01-05t09:00:00z",
    "2026-01-05T09:00:00",
    "2026-01-05T09:00Z",
    "2026-13-05T09:00:00Z",
    "2026-01-05T25:00:00Z",
    "2026-01-05T09:00:00Z\n",
    "1767603600000",
  ])("may not be written %j", (text) => {
    expect(isInstant(text)).toBe(false);
    expect(() => parseInstantMs(text)).toThrow(RangeError);
  });

  test("is the same in every time zone", () => {
    expect(parseInstantMs("2026-01-05T10:00:00+01:00")).toBe(Date.UTC(2026, 0, 5, 9));
  });

  test("is rounded down to whole seconds for a Wait state", () => {
    expect(formatInstant(Date.UTC(2026, 0, 5, 9, 0, 7, 999))).toBe("2026-01-05T09:00:07Z");
  });
});

test("seconds between two times include milliseconds, and are negative if the order is reversed", () => {
  const [earlier, later] = ["2026-01-05T09:00:00Z", "2026-01-05T09:01:30.250Z"];
  expect(secondsBetween(earlier, later)).toBe(90.25);
  expect(secondsBetween(later, earlier)).toBe(-90.25);
});

describe("the latest of several times", () => {
  test("does not depend on order and time zones", () => {
    const [first, last] = ["2026-01-05T12:00:00+05:00", "2026-01-05T09:00:00Z"]; // 07:00Z, 09:00Z
    expect(latestInstant(first, last)).toBe(last);
    expect(latestInstant(last, first)).toBe(last);
  });

  test("ignores times that are undefined", () => {
    expect(latestInstant(undefined, "2026-01-05T09:00:00Z")).toBe("2026-01-05T09:00:00Z");
    expect(latestInstant(undefined, undefined)).toBeUndefined();
    expect(latestInstant()).toBeUndefined();
  });
});
