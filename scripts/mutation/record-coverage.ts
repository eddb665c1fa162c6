import { appendFileSync } from "node:fs";
import { relative } from "node:path";
import { afterAll, expect } from "vitest";

/** A setup file of vitest: notes which mutants a test file executes, as the instrumented sources count. */

declare global {
  var __stryker__: { mutantCoverage?: { static: Record<string, number> } } | undefined;
}

/** What one test file executes. */
export interface Coverage {
  test: string;
  mutants: string[];
}

afterAll(() => {
  const path = process.env.MUTATION_COVERAGE;
  if (!path) throw new Error("MUTATION_COVERAGE is not set");
  const test = relative(process.cwd(), expect.getState().testPath ?? "");
  const mutants = Object.keys(globalThis.__stryker__?.mutantCoverage?.static ?? {});
  appendFileSync(path, `${JSON.stringify({ test, mutants } satisfies Coverage)}\n`);
});
