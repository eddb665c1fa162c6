import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describeReadError } from "../../config/read-file.ts";

/** Reads the text of a file, or of `stdin` if the file is `-`. Returns a problem if that is impossible. */
export async function readInput(
  file: string,
  stdin: Readable,
): Promise<{ text: string } | { problem: string }> {
  try {
    return { text: await text(file === "-" ? stdin : createReadStream(file)) };
  } catch (error) {
    return { problem: describeReadError(error) };
  }
}
