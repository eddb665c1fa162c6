import { type MockInstance, vi } from "vitest";

/**
 * Captures the output of a handler. Tests are silent by default (vitest.config.ts). A test that needs
 * the log sets LOG_LEVEL in vi.hoisted: the logger reads the environment when a handler is imported.
 */

let chunks: string[] = [];
let spies: MockInstance[] = [];

/** Captures all output from now on; nothing is printed. */
export function captureOutput(): void {
  chunks = [];
  spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation((chunk) => chunks.push(String(chunk)) > 0),
  );
}

/** Restores the streams of the process. */
export function restoreOutput(): void {
  for (const spy of spies) spy.mockRestore();
}

/** Returns the captured output. */
export function readOutput(): string {
  return chunks.join("");
}

/** Returns the lines of the log, which are JSON. */
export function parseLogLines(): Record<string, unknown>[] {
  return readOutput()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}
