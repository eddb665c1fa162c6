import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mapWithConcurrency } from "../../../functions/clients/map-with-concurrency.ts";

/** Works that end in an order of their own; counts how many are under way. */
function counting() {
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

describe("work for many, so many at once,", () => {
  test("is done for each, begun in their order, answered in their order, and never more at once", async () => {
    const some = fc.record({ limit: fc.integer({ min: 1, max: 12 }), count: fc.nat(30) });
    await fc.assert(
      fc.asyncProperty(some, async ({ limit, count }) => {
        const { seen, work } = counting();
        const items = Array.from({ length: count }, (_, index) => index);
        expect(await mapWithConcurrency(limit, items, work)).toEqual(
          items.map((item) => item * 10),
        );
        expect(seen.begun).toEqual(items);
        expect(seen.most).toBe(Math.min(limit, count));
      }),
    );
  });

  test("rejects with what one of them rejects with", async () => {
    const failing = async (item: number) => {
      if (item === 2) throw new RangeError("two");
      return item;
    };
    await expect(mapWithConcurrency(2, [1, 2, 3], failing)).rejects.toThrow("two");
  });
});
