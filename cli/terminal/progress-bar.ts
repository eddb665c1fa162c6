import { shortenText } from "./fit-text.ts";

/** A line that shows how far something is. It is redrawn in place, and only in a terminal. */
export interface ProgressBar {
  /** Shows a share from 0 to 1, and what is being done. */
  show(share: number, label: string): void;
  /** Removes the line. */
  clear(): void;
}

const BAR_COLUMNS = 30;
const ERASE_LINE = "\r\u001b[K";

/** Creates a progress bar. It writes nothing if the stream is not a terminal. */
export function createProgressBar(stream: {
  isTTY: boolean;
  columns: number;
  write(text: string): unknown;
}): ProgressBar {
  const write = (text: string) => void (stream.isTTY && stream.write(ERASE_LINE + text));
  return {
    show: (share, label) => write(shortenText(formatBar(share, label), stream.columns - 1)),
    clear: () => write(""),
  };
}

function formatBar(share: number, label: string): string {
  const done = Math.min(1, Math.max(0, share));
  const filled = Math.round(done * BAR_COLUMNS);
  const bar = `${"█".repeat(filled)}${"░".repeat(BAR_COLUMNS - filled)}`;
  return `${bar} ${Math.round(done * 100)} % ${label}`;
}
