/**
 * Replays every row of a decisions.jsonl and names the first ones that differ:
 *
 *     node test/parity/all.ts <the folder with decisions.jsonl, or the file itself>
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { asExpected, type Replayed, readRows, replayed } from "./replay.ts";

const ROWS_SHOWN = 10;

function fileAt(path: string | undefined): string | undefined {
  if (path === undefined || !existsSync(path)) return undefined;
  const file = statSync(path).isDirectory() ? join(path, "decisions.jsonl") : path;
  return existsSync(file) ? file : undefined;
}

function lineOf({ row, decided, reasons }: Replayed): string {
  const [wanted, got] = [row.expected, decided].map(
    ({ action, from, to }) => `${action} ${from} to ${to}`,
  );
  return `row ${row.id}: expected ${wanted}, decided ${got} (${reasons.join("; ")})`;
}

const file = fileAt(process.argv[2]);
if (file === undefined) {
  console.error("No decisions.jsonl there. Say where it is: node test/parity/all.ts <folder>");
  process.exit(2);
}

const outcomes: Replayed[] = [];
for (const row of readRows(file)) outcomes.push(await replayed(row));
const differing = outcomes.filter((outcome) => !asExpected(outcome));
const deviations = outcomes.filter(({ row }) => row.reference !== undefined);
console.log(
  `${outcomes.length} rows, ${deviations.length} of them where the reference is wrong: ${differing.length} differ`,
);
for (const outcome of differing.slice(0, ROWS_SHOWN)) console.log(lineOf(outcome));
if (differing.length > ROWS_SHOWN) console.log(`... and ${differing.length - ROWS_SHOWN} more`);
if (differing.length > 0 || outcomes.length === 0) process.exitCode = 1;
