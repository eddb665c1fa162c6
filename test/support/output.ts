import { type MockInstance, vi } from "vitest";

/**
 * What a handler writes, as on Lambda. Tests are otherwise silent (vitest.config.ts): one that wants
 * to hear the log sets LOG_LEVEL in vi.hoisted, for the logger looks at the environment
 * when it is made, which is when a handler is imported.
 */

let written: string[] = [];
let spies: MockInstance[] = [];

/** From now on, what is written goes nowhere else. */
export function captureOutput(): void {
  written = [];
  spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation((chunk) => written.push(String(chunk)) > 0),
  );
}

/** The process's streams are as they were. */
export function restoreOutput(): void {
  for (const spy of spies) spy.mockRestore();
}

/** All of it. */
export function readOutput(): string {
  return written.join("");
}

/** Each line of the log, which is JSON. */
export function parseLogLines(): Record<string, unknown>[] {
  return readOutput()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}
