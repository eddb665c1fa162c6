import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Heap } from "../../../simulation/fleet/heap.ts";

function popAll<T>(heap: Heap<T>): T[] {
  const items: T[] = [];
  for (let item = heap.pop(); item !== undefined; item = heap.pop()) items.push(item);
  return items;
}

describe("Heap", () => {
  test("is empty at first", () => {
    const heap = new Heap<number>((a, b) => a < b);
    expect([heap.size, heap.peek(), heap.pop()]).toEqual([0, undefined, undefined]);
  });

  test("peeks at and pops the item that comes first in its order", () => {
    const heap = new Heap<string>((a, b) => a.length < b.length);
    for (const word of ["three", "a", "to"]) heap.push(word);
    expect([heap.size, heap.peek()]).toEqual([3, "a"]);
    expect(popAll(heap)).toEqual(["a", "to", "three"]);
  });

  test("sorts any numbers, including equal ones", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (numbers) => {
        const heap = new Heap<number>((a, b) => a < b);
        for (const number of numbers) heap.push(number);
        expect(popAll(heap)).toEqual(numbers.toSorted((a, b) => a - b));
      }),
    );
  });

  test("pops the smallest item for any order of pushes and pops", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(50))), (steps) => {
        const heap = new Heap<number>((a, b) => a < b);
        const inside: number[] = [];
        for (const step of steps) {
          if (step === null) {
            const least = inside.length === 0 ? undefined : Math.min(...inside);
            expect(heap.pop()).toBe(least);
            if (least !== undefined) inside.splice(inside.indexOf(least), 1);
          } else {
            heap.push(step);
            inside.push(step);
          }
          expect(heap.size).toBe(inside.length);
        }
      }),
    );
  });
});
