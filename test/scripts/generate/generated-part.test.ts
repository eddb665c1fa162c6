import { describe, expect, test } from "vitest";
import {
  readGeneratedPart,
  replaceGeneratedPart,
} from "../../../scripts/generate/generated-part.ts";

const OPENING = "<!-- settings: generated -->";
const CLOSING = "<!-- end: generated -->";

describe("a generated part of a document", () => {
  test("is replaced between its markers, and the rest of the document stays", () => {
    const before = `# Title\n\n${OPENING}\nold\n${CLOSING}\n\nAfter\n`;
    expect(replaceGeneratedPart(before, "settings", "new")).toBe(
      `# Title\n\n${OPENING}\nnew\n${CLOSING}\n\nAfter\n`,
    );
  });

  test("is found by its name if a document has several", () => {
    const document = `<!-- a: generated -->\n1\n${CLOSING}\n${OPENING}\n2\n${CLOSING}\n`;
    expect(readGeneratedPart(document, "settings")).toBe("2");
    expect(readGeneratedPart(document, "a")).toBe("1");
    expect(readGeneratedPart(replaceGeneratedPart(document, "settings", "3"), "settings")).toBe(
      "3",
    );
  });

  test("does not change if it is replaced by itself", () => {
    const document = `${OPENING}\nsame\n${CLOSING}\n`;
    expect(replaceGeneratedPart(document, "settings", "same")).toBe(document);
  });

  test.each(["# Title\n", `${OPENING}\nno end`, `${CLOSING}\n`, `${CLOSING}\n${OPENING}\n`])(
    "needs both markers in their order: %j",
    (document) => {
      expect(readGeneratedPart(document, "settings")).toBeUndefined();
      expect(() => replaceGeneratedPart(document, "settings", "new")).toThrow(
        "the document needs <!-- settings: generated --> and, below it, <!-- end: generated -->",
      );
    },
  );
});
