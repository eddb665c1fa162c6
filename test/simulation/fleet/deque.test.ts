import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Deque } from "../../../simulation/fleet/deque.ts";

describe("Deque", () => {
  test("is empty at first", () => {
    const deque = new Deque<string>();
    expect([deque.size, deque.front(), deque.popFront(), [...deque]]).toEqual([
      0,
      undefined,
      undefined,
      [],
    ]);
  });

  test("returns the items pushed to its back in their order", () => {
    const deque = new Deque<string>();
    for (const item of ["a", "b", "c"]) deque.pushBack(item);
    expect([deque.popFront(), deque.popFront(), deque.popFront()]).toEqual(["a", "b", "c"]);
    expect(deque.size).toBe(0);
  });

  test("returns an item pushed to its front before all others", () => {
    const deque = new Deque<string>();
    deque.pushBack("later");
    deque.pushFront("first");
    expect([...deque]).toEqual(["first", "later"]);
    expect(deque.front()).toBe("first");
  });

  test("grows beyond its initial ring of 16 while its front is in the middle of the ring", () => {
    const deque = new Deque<number>();
    for (let item = 0; item < 16; item += 1) deque.pushBack(item);
    for (let popped = 0; popped < 10; popped += 1) deque.popFront();
    for (let item = 16; item < 40; item += 1) deque.pushBack(item);
    // 0 to 39 were pushed, 0 to 9 were popped.
    expect([...deque]).toEqual(Array.from({ length: 30 }, (_, index) => index + 10));
  });

  test("behaves like an array for any operations", () => {
    const moves = fc.array(fc.constantFrom("pushBack", "pushFront", "popFront"), {
      maxLength: 120,
    });
    fc.assert(
      fc.property(moves, (steps) => {
        const deque = new Deque<number>();
        const array: number[] = [];
        for (const [index, step] of steps.entries()) {
          if (step === "popFront") expect(deque.popFront()).toBe(array.shift());
          if (step === "pushBack") {
            array.push(index);
            deque.pushBack(index);
          }
          if (step === "pushFront") {
            array.unshift(index);
            deque.pushFront(index);
          }
          expect([deque.size, deque.front()]).toEqual([array.length, array[0]]);
        }
        expect([...deque]).toEqual(array);
      }),
    );
  });
});
