import { describe, expect, test } from "vitest";
import { parseReferenceValue } from "../../config/reference-values.ts";

describe("what the reference reads as a duration", () => {
  test.each([
    ["90s", "1m30s"],
    ["5m0s", "5m"],
    ["1h30m", "1h30m"],
    ["1.5h", "1h30m"], // 1.5 x 3600 = 5400 s
    ["1.1h", "1h6m"], // 1.1 x 3600 = 3960 s; in binary a little more
    ["10000ms", "10s"],
    ["0", "0s"],
    ["+10s", "10s"],
  ])("%s is %s", (written, value) => {
    expect(parseReferenceValue("duration", written)).toEqual({ value });
  });

  test("a part of a second becomes a whole one, and says so", () => {
    const reading = { value: "2s", remark: "1500ms, in whole seconds" };
    expect(parseReferenceValue("duration", "1500ms")).toEqual(reading);
  });

  test("a negative one is none", () => {
    const reading = { value: "0s", remark: "a time below zero is none" };
    expect(parseReferenceValue("duration", "-5m")).toEqual(reading);
  });

  test("a number without a unit is refused, as the reference refuses it", () => {
    const allowed = 'a duration such as 90s, 5m or 1h30m; "300" has no unit';
    expect(parseReferenceValue("duration", "300")).toEqual({ allowed });
  });

  test.each(["", "5", "5 m", "1d", "s", "five minutes"])("%j is none", (written) => {
    expect(parseReferenceValue("duration", written)).toHaveProperty("allowed");
  });
});

describe("a stack's seconds", () => {
  test.each([
    ["3600", "1h"],
    ["300", "5m"],
    ["0", "0s"],
  ])("%s is %s", (written, value) => {
    expect(parseReferenceValue("seconds", written)).toEqual({ value });
  });

  test.each(["5m", "-1", "1.5"])("%s is refused", (written) => {
    expect(parseReferenceValue("seconds", written)).toEqual({
      allowed: "a whole number of seconds",
    });
  });
});

describe("flags", () => {
  test.each(["1", "t", "T", "TRUE", "true", "True"])("%s is true", (written) => {
    expect(parseReferenceValue("boolean", written)).toEqual({ value: true });
  });

  test.each(["0", "f", "F", "FALSE", "false", "False"])("%s is false", (written) => {
    expect(parseReferenceValue("boolean", written)).toEqual({ value: false });
  });

  test.each(["yes", "on", "tRUE", "2"])("%s is neither", (written) => {
    expect(parseReferenceValue("boolean", written)).toHaveProperty("allowed");
  });
});

describe("numbers", () => {
  test("a factor loses its minus sign there, and here too", () => {
    const reading = { value: 0.5, remark: "the reference drops the minus sign" };
    expect(parseReferenceValue("factor", "-0.5")).toEqual(reading);
  });

  test("a factor of 0 is no factor there", () => {
    expect(parseReferenceValue("factor", "0")).toEqual({ value: "none", remark: "0 is no factor" });
  });

  test.each([
    ["number", "5e-1", 0.5],
    ["number", ".5", 0.5],
    ["factor", "1.0", 1],
    ["integer", "+4", 4],
    ["integer", "-1", -1],
  ] as const)("as a %s, %s is %d", (kind, written, value) => {
    expect(parseReferenceValue(kind, written)).toEqual({ value });
  });

  test.each([
    ["number", "half"],
    ["number", "NaN"],
    ["factor", "0x1p-2"],
    ["integer", "4.0"],
    ["integer", "four"],
  ] as const)("as a %s, %s is refused", (kind, written) => {
    expect(parseReferenceValue(kind, written)).toHaveProperty("allowed");
  });
});
