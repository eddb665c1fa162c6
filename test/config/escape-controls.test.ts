import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeControls, escapeLines } from "../../config/escape-controls.ts";

describe("a text from outside", () => {
  test.each([
    ["an escape sequence", "\u001b[31mred", "\\u001b[31mred"],
    ["a window title", "\u001b]0;x\u0007", "\\u001b]0;x\\u0007"],
    ["one character that begins a sequence", "\u009b2J", "\\u009b2J"],
    ["a line break that would forge a line", "a\r\nok", "a\\u000d\\nok"],
    ["a turned direction", "a\u202eb", "a\\u202eb"],
    ["letters and symbols", "größe → 🚀 é", "größe → 🚀 é"],
  ])("with %s", (_, text, escaped) => {
    expect(escapeControls(text)).toBe(escaped);
  });

  test("never contains a control character once it is escaped", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => !/\p{Cc}/u.test(escapeControls(text))),
    );
  });
});

test("JSON keeps its lines and its meaning", () => {
  const data = { text: "\u001b\u007f\u009b\u2028\n" };
  const json = escapeLines(JSON.stringify(data, undefined, 2));
  expect(json.split("\n")).toHaveLength(3);
  expect(JSON.parse(json)).toEqual(data);
});
