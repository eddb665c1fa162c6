import { InvalidArgumentError } from "commander";
import { describe, expect, test } from "vitest";
import { durationParser } from "../../../cli/terminal/duration-options.ts";

describe("a duration on the command line", () => {
  test.each([
    ["90", 90],
    ["90s", 90],
    ["5m", 300],
    ["1h30m", 5400],
    ["1", 1],
  ])("is read from %j", (text, seconds) => {
    expect(durationParser(1)(text)).toBe(seconds);
  });

  test.each(["0", "", "s", "1.5", "-5s", " 1", "1d", "soon"])(
    "is not read from %j; the error says what is allowed",
    (text) => {
      expect(() => durationParser(1)(text)).toThrow(
        new InvalidArgumentError(
          "allowed: a duration such as 90s or 5m, or whole seconds; at least 1s",
        ),
      );
    },
  );

  test("can have a maximum", () => {
    expect(durationParser(0, 180)("3m")).toBe(180);
    expect(() => durationParser(0, 180)("181")).toThrow(/at least 0s and at most 3m$/);
  });
});
