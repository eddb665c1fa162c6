import { describe, expect, test } from "vitest";
import { ALL_FAULT_KINDS } from "../../../simulation/torture/fault-kinds.ts";
import { runTorture, STEPS } from "../../../simulation/torture/torture.ts";
import type { TortureOptions } from "../../../simulation/torture/world.ts";

const OPTIONS: TortureOptions = {
  seed: 1,
  days: 0.4,
  kinds: ALL_FAULT_KINDS,
};

async function runWithNotes(options: TortureOptions) {
  const notes: string[] = [];
  const result = await runTorture(options, { ...STEPS, onNote: (line) => notes.push(line) });
  return { notes, result };
}

test("a seed names a run: it does the same each time, and another seed does something else", async () => {
  const [first, again, other] = [
    await runWithNotes(OPTIONS),
    await runWithNotes(OPTIONS),
    await runWithNotes({ ...OPTIONS, seed: 2 }),
  ];
  expect(first.notes.length).toBeGreaterThan(1000);
  expect(again.notes).toEqual(first.notes);
  expect(other.notes).not.toEqual(first.notes);
});

describe("a run under every kind of fault", () => {
  test("breaks no rule, and every kind of the steps strikes", async () => {
    const { result } = await runWithNotes({ ...OPTIONS, days: 3 });
    expect(result.violations).toEqual([]);
    const silent = ALL_FAULT_KINDS.filter((kind) => !result.faults.has(kind));
    expect(silent).toEqual(["metrics not published"]);
  });

  test("without kinds has no fault", async () => {
    const { result } = await runWithNotes({ ...OPTIONS, kinds: [] });
    expect(result.violations).toEqual([]);
    expect(result.faults).toEqual(new Map());
  });
});
