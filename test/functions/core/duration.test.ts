import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDuration, parseDurationSeconds } from "../../../functions/core/duration.ts";

describe("parseDurationSeconds", () => {
  test.each([
    ["90s", 90],
    ["5m", 300],
    ["5m0s", 300],
    ["1h30m", 5400], // 3600 + 30 x 60
    ["1h", 3600],
    ["1h0m5s", 3605],
    ["2h5s", 7205],
    ["0s", 0],
    ["007s", 7],
  ])("parses %s as %i seconds", (written, seconds) => {
    expect(parseDurationSeconds(written)).toBe(seconds);
  });

  test.each([
    "",
    "5",
    "h",
    "m5",
    "-5m",
    "+5m",
    "1.5h",
    "5 m",
    " 5m",
    "5m ",
    "5m\n",
    "5M",
    "30s5m",
    "5m5m",
    "100ms",
    "1d",
    "none",
    "٥m",
  ])("does not parse %j", (written) => {
    expect(parseDurationSeconds(written)).toBeUndefined();
  });
});

describe("formatDuration", () => {
  test.each([
    [0, "0s"],
    [1, "1s"],
    [59, "59s"],
    [60, "1m"],
    [90, "1m30s"],
    [3600, "1h"],
    [3660, "1h1m"],
    [3605, "1h5s"],
    [86_399, "23h59m59s"],
    [360_000, "100h"],
    [0.001, "1s"], // Rounded up: a cooldown with anything left is not over.
    [59.5, "1m"],
  ])("formats %d seconds as %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  test("returns a text that parses to the same seconds", () => {
    fc.assert(
      fc.property(fc.nat(), (seconds) => {
        expect(parseDurationSeconds(formatDuration(seconds))).toBe(seconds);
      }),
    );
  });
});
