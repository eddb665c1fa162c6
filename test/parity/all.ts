/**
 * Replays every row of a decisions.jsonl and prints the first ones that differ. The argument is the
 * file, or the folder that contains it. Without an argument, the sample is replayed.
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { isAsExpected, type ReplayedRow, readRows, replayRow } from "./replay.ts";

const ROWS_SHOWN = 10;

const SAMPLE = join(import.meta.dirname, "decisions.sample.jsonl");

function findDecisions(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const file = statSync(path).isDirectory() ? join(path, "decisions.jsonl") : path;
  return existsSync(file) ? file : undefined;
}

function formatRow({ row, decided, reasons }: ReplayedRow): string {
  const [wanted, got] = [row.expected, decided].map(
    ({ action, from, to }) => `${action} ${from} to ${to}`,
  );
  return `row ${row.id}: expected ${wanted}, decided ${got} (${reasons.join("; ")})`;
}

const path = process.argv[2] ?? SAMPLE;
const file = findDecisions(path);
if (file === undefined) {
  console.error(
    `${path}: there is no such file; allowed: a decisions.jsonl, or the folder that contains it`,
  );
  process.exit(2);
}

const outcomes: ReplayedRow[] = [];
for (const row of readRows(file)) outcomes.push(await replayRow(row));
const differing = outcomes.filter((outcome) => !isAsExpected(outcome));
const deviations = outcomes.filter(({ row }) => row.reference !== undefined);
console.log(
  `${outcomes.length} rows, ${deviations.length} of them with a defect of the reference: ${differing.length} differ`,
);
for (const outcome of differing.slice(0, ROWS_SHOWN)) console.log(formatRow(outcome));
if (differing.length > ROWS_SHOWN) console.log(`... and ${differing.length - ROWS_SHOWN} more`);
if (differing.length > 0 || outcomes.length === 0) process.exitCode = 1;
