import { readFileSync } from "node:fs";
import fc from "fast-check";
import { unzipSync, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { recompressZip } from "../../deploy/recompress.ts";

const path = fc.stringMatching(/^[a-zé][a-zé.-]{0,20}(\/[a-zé][a-zé.-]{0,20})?$/);
const files = fc.dictionary(path, fc.uint8Array({ maxLength: 2000 }), { maxKeys: 5 });

describe("a recompressed package", () => {
  test("holds the same files", async () => {
    await fc.assert(
      fc.asyncProperty(files, async (contents) => {
        const recompressed = await recompressZip(zipSync(contents));
        expect(Object.entries(unzipSync(recompressed))).toEqual(Object.entries(contents));
      }),
    );
  });

  test("is smaller", async () => {
    const bundle = readFileSync(import.meta.filename);
    const quick = zipSync({ "functions/claim-slot.mjs": bundle }, { level: 1 });
    expect((await recompressZip(quick)).length).toBeLessThan(quick.length);
  });

  test("is the same for the same files, whenever they were built", async () => {
    const contents = { "functions/claim-slot.mjs": Buffer.from("export {}") };
    const [earlier, later] = ["2026-01-05", "2026-02-05"].map((mtime) =>
      zipSync(contents, { mtime }),
    );
    expect(await recompressZip(later ?? expect.fail())).toEqual(
      await recompressZip(earlier ?? expect.fail()),
    );
  });
});

test.each(["", "not a package", "x".repeat(100)])("%j is not a package", async (text) => {
  await expect(recompressZip(Buffer.from(text))).rejects.toThrow("invalid zip data");
});
