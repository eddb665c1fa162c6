import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { filesIn, zipOf } from "../../deploy/zip.ts";

const file = fc.record({
  path: fc.stringMatching(/^[a-zé/.-]{1,40}$/),
  contents: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
});

describe("a package", () => {
  test("gives back the files that went into it", () => {
    fc.assert(
      fc.property(fc.array(file, { maxLength: 5 }), (files) => {
        expect(filesIn(zipOf(files))).toEqual(files);
      }),
    );
  });

  test("is the same for the same files, so that nothing is uploaded for nothing", () => {
    const files = [{ path: "functions/claim-slot.mjs", contents: Buffer.from("export {}") }];
    expect(zipOf(files)).toEqual(zipOf(files));
  });

  test.each(["", "not a package", "x".repeat(100)])("%j is none", (text) => {
    expect(() => filesIn(Buffer.from(text))).toThrow(RangeError);
  });
});
