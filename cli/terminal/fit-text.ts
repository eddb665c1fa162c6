/** Wraps a text at its spaces. A word that is longer than the width has a line of its own. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** Shortens a text to a width, after its last word that fits, and marks that with `…`. */
export function shortenText(text: string, width: number): string {
  if (text.length <= width) return text;
  const start = text.slice(0, Math.max(0, width - 1));
  const end = text[start.length] === " " ? start.length : start.lastIndexOf(" ");
  const words = end > 0 ? start.slice(0, end) : start;
  return `${words.replace(/[\s;:,·]+$/, "")}…`;
}

/** A part of a line, and how it is painted. */
export interface Segment {
  text: string;
  /** What is shown in a single line that has no room for `text`. */
  short?: string;
  paint?: (text: string) => string;
}

const SEPARATOR = " · ";

/**
 * Lays segments out in lines, with a separator between two of a line. A segment that does not fit
 * into the rest of a line begins the next one; one that is longer than a line is wrapped.
 */
export function layOutSegments(segments: readonly Segment[], width: number): string[] {
  const lines: { length: number; text: string }[] = [];
  for (const { text, paint = String } of segments) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + SEPARATOR.length + text.length <= width) {
      last.text += SEPARATOR + paint(text);
      last.length += SEPARATOR.length + text.length;
    } else {
      const wrapped = wrapText(text, width).map((line) => shortenText(line, width));
      lines.push(...wrapped.map((line) => ({ length: line.length, text: paint(line) })));
    }
  }
  return lines.map(({ text }) => text);
}

/** Lays segments out in one line. Those at the end that do not fit are left out; the first one is shortened. */
export function fitSegments(segments: readonly Segment[], width: number): string[] {
  const [first, ...others] = segments;
  if (first === undefined) return [];
  const start = shortenText(first.text, width);
  const fitting = [paintSegment(first, start)];
  let { length } = start;
  for (const segment of others) {
    const left = width - length - SEPARATOR.length;
    const text = [segment.text, segment.short].find(
      (each) => each !== undefined && each.length <= left,
    );
    if (text === undefined) break;
    fitting.push(paintSegment(segment, text));
    length += SEPARATOR.length + text.length;
  }
  return [fitting.join(SEPARATOR)];
}

function paintSegment({ paint = String }: Segment, text: string): string {
  return paint(text);
}
