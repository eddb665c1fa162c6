import { readFileSync } from "node:fs";

/** Reads a UTF-8 text file, or says why it cannot be read. */
export function readTextFile(path: string): { text: string } | { problem: string } {
  try {
    return { text: readFileSync(path, "utf8") };
  } catch (error) {
    return { problem: describeReadError(error) };
  }
}

/** Says why a file cannot be read. @throws the error itself if it is not a file system error */
export function describeReadError(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) throw error;
  return error.code === "ENOENT" ? "there is no such file" : `cannot be read: ${error.code}`;
}
