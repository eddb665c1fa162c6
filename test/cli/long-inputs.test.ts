import { describe, expect, test } from "vitest";
import { parseReferenceValue } from "../../config/reference-values.ts";
import { validateText } from "../../config/validate-file.ts";
import { splitDocuments } from "../../local/engine/log-documents.ts";

/** A scanner that read each character again for every other one would take minutes, not a second. */
const LENGTH = 1_000_000;
const LIMIT = { timeout: 30_000 };

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

  test("a scalers file of a megabyte with unknown keys only", LIMIT, () => {
    const lines = Array.from({ length: 45_000 }, (_, index) => `an_unknown_key_${index}: 1`);
    const { problems } = validateText(lines.join("\n"), "scalers.yml");
    expect(problems.filter(({ what }) => what.includes("is not known"))).toHaveLength(45_000);
    expect(problems.at(-1)?.line).toBe(45_000);
  });

  test("a scalers file with an error behind each of its aliases", LIMIT, () => {
    const scalers = Array.from({ length: 5000 }, () => "    - *entry");
    const head = ["x: &entry {factor: 1}", "clusters:", "  - name: main", "    scalers:"];
    const { problems } = validateText([...head, ...scalers].join("\n"), "scalers.yml");
    const unknown = problems.filter(({ what }) => what.startsWith('"factor" is not known'));
    expect(unknown.length).toBeGreaterThan(0);
    expect(new Set(unknown.map(({ line }) => line))).toEqual(new Set([1]));
  });

  test("a scalers file with an error on every line", LIMIT, () => {
    const { problems } = validateText("@\n".repeat(20_000), "scalers.yml");
    expect(problems.length).toBeGreaterThan(0);
    expect(new Set(problems.map(({ line }) => line)).size).toBe(problems.length);
  });
});
