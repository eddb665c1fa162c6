import { describe, expect, test } from "vitest";
import { formatTable } from "../../simulation/format-table.ts";

describe("formatTable", () => {
  test("aligns the first column left and all others right, with two spaces between", () => {
    const rows = [
      ["", "ours", "reference"],
      ["in all", "12.50", "7"],
    ];
    expect(formatTable(rows)).toEqual(["         ours  reference", "in all  12.50          7"]);
  });

  test("starts every line with the indent and ends no line in spaces", () => {
    expect(formatTable([["jobs", ""], ["waits"]], "  ")).toEqual(["  jobs", "  waits"]);
  });

  test("returns no lines if there are no rows", () => {
    expect(formatTable([])).toEqual([]);
  });
});
