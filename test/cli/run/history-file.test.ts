import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type HistoryFile, openHistoryFile } from "../../../cli/run/history-file.ts";
import { type HistoryEvent, readHistories, writeHistory } from "../../../local/engine/history.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "history-"));
  path = join(folder, "history.json");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function createEvent(id: number): HistoryEvent {
  return {
    id: String(id),
    type: "PassStateEntered",
    details: { name: "Settings", input: "{}" },
    previous_event_id: String(id - 1),
    event_timestamp: "1767603600000",
    execution_arn: "arn:aws:states:us-east-1:123456789012:express:loop:one:id",
  };
}

function openWithoutProblem(): HistoryFile {
  const file = openHistoryFile(path);
  if ("problem" in file) throw new Error(file.problem);
  return file;
}

function readMode(file: string): string {
  return (statSync(file).mode & 0o777).toString(8);
}

describe("a history of run", () => {
  test("can be read after every event, before the run ends", async () => {
    const file = openWithoutProblem();
    for (const id of [1, 2, 3]) {
      file.onEvent(createEvent(id));
      expect((await readHistories(path))[0]).toHaveLength(id);
    }
    expect(file.close()).toEqual([expect.stringContaining(path)]);
  });

  test("replaces an older history at its first event, not before", () => {
    writeFileSync(path, "older");
    const file = openWithoutProblem();
    expect(readFileSync(path, "utf8")).toBe("older");
    file.onEvent(createEvent(1));
    file.close();
    expect(readFileSync(path, "utf8")).toBe(`${JSON.stringify(createEvent(1))}\n`);
  });

  test("may be read by its owner only, also if everybody could read the older one", () => {
    writeFileSync(path, "older");
    chmodSync(path, 0o644);
    openWithoutProblem().close();
    expect(readMode(path)).toBe("600");
  });

  test.skipIf(!existsSync("/dev/full"))(
    "is incomplete if the disk is full, which the summary says",
    () => {
      path = "/dev/full";
      const file = openWithoutProblem();
      file.onEvent(createEvent(1));
      expect(file.close()).toEqual([
        expect.stringContaining("/dev/full (incomplete: it cannot be written: ENOSPC)"),
      ]);
    },
  );
});

test("a history of try may be read by its owner only", async () => {
  writeFileSync(path, "older");
  chmodSync(path, 0o644);
  await writeHistory(path, [createEvent(1)]);
  expect(readMode(path)).toBe("600");
});
