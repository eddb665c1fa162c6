import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { type History, type HistoryEvent, writeHistory } from "../../local/engine/history.ts";

/** A run's history on its way into a file. */
export interface HistoryFile {
  onEvent(event: HistoryEvent): void;
  /** Gives the line of the summary that names the file; none where none was asked for. */
  write(): Promise<string[]>;
}

/** Keeps no events where no file is asked for: a run may last for days. A file that cannot be written is said before the run. */
export function createHistoryFile(path: string | undefined): HistoryFile | { problem: string } {
  if (path === undefined) return { onEvent: () => {}, write: async () => [] };
  const problem = unwritable(path);
  if (problem !== undefined) return { problem };
  const history: History = [];
  return {
    onEvent: (event) => history.push(event),
    write: async () => {
      await writeHistory(path, history);
      return [`history         ${path}`];
    },
  };
}

function unwritable(path: string): string | undefined {
  try {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, "a"));
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return `--history: ${path} cannot be written: ${error.code}; allowed: the path of a file`;
  }
}
