import { stripVTControlCharacters } from "node:util";

/** The lines at the end of a terminal's output, which are replaced in place. */
export interface LiveRegion {
  /** Replaces the region. `above` are lines that stay above it, in the scroll-back. */
  draw(lines: readonly string[], above?: readonly string[]): void;
  /** Leaves the region on the screen. Output goes on below it. */
  end(): void;
}

/** What a region needs of a stream. */
export interface RegionStream {
  write(text: string): unknown;
  columns: number;
  rows: number;
}

const ESC = "\u001b[";
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const ERASE_LINE = `${ESC}K`;
const ERASE_BELOW = `${ESC}J`;
/** Between these two, a terminal that knows them shows nothing, so no half-drawn frame is seen. */
const BEGIN_FRAME = `${ESC}?2026h`;
const END_FRAME = `${ESC}?2026l`;
/** A line that is wider than the terminal is cut, so that it cannot move the lines below it. */
const WRAP_OFF = `${ESC}?7l`;
const WRAP_ON = `${ESC}?7h`;

/**
 * Creates an empty region. Each frame moves the cursor up to the first line of the last frame, writes
 * all lines anew and erases what is below. The cursor waits on the line below the region.
 */
export function createLiveRegion(stream: RegionStream): LiveRegion {
  let shown: readonly string[] = [];
  let isDrawing = false;
  const showCursor = () => void stream.write(SHOW_CURSOR);
  const begin = () => {
    if (isDrawing) return;
    isDrawing = true;
    process.once("exit", showCursor); // A second Ctrl-C ends the process in the middle.
    stream.write(HIDE_CURSOR);
  };
  return {
    draw: (lines, above = []) => {
      begin();
      const fitting = lines.slice(0, Math.max(1, stream.rows - 1));
      const up = countRows(shown, stream.columns);
      shown = fitting;
      stream.write(frameText(up, above, fitting));
    },
    end: () => {
      if (!isDrawing) return;
      isDrawing = false;
      shown = [];
      process.off("exit", showCursor);
      showCursor();
    },
  };
}

/** A line is erased before it is written: at the right margin, `ESC[K` would erase its last character. */
function frameText(up: number, above: readonly string[], lines: readonly string[]): string {
  const moveUp = up === 0 ? "\r" : `${ESC}${up}A\r`;
  const kept = above.length === 0 ? "" : `${ERASE_BELOW}${above.join("\n")}\n`;
  const frame = lines.map((line) => `${ERASE_LINE}${line}\n`).join("");
  return `${BEGIN_FRAME}${moveUp}${kept}${WRAP_OFF}${frame}${WRAP_ON}${ERASE_BELOW}${END_FRAME}`;
}

/** A terminal that became narrower has wrapped the lines of the last frame. */
function countRows(lines: readonly string[], columns: number): number {
  return lines.reduce((rows, line) => {
    const { length } = stripVTControlCharacters(line);
    return rows + Math.max(1, Math.ceil(length / columns));
  }, 0);
}
