import { constants, isUtf8 } from "node:buffer";

/** Decodes UTF-8, or says why it cannot. */
export function decodeUtf8(bytes: Buffer): { text: string } | { what: string } {
  if (bytes.length > constants.MAX_STRING_LENGTH) {
    const megabytes = Math.floor(constants.MAX_STRING_LENGTH / 1e6);
    return { what: `is too large; allowed: at most ${megabytes} MB; split it into several files` };
  }
  return isUtf8(bytes) ? { text: bytes.toString("utf8") } : { what: "is not UTF-8" };
}

const BYTE_ORDER_MARK = Buffer.from("\uFEFF");

/** Drops the byte order mark that some programs write before UTF-8. */
export function stripByteOrderMark(bytes: Buffer): Buffer {
  const { length } = BYTE_ORDER_MARK;
  return bytes.subarray(0, length).equals(BYTE_ORDER_MARK) ? bytes.subarray(length) : bytes;
}
