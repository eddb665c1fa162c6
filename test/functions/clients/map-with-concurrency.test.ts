import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mapWithConcurrency } from "../../../functions/clients/map-with-concurrency.ts";

/** Tasks that end in another order than they start; counts those that run. */
function createCountedWork() {
  const seen = { now: 0, most: 0, begun: [] as number[] };
  const work = async (item: number) => {
    seen.begun.push(item);
    seen.now += 1;
    seen.most = Math.max(seen.most, seen.now);
    for (let turns = (item * 7) % 5; turns >= 0; turns -= 1) await Promise.resolve();
    seen.now -= 1;
    return item * 10;
  };
  return { seen, work };
}

describe("mapWithConcurrency", () => {
  test("starts items in order, returns results in order, and respects the limit", async () => {
    const some = fc.record({ limit: fc.integer({ min: 1, max: 12 }), count: fc.nat(30) });
    await fc.assert(
      fc.asyncProperty(some, async ({ limit, count }) => {
        const { seen, work } = createCountedWork();
        const items = Array.from({ length: count }, (_, index) => index);
        expect(await mapWithConcurrency(limit, items, work)).toEqual(
          items.map((item) => item * 10),
        );
        expect(seen.begun).toEqual(items);
        expect(seen.most).toBe(Math.min(limit, count));
      }),
    );
  });

  test("rejects if one item rejects", async () => {
    const failAtTwo = async (item: number) => {
      if (item === 2) throw new RangeError("two");
      return item;
    };
    await expect(mapWithConcurrency(2, [1, 2, 3], failAtTwo)).rejects.toThrow("two");
  });
});
