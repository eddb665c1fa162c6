import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { type History, type HistoryEvent, writeHistory } from "../../local/engine/history.ts";
import { summaryLine } from "../terminal/run-summary.ts";
import { findWriteProblem } from "../terminal/write-problem.ts";

/** Collects the history of a run and writes it into a file. */
export interface HistoryFile {
  onEvent(event: HistoryEvent): void;
  /** Writes the file and returns the line of the summary that names it. Without a file, returns no line. */
  write(): Promise<string[]>;
}

/**
 * Checks that the file can be written before the run starts. Without a path, no events are kept,
 * because a run may last for days.
 */
export function createHistoryFile(path: string | undefined): HistoryFile | { problem: string } {
  if (path === undefined) return { onEvent: () => {}, write: async () => [] };
  const problem = findWriteProblem(() => {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, "a"));
  });
  if (problem !== undefined)
    return { problem: `--history: ${path} ${problem}; allowed: the path of a file` };
  const history: History = [];
  return {
    onEvent: (event) => history.push(event),
    write: async () => {
      await writeHistory(path, history);
      return [summaryLine("history", path)];
    },
  };
}
