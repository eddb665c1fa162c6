import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLiveRegion } from "../../../cli/terminal/live-region.ts";
import { createEmulator, type TerminalSize } from "../../support/terminal.ts";

/** A region in a terminal emulator. */
function createTerminal(size: TerminalSize) {
  const emulator = createEmulator(size);
  let written = "";
  const stream = {
    ...size,
    write: (text: string) => {
      written += text;
    },
  };
  /** Shows what was written so far. */
  const show = async () => {
    await emulator.write(written);
    written = "";
  };
  return {
    region: createLiveRegion(stream),
    stream,
    readLines: async () => {
      await show();
      return withoutBlankEnd(emulator.allLines());
    },
    readScreen: async () => {
      await show();
      return emulator.screen();
    },
    resize: async (to: TerminalSize) => {
      await show();
      emulator.resize(to);
      Object.assign(stream, to);
    },
  };
}

function withoutBlankEnd(lines: readonly string[]): string[] {
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
}

const SIZES = [60, 80, 120].map((columns) => ({ columns, rows: 24 }));

/** Not blank, and narrower than all terminals here. */
const aLine = fc
  .string({ unit: fc.constantFrom("a", "b", " ", "■", "…"), minLength: 1, maxLength: 60 })
  .map((line) => `|${line}`.slice(0, 60).trimEnd());

const aFrame = fc.record({
  above: fc.array(aLine, { maxLength: 4 }),
  lines: fc.array(aLine, { minLength: 1, maxLength: 23 }),
});

describe.each(SIZES)("a live region in a terminal of $columns columns", (size) => {
  test("shows the last frame only, below all lines that stay, however frames grow and shrink", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aFrame, { minLength: 1, maxLength: 12 }), async (frames) => {
        const { region, readLines } = createTerminal(size);
        const stay: string[] = [];
        for (const { above, lines } of frames) {
          region.draw(lines, above);
          stay.push(...above);
          expect(await readLines()).toEqual([...stay, ...lines]);
        }
        region.end();
      }),
      { numRuns: 40 },
    );
  });

  test("cuts a line that is too wide and a frame that is too high, and moves nothing", async () => {
    const { region, readScreen } = createTerminal(size);
    const wide = "x".repeat(size.columns + 7);
    region.draw([wide, "second"]);
    region.draw([wide, "second"]);
    expect((await readScreen()).slice(0, 3)).toEqual([wide.slice(7), "second", ""]);
    const high = Array.from({ length: 40 }, (_, index) => `line ${index}`);
    region.draw(high);
    region.draw(high);
    expect(await readScreen()).toEqual([...high.slice(0, 23), ""]);
    region.end();
  });

  test("is redrawn in its place after the terminal became narrower or wider", async () => {
    const { region, resize, readLines } = createTerminal(size);
    const wide = ["first", "x".repeat(size.columns - 1), "y".repeat(size.columns - 1), "last"];
    region.draw(wide, ["stays"]);
    await resize({ columns: 40, rows: 24 });
    region.draw(["first", "narrow", "last"]);
    expect(await readLines()).toEqual(["stays", "first", "narrow", "last"]);
    await resize(size);
    region.draw(wide);
    expect(await readLines()).toEqual(["stays", ...wide]);
    region.end();
  });
});

describe("a live region", () => {
  test("stays when it ends; output goes on below it, and a new region begins there", async () => {
    const { region, stream, readLines } = createTerminal({ columns: 80, rows: 24 });
    region.draw(["a", "b"]);
    region.end();
    stream.write("summary\n");
    region.draw(["c"]);
    expect(await readLines()).toEqual(["a", "b", "summary", "c"]);
    region.end();
  });

  test("hides the cursor while it is drawn, and shows it again at its end", () => {
    const written: string[] = [];
    const stream = { columns: 80, rows: 24, write: (text: string) => written.push(text) };
    const region = createLiveRegion(stream);
    region.end();
    expect(written).toEqual([]);
    region.draw(["a"]);
    region.draw(["b"]);
    region.end();
    region.end();
    const cursor = written.filter((text) => text.startsWith("\u001b[?25"));
    expect(cursor).toEqual(["\u001b[?25l", "\u001b[?25h"]);
  });

  test("shows the cursor again if the process ends in the middle", () => {
    const written: string[] = [];
    const stream = { columns: 80, rows: 24, write: (text: string) => written.push(text) };
    const before = process.listeners("exit");
    createLiveRegion(stream).draw(["a"]);
    const added = process.listeners("exit").filter((listener) => !before.includes(listener));
    for (const listener of added) listener(130);
    for (const listener of added) process.off("exit", listener);
    expect(written.at(-1)).toBe("\u001b[?25h");
  });
});
