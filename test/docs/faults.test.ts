import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FAULTS } from "../../functions/core/faults.ts";

const PAGE = readFileSync("docs/troubleshooting.md", "utf8");

const FAULT_ROW = /^\| `([A-Z]\w+)` \| (.+?) \| .+ \|$/gm;

test("docs/troubleshooting.md explains every fault of the catalogue, and no other", () => {
  const rows = [...PAGE.matchAll(FAULT_ROW)].map(([, name = "", meaning]) => [name, meaning]);
  expect(Object.fromEntries(rows)).toEqual(FAULTS);
});
