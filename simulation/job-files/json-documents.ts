/** One JSON document of several that may stand in a file, not parsed yet. */
export interface JsonDocument {
  /** The line on which it begins, from 1. */
  line: number;
  bytes: Buffer;
}

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE: ReadonlySet<number> = new Set([0x20, 0x09, LINE_FEED, 0x0d]);

/**
 * The JSON documents of a file, one behind the other as `curl ... >> file` leaves them, with or
 * without line breaks between. Brackets and quotes are ASCII, so UTF-8 is cut as the bytes it is.
 * What is no list and no object goes to the end of the file: parsing it tells what it is.
 */
export function* splitJsonDocuments(bytes: Buffer): Generator<JsonDocument> {
  let line = 1;
  let counted = 0;
  let begin = skipSpace(bytes, 0);
  while (begin < bytes.length) {
    line += countLineBreaks(bytes.subarray(counted, begin));
    counted = begin;
    const end = findDocumentEnd(bytes, begin);
    yield { line, bytes: bytes.subarray(begin, end) };
    begin = skipSpace(bytes, end);
  }
}

/** Whether JSON builds stand here, and no CSV: they begin with a bracket. */
export function isJson(bytes: Buffer): boolean {
  const begin = skipSpace(bytes, 0);
  return isOpening(bytes[begin]);
}

/** Where the next document begins, or the end of the file. */
function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && SPACE.has(bytes.readUInt8(at))) at += 1;
  return at;
}

/** How many line breaks there are. Takes the stretch in question, so that no search goes beyond it. */
function countLineBreaks(bytes: Buffer): number {
  let count = 0;
  let at = bytes.indexOf(LINE_FEED);
  while (at !== -1) {
    count += 1;
    at = bytes.indexOf(LINE_FEED, at + 1);
  }
  return count;
}

/** Behind the bracket that closes the one at `begin`. */
function findDocumentEnd(bytes: Buffer, begin: number): number {
  let depth = 0;
  for (let at = begin; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = findStringEnd(bytes, at);
    else if (isOpening(byte)) depth += 1;
    else if (isClosing(byte)) depth -= 1;
    if (depth <= 0) return depth === 0 && isClosing(byte) ? at + 1 : bytes.length;
  }
  return bytes.length;
}

function isOpening(byte: number | undefined): boolean {
  return byte === 0x5b || byte === 0x7b; // [ {
}

function isClosing(byte: number | undefined): boolean {
  return byte === 0x5d || byte === 0x7d; // ] }
}

/** Where the quote stands that closes the one at `opening`: what a backslash escapes is passed over. */
function findStringEnd(bytes: Buffer, opening: number): number {
  let at = opening + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
