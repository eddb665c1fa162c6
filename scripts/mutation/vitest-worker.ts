import { createVitest, type TestModule } from "vitest/node";
import { errorMessage } from "../../functions/core/faults.ts";

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
  // The result also has the test files of earlier runs, as they ended then.
  const ids = specifications.map(({ moduleId }) => moduleId);
  const modules = run.testModules.filter(({ moduleId }) => ids.includes(moduleId));
  process.send?.(findError(modules, run.unhandledErrors) satisfies RunAnswer);
});
process.on("disconnect", () => process.exit());

function findError(modules: readonly TestModule[], unhandled: readonly unknown[]): RunAnswer {
  if (modules.length === 0) return { error: "there is no such test file" };
  const failed = modules.find((tests) => tests.state() !== "passed");
  if (failed) return { error: describeFailure(failed) };
  return unhandled.length === 0 ? {} : { error: `unhandled: ${errorMessage(unhandled[0])}` };
}

function describeFailure(tests: TestModule): string {
  for (const test of tests.children.allTests("failed")) {
    return `${test.fullName}: ${test.result().errors?.[0]?.message}`;
  }
  return tests.errors()[0]?.message ?? "failed without an error";
}
