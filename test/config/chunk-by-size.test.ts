import fc from "fast-check";
import { expect, test } from "vitest";
import { chunkBySize } from "../../config/chunk-by-size.ts";

const getSize = (item: number) => item;

test("a chunk ends at its number of items or at its size, whichever comes first", () => {
  const limits = { items: 3, size: 10 };
  expect(chunkBySize([1, 1, 1, 1, 9, 1], getSize, limits)).toEqual([
    [1, 1, 1], // three items
    [1, 9], // 10
    [1],
  ]);
});

test("an item above the size has a chunk of its own", () => {
  const limits = { items: 3, size: 10 };
  expect(chunkBySize([1, 11, 1], getSize, limits)).toEqual([[1], [11], [1]]);
});

test("every chunk is within its limits, and the chunks together are the list", () => {
  const list = fc.array(fc.nat(100));
  fc.assert(
    fc.property(list, fc.integer({ min: 1, max: 5 }), (items, most) => {
      const chunks = chunkBySize(items, getSize, { items: most, size: 100 });
      expect(chunks.flat()).toEqual(items);
      for (const chunk of chunks) {
        expect(chunk.length).toBeLessThanOrEqual(most);
        expect(chunk.reduce((sum, item) => sum + item, 0)).toBeLessThanOrEqual(100);
      }
    }),
  );
});
