import { createVitest, type TestModule, type TestRunResult } from "vitest/node";

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
  /** The first error; absent if every test passed. */
  error?: string;
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
  process.send?.(findError(run) satisfies RunAnswer);
});
process.on("disconnect", () => process.exit());

function findError({ testModules, unhandledErrors }: TestRunResult): RunAnswer {
  if (testModules.length === 0) return { error: "there is no such test file" };
  const failed = testModules.find((tests) => tests.state() === "failed");
  if (failed) return { error: describeFailure(failed) };
  return unhandledErrors.length === 0 ? {} : { error: `unhandled: ${unhandledErrors[0]}` };
}

function describeFailure(tests: TestModule): string {
  for (const test of tests.children.allTests("failed")) {
    return `${test.fullName}: ${test.result().errors?.[0]?.message}`;
  }
  return tests.errors()[0]?.message ?? "failed without an error";
}
