import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readInput } from "../../../cli/terminal/read-input.ts";

test("a file that is larger than a text can be is a problem, with what to do", {
  timeout: 60_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "large-"));
  try {
    const path = join(folder, "history.json");
    writeFileSync(path, "");
    truncateSync(path, 2 ** 29); // sparse: it takes no space on the disk
    const input = await readInput(path, process.stdin);
    expect(input).toEqual({ problem: expect.stringContaining("divide it") });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
