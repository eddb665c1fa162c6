import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { GENERATED_PARTS } from "../../../scripts/generate/documents.ts";
import { readGeneratedPart } from "../../../scripts/generate/generated-part.ts";

const root = resolve(import.meta.dirname, "../../..");

describe("the generated parts of the documents", () => {
  test.each(GENERATED_PARTS)(
    "$file: $part is current (if not: npm run generate)",
    ({ file, part, format }) => {
      const document = readFileSync(resolve(root, file), "utf8");
      expect(readGeneratedPart(document, part)).toBe(format());
    },
  );
});
