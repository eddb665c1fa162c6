/** A piece of a text that stands for one JSON document; `value` is absent where it cannot be read. */
export interface LogDocument {
  /** From 1. */
  line: number;
  value?: unknown;
}

/**
 * The JSON documents in what a command printed: one document, several one after another, one a line,
 * several a line with tabs between them, or a line with a document in it (`--output text`). A document
 * that was cut off costs itself and no other.
 */
export function splitDocuments(text: string): LogDocument[] {
  const whole = parsed(text);
  if (whole !== undefined) return [{ line: 1, value: whole }];
  let line = 1;
  return text.split(BETWEEN_DOCUMENTS).flatMap((block) => {
    const pieces = valuesIn(block).map((value) =>
      value === undefined ? { line } : { line, value },
    );
    line += block.split("\n").length - 1;
    return pieces;
  });
}

/**
 * A document begins with its line, or where another one's last line ends: lines within it are
 * indented or close a bracket, and JSON allows no line break in a text.
 */
const BETWEEN_DOCUMENTS = /(?<=\n)(?=[^\s}\]])|(?<=^[}\]]+)(?=[{[])/m;

/** Lines of `--output text` that hold no event. */
const NO_DOCUMENT = /^(SEARCHEDLOGSTREAMS\t.*|NEXTTOKEN\t.*|None|)$/;

function valuesIn(block: string): unknown[] {
  const line = block.trim();
  if (NO_DOCUMENT.test(line)) return [];
  const value = parsed(line);
  if (value !== undefined || line.includes("\n")) return [value];
  const fields = line.split("\t").filter((field) => field.includes("{"));
  return fields.length === 0 ? [undefined] : fields.map(valueWithin);
}

function valueWithin(field: string): unknown {
  return parsed(field.slice(field.indexOf("{"), field.lastIndexOf("}") + 1));
}

/** JSON knows no undefined, so that it can stand for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
