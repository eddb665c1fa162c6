import { globSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

/** The functions of Node 24, which the replacements have to match. */
const native = { groupBy: Map.groupBy, withResolvers: Promise.withResolvers };

beforeAll(async () => {
  Object.assign(Map, { groupBy: undefined });
  Object.assign(Promise, { withResolvers: undefined });
  vi.resetModules();
  await import("../../../scripts/npm-package/node20.ts");
});
afterAll(() => {
  Object.assign(Map, { groupBy: native.groupBy });
  Object.assign(Promise, { withResolvers: native.withResolvers });
});

describe("on Node 20", () => {
  test("Map.groupBy groups as on Node 24", () => {
    expect(Map.groupBy).not.toBe(native.groupBy);
    const parity = (value: number, index: number) => (value + index) % 2;
    const items = new Set([5, 3, 8, 5, 2]);
    expect(Map.groupBy(items, parity)).toEqual(Reflect.apply(native.groupBy, Map, [items, parity]));
  });

  test("Promise.withResolvers resolves and rejects", async () => {
    expect(Promise.withResolvers).not.toBe(native.withResolvers);
    const [first, second] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
    first.resolve(1);
    second.reject(new Error("no"));
    await expect(first.promise).resolves.toBe(1);
    await expect(second.promise).rejects.toThrow("no");
  });
});

/** What is in the library of tsconfig.json (ES2024), not in Node 20 and not in the replacements. */
const MISSING = /\bObject\.groupBy\b|\.transfer(ToFixedLength)?\(/;

test("the sources of the package use no function that Node 20 lacks and node20.ts does not replace", () => {
  const paths = globSync("{cli,config,deploy,functions,local,simulation}/**/*.ts");
  expect(paths.length).toBeGreaterThan(200);
  expect(paths.filter((path) => MISSING.test(readFileSync(path, "utf8")))).toEqual([]);
});
