import { describe, expect, test } from "vitest";
import { parseReferenceValue } from "../../config/reference-values.ts";
import { validateText } from "../../config/validate-file.ts";
import { splitDocuments } from "../../local/engine/log-documents.ts";

/** A scanner that read each character again for every other one would take minutes, not a second. */
const LENGTH = 1_000_000;
const LIMIT = { timeout: 10_000 };

describe("a long text is read in one pass:", () => {
  test("a history of closing brackets only", LIMIT, () => {
    expect(splitDocuments("}".repeat(LENGTH))).toEqual([{ line: 1 }]);
  });

  test("a history of documents that follow one another", LIMIT, () => {
    const documents = splitDocuments("{\n}".repeat(LENGTH / 10));
    expect(documents).toHaveLength(LENGTH / 10);
    expect(documents.at(-1)).toEqual({ line: LENGTH / 10, value: {} });
  });

  test.each(["integer", "number", "factor", "duration", "seconds"] as const)(
    "digits that are no %s",
    LIMIT,
    (kind) => {
      expect(parseReferenceValue(kind, `${"1".repeat(LENGTH)}x`)).toHaveProperty("allowed");
    },
  );

  test("a scalers file with an error on every line", LIMIT, () => {
    const { problems } = validateText("@\n".repeat(20_000), "scalers.yml");
    expect(problems.length).toBeGreaterThan(0);
    expect(new Set(problems.map(({ line }) => line)).size).toBe(problems.length);
  });
});
