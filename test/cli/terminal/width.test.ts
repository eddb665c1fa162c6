import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import pc from "picocolors";
import { describe, expect, test } from "vitest";
import { cutToWidth } from "../../../cli/terminal/width.ts";

const { bold, dim, green } = pc.createColors(true);

describe("a line", () => {
  test.each([
    ["12345", 6, "12345"],
    ["12345", 5, "12345"],
    ["12345", 4, "123…"], // 3 + the mark
    ["12345", 1, "…"],
    ["", 0, ""],
  ])("of %j in %d columns is %j", (line, columns, shown) => {
    expect(cutToWidth(line, columns)).toBe(shown);
  });

  test("is as wide as it looks: colours take no room", () => {
    const line = `${bold("web")} ${dim("for default")}`;
    expect(cutToWidth(line, 15)).toBe(line); // 3 + 1 + 11
  });

  test("that is cut closes every style that it opens", () => {
    expect(cutToWidth(`${green("12345")}67890${dim("abc")}`, 4)).toBe(`${green("123")}${dim("")}…`);
    expect(cutToWidth(`${green("12345")}67890`, 8)).toBe(`${green("12345")}67…`);
  });

  test("is never wider than it may be, and otherwise as wide as that, with styles anywhere", () => {
    const parts = fc.array(
      fc
        .tuple(fc.stringMatching(/^[a-z ]{0,9}$/), fc.constantFrom(bold, green, String))
        .map(([text, style]) => style(text)),
    );
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 60 }), (texts, columns) => {
        const line = texts.join("");
        const width = stripVTControlCharacters(line).length;
        const shown = stripVTControlCharacters(cutToWidth(line, columns));
        expect(shown).toHaveLength(Math.min(width, columns));
      }),
    );
  });
});
