import { describe, expect, test } from "vitest";
import { type Replayed, readRows, replayed } from "./replay.ts";
import { CLASSES, ROWS_OF_EACH, sampleOf } from "./sample.ts";

const rows = readRows(new URL("decisions.sample.jsonl", import.meta.url));

describe("the reference's decisions come out of Compute capacity", () => {
  test.each(rows)("row $id: $expected.action, $expected.from to $expected.to", async (row) => {
    const { decided } = await replayed(row);
    expect(decided).toEqual(row.expected);
  });
});

describe("the sample of them", () => {
  const all: Promise<Replayed[]> = Promise.all(rows.map(replayed));

  test.each(Object.entries(CLASSES))("has rows of the class: %s", async (_name, isOne) => {
    expect((await all).filter(isOne).length).toBeGreaterThanOrEqual(ROWS_OF_EACH);
  });

  test("is what its classes draw, and nothing else", async () => {
    const drawn = sampleOf(await all);
    expect(drawn.map(({ row }) => row.id)).toEqual(rows.map(({ id }) => id));
  });

  test("tells of every deviation why ours differs", () => {
    for (const { reference, expected } of rows) {
      if (reference === undefined) continue;
      expect(reference.deviation).toMatch(/\w/);
      expect(reference.to).not.toBe(expected.to);
    }
    expect(rows.filter(({ reference }) => reference !== undefined)).not.toHaveLength(0);
  });
});
