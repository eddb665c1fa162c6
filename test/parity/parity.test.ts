import { describe, expect, test } from "vitest";
import { type ReplayedRow, readRows, replayRow } from "./replay.ts";
import { CLASSES, ROWS_OF_EACH, selectSample } from "./sample.ts";

const rows = readRows(new URL("decisions.sample.jsonl", import.meta.url));

describe("Compute capacity makes the decisions of the reference", () => {
  test.each(rows)("row $id: $expected.action, $expected.from to $expected.to", async (row) => {
    const { decided } = await replayRow(row);
    expect(decided).toEqual(row.expected);
  });
});

describe("the sample of the decisions", () => {
  const all: Promise<ReplayedRow[]> = Promise.all(rows.map(replayRow));

  test.each(Object.entries(CLASSES))("has rows of the class %s", async (_name, isOne) => {
    expect((await all).filter(isOne).length).toBeGreaterThanOrEqual(ROWS_OF_EACH);
  });

  test("contains exactly the rows that its classes select", async () => {
    const drawn = selectSample(await all);
    expect(drawn.map(({ row }) => row.id)).toEqual(rows.map(({ id }) => id));
  });

  test("has a reason for every deviation", () => {
    for (const { reference, expected } of rows) {
      if (reference === undefined) continue;
      expect(reference.deviation).toMatch(/\w/);
      expect(reference.to).not.toBe(expected.to);
    }
    expect(rows.filter(({ reference }) => reference !== undefined)).not.toHaveLength(0);
  });
});
