import { createVitest } from "vitest/node";

/**
 * Runs test files on request in one vitest, which keeps what it has transformed: a run takes a third
 * of a second. The working folder is a copy of the project, and the parent process is test-runner.ts.
 */

export interface RunRequest {
  test: string;
  /** Absolute paths of files that have changed since the last run. */
  changed: readonly string[];
}

export interface RunAnswer {
  passed: boolean;
}

/**
 * No time limits of vitest's own: on a slow machine they would fail tests without a mutant. A mutant
 * without an end is the parent's concern.
 */
const vitest = await createVitest("test", {
  watch: false,
  maxWorkers: 1,
  reporters: [{}],
  testTimeout: 0,
  hookTimeout: 0,
  ...(process.env.MUTATION_COVERAGE
    ? { setupFiles: [new URL("record-coverage.ts", import.meta.url).pathname] }
    : { bail: 1 }),
});

process.on("message", async (request: RunRequest) => {
  for (const path of request.changed) vitest.invalidateFile(path);
  const specifications = await vitest.globTestSpecifications([request.test]);
  const run = await vitest.runTestSpecifications(specifications);
  const failed = run.testModules.some((tests) => tests.state() === "failed");
  const passed = !failed && run.testModules.length > 0 && run.unhandledErrors.length === 0;
  process.send?.({ passed } satisfies RunAnswer);
});
process.on("disconnect", () => process.exit());
