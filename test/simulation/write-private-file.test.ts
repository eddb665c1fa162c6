import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writePrivateFile } from "../../simulation/write-private-file.ts";

let path = "";
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "private-")), "report.html");
});
afterEach(() => rmSync(join(path, ".."), { recursive: true }));

test("a new file may be read and written by its owner only", async () => {
  await writePrivateFile(path, "<p>");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8")).toBe("<p>");
});

test("a file that everybody could read is replaced and restricted", async () => {
  writeFileSync(path, "older and longer");
  chmodSync(path, 0o644);
  await writePrivateFile(path, "<p>");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8")).toBe("<p>");
});

test("a device keeps its permissions", async () => {
  const before = statSync("/dev/null").mode;
  await writePrivateFile("/dev/null", "<p>");
  expect(statSync("/dev/null").mode).toBe(before);
});
