import { tryParseJson } from "../../functions/core/parse-json.ts";

/** A part of a text that should be one JSON document. */
export interface LogDocument {
  /** The line on which it begins, from 1. */
  line: number;
  /** Absent if the part is not JSON. */
  value?: unknown;
}

/**
 * Splits the output of a command into JSON documents: one document, several in a row, one per line,
 * several per line with tabs between them, or lines that contain a document (`--output text`).
 *
 * A document that was cut off does not affect the others, because each document begins on a new line.
 * The scanner in simulation/job-files/json-documents.ts counts brackets instead, so it also reads
 * documents that follow one another on a line, but a cut-off document takes the rest of the file.
 */
export function splitDocuments(text: string): LogDocument[] {
  const whole = tryParseJson(text);
  if (whole !== undefined) return [{ line: 1, value: whole }];
  let line = 1;
  return splitBlocks(text).flatMap((block) => {
    const documents = parseBlock(block).map((value) =>
      value === undefined ? { line } : { line, value },
    );
    line += block.split("\n").length - 1;
    return documents;
  });
}

/**
 * A document begins at the start of a line, or directly after the last line of the one before. Other
 * lines of a document are indented or close a bracket, and JSON allows no line break in a text.
 */
const DOCUMENT_START = /(?<![^\n])(?:[^\s}\]]|(?<closing>[}\]]+)(?=[{[]))/g;

/** Reads every character once: a lookbehind over closing brackets would read a long row of them again and again. */
function splitBlocks(text: string): string[] {
  const starts = [...text.matchAll(DOCUMENT_START)]
    .map(({ index, groups }) => index + (groups?.closing?.length ?? 0))
    .filter((start) => start > 0);
  return [0, ...starts].map((start, index) => text.slice(start, starts[index]));
}

/** Lines of `--output text` that contain no event. */
const NO_DOCUMENT = /^(SEARCHEDLOGSTREAMS\t.*|NEXTTOKEN\t.*|None|)$/;

/** Returns the values in a block; undefined for what is not JSON. */
function parseBlock(block: string): unknown[] {
  const line = block.trim();
  if (NO_DOCUMENT.test(line)) return [];
  const value = tryParseJson(line);
  if (value !== undefined || line.includes("\n")) return [value];
  const fields = line.split("\t").filter((field) => field.includes("{"));
  return fields.length === 0 ? [undefined] : fields.map(parseField);
}

function parseField(field: string): unknown {
  return tryParseJson(field.slice(field.indexOf("{"), field.lastIndexOf("}") + 1));
}
