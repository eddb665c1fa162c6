import { describe, expect, test } from "vitest";
import { parseReferenceValue } from "../../config/reference-values.ts";

describe("a duration of the reference", () => {
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

  test("is rounded up to whole seconds, with a remark", () => {
    const parsed = { value: "2s", remark: "2s is 1500ms in whole seconds" };
    expect(parseReferenceValue("duration", "1500ms")).toEqual(parsed);
  });

  test("counts as 0s if it is negative", () => {
    const parsed = { value: "0s", remark: "a negative duration counts as 0s" };
    expect(parseReferenceValue("duration", "-5m")).toEqual(parsed);
  });

  test("needs a unit", () => {
    const allowed = 'a duration such as 90s, 5m or 1h30m; "300" has no unit';
    expect(parseReferenceValue("duration", "300")).toEqual({ allowed });
  });

  test.each(["", "5", "5 m", "1d", "s", "five minutes"])("%j is not a duration", (written) => {
    expect(parseReferenceValue("duration", written)).toHaveProperty("allowed");
  });
});

describe("seconds in a parameter of a stack", () => {
  test.each([
    ["3600", "1h"],
    ["300", "5m"],
    ["0", "0s"],
  ])("%s is %s", (written, value) => {
    expect(parseReferenceValue("seconds", written)).toEqual({ value });
  });

  test.each(["5m", "-1", "1.5"])("%s is not allowed", (written) => {
    expect(parseReferenceValue("seconds", written)).toEqual({
      allowed: "a whole number of seconds",
    });
  });
});

describe("a boolean of the reference", () => {
  test.each(["1", "t", "T", "TRUE", "true", "True"])("%s is true", (written) => {
    expect(parseReferenceValue("boolean", written)).toEqual({ value: true });
  });

  test.each(["0", "f", "F", "FALSE", "false", "False"])("%s is false", (written) => {
    expect(parseReferenceValue("boolean", written)).toEqual({ value: false });
  });

  test.each(["yes", "on", "tRUE", "2"])("%s is not allowed", (written) => {
    expect(parseReferenceValue("boolean", written)).toHaveProperty("allowed");
  });
});

describe("a number of the reference", () => {
  test("loses its minus sign if it is a factor", () => {
    const parsed = { value: 0.5, remark: "buildkite-agent-scaler ignores the minus sign" };
    expect(parseReferenceValue("factor", "-0.5")).toEqual(parsed);
  });

  test("is no factor if it is 0", () => {
    const parsed = { value: "none", remark: "buildkite-agent-scaler treats 0 as no factor" };
    expect(parseReferenceValue("factor", "0")).toEqual(parsed);
  });

  test.each([
    ["number", "5e-1", 0.5],
    ["number", ".5", 0.5],
    ["factor", "1.0", 1],
    ["integer", "+4", 4],
    ["integer", "-1", -1],
  ] as const)("%s %s is %d", (kind, written, value) => {
    expect(parseReferenceValue(kind, written)).toEqual({ value });
  });

  test.each([
    ["number", "half"],
    ["number", "NaN"],
    ["factor", "0x1p-2"],
    ["integer", "4.0"],
    ["integer", "four"],
  ] as const)("%s %s is not allowed", (kind, written) => {
    expect(parseReferenceValue(kind, written)).toHaveProperty("allowed");
  });
});
