import { InvalidArgumentError } from "commander";
import { describe, expect, test } from "vitest";
import { decimalParser, wholeNumberParser } from "../../../cli/terminal/number-options.ts";

describe("a whole number", () => {
  test.each([
    ["1", 1],
    ["07", 7],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ])("is read from %j", (text, number) => {
    expect(wholeNumberParser(1)(text)).toBe(number);
  });

  test.each(["0", "-1", "1.5", "1e3", "0x10", "", " 1", "one", "9007199254740993", "Infinity"])(
    "is not read from %j; the error says what is allowed",
    (text) => {
      expect(() => wholeNumberParser(1)(text)).toThrow(
        new InvalidArgumentError("allowed: a whole number of at least 1"),
      );
    },
  );

  test("can be 0 if 0 is the minimum", () => {
    expect(wholeNumberParser(0)("0")).toBe(0);
  });
});

describe("a decimal number", () => {
  const parseShare = decimalParser((number) => number <= 1, "a share from 0 to 1");

  test.each([
    ["0", 0],
    ["0.25", 0.25],
    [".5", 0.5],
    ["1", 1],
  ])("is read from %j", (text, number) => {
    expect(parseShare(text)).toBe(number);
  });

  test.each(["1.1", "-0.5", "1e-1", "", " 1", "1.", "half"])(
    "is not read from %j; the error says what is allowed",
    (text) => {
      expect(() => parseShare(text)).toThrow(
        new InvalidArgumentError("allowed: a share from 0 to 1"),
      );
    },
  );
});
