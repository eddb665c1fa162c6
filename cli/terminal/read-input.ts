import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describeReadError } from "../../config/read-file.ts";

/** A text of Node.js has at most 2^29 - 24 characters. */
const TOO_LARGE =
  "is larger than 512 MB; a history of `run` has one event per line, so divide it: `split -C 400m FILE`";

/** Reads the text of a file, or of `stdin` if the file is `-`. Returns a problem if that is impossible. */
export async function readInput(
  file: string,
  stdin: Readable,
): Promise<{ text: string } | { problem: string }> {
  try {
    return { text: await text(file === "-" ? stdin : createReadStream(file)) };
  } catch (error) {
    if (error instanceof RangeError) return { problem: TOO_LARGE };
    return { problem: describeReadError(error) };
  }
}
