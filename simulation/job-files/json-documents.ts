/** A JSON document in a file, not parsed yet. */
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
 * Splits a file into JSON documents that follow one another, as `curl ... >> file` writes them, with
 * or without line breaks between them. Brackets and quotes are ASCII, so the bytes need no decoding.
 * Text that is neither a list nor an object extends to the end of the file: parsing it finds the error.
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

/** Returns whether a file has JSON builds, not a CSV: they begin with a bracket. */
export function isJson(bytes: Buffer): boolean {
  const begin = skipSpace(bytes, 0);
  return isOpening(bytes[begin]);
}

/** Returns where the next document begins, or the end of the file. */
function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && SPACE.has(bytes.readUInt8(at))) at += 1;
  return at;
}

/** Counts line breaks. Pass a subarray, so that the search ends where it should. */
function countLineBreaks(bytes: Buffer): number {
  let count = 0;
  let at = bytes.indexOf(LINE_FEED);
  while (at !== -1) {
    count += 1;
    at = bytes.indexOf(LINE_FEED, at + 1);
  }
  return count;
}

/** Returns the index after the bracket that closes the one at `begin`. */
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

/** Returns the index of the quote that closes the one at `opening`, skipping escaped characters. */
function findStringEnd(bytes: Buffer, opening: number): number {
  let at = opening + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
