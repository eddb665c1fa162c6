import { InvalidArgumentError } from "commander";
import { describe, expect, test } from "vitest";
import { parseWholeNumber } from "../../../cli/terminal/parse-number.ts";

describe("a whole number", () => {
  test.each([
    ["1", 1],
    ["07", 7],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ])("is read from %j", (text, number) => {
    expect(parseWholeNumber(1)(text)).toBe(number);
  });

  test.each(["0", "-1", "1.5", "1e3", "0x10", "", " 1", "one", "9007199254740993", "Infinity"])(
    "is not read from %j, and the error says what is allowed",
    (text) => {
      expect(() => parseWholeNumber(1)(text)).toThrow(
        new InvalidArgumentError("allowed: a whole number of at least 1"),
      );
    },
  );

  test("may be 0 where that is the least", () => {
    expect(parseWholeNumber(0)("0")).toBe(0);
  });
});
