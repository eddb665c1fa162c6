import {
  closeSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { HistoryEvent } from "../../local/engine/history.ts";
import { OWNER_ONLY } from "../../simulation/write-private-file.ts";
import { summaryLine } from "../terminal/run-summary.ts";
import { findWriteProblem } from "../terminal/write-problem.ts";

/** Writes the history of a run into a file while the run goes on. */
export interface HistoryFile {
  /** Writes one event as one line of JSON. */
  onEvent(event: HistoryEvent): void;
  /** Closes the file and returns the lines of the summary about it. Without a path, returns no line. */
  close(): string[];
}

/**
 * Opens the file before the run starts, for its owner only. Without a path, no events are written.
 * An older history in the file is replaced at the first event, so a run that cannot start loses nothing.
 */
export function openHistoryFile(path: string | undefined): HistoryFile | { problem: string } {
  if (path === undefined) return { onEvent: () => {}, close: () => [] };
  let file = 0;
  const problem = findWriteProblem(() => {
    file = openForOwner(path);
  });
  if (problem !== undefined)
    return { problem: `--history: ${path} ${problem}; allowed: the path of a file` };
  return createEventWriter(path, file);
}

/** The loop goes on if the disk is full: the summary says that the history is incomplete. */
function createEventWriter(path: string, file: number): HistoryFile {
  const isFile = fstatSync(file).isFile();
  let isStarted = false;
  let problem: string | undefined;
  const append = (event: HistoryEvent) => {
    if (!isStarted && isFile) ftruncateSync(file, 0);
    isStarted = true;
    writeSync(file, `${JSON.stringify(event)}\n`);
  };
  return {
    onEvent: (event) => {
      problem ??= findWriteProblem(() => append(event));
    },
    close: () => {
      closeSync(file);
      const incomplete = problem === undefined ? "" : ` (incomplete: it ${problem})`;
      return [summaryLine("history", `${path}${incomplete}`)];
    },
  };
}

/** Devices such as /dev/null keep their permissions. */
function openForOwner(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "a", OWNER_ONLY);
  if (fstatSync(file).isFile()) fchmodSync(file, OWNER_ONLY);
  return file;
}
