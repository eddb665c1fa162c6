import { stripVTControlCharacters } from "node:util";

/** What picocolors writes: of no width on the screen. */
const STYLE = new RegExp(`(${String.fromCharCode(27)}\\[[\\d;]*m)`);

/** A line cut to a width in columns, the cut marked; its styles stay, so that each is closed again. */
export function cutToWidth(line: string, columns: number): string {
  if (stripVTControlCharacters(line).length <= columns) return line;
  let left = Math.max(0, columns - 1);
  const parts = line.split(STYLE).map((part) => {
    if (STYLE.test(part)) return part;
    const shown = part.slice(0, left);
    left -= shown.length;
    return shown;
  });
  return `${parts.join("")}…`;
}
