import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Mutant } from "./mutants.ts";
import type { ProjectCopy } from "./project-copy.ts";
import type { Coverage } from "./record-coverage.ts";
import { TestRunner } from "./test-runner.ts";

/** Tests that read the definition. Nothing counts what is executed of it. */
const DEFINITION_TESTS = /^test\/(statemachine|loop)\//;

/** A run without an end is ended after this time and twenty times the time without a mutant. */
const LIMIT_SECONDS = 30;

/** For the runs without a mutant. */
const UNCHANGED_LIMIT_SECONDS = 900;

/** The tests that can notice a mutant, and how long they take. */
export class TestPlan {
  /** Seconds of each test file without a mutant. */
  readonly #seconds: ReadonlyMap<string, number>;
  /** The test files that execute a mutant, by its id. */
  readonly #testsOf: ReadonlyMap<string, readonly string[]>;

  constructor(
    seconds: ReadonlyMap<string, number>,
    testsOf: ReadonlyMap<string, readonly string[]>,
  ) {
    this.#seconds = seconds;
    this.#testsOf = testsOf;
  }

  /** Returns the tests that execute a mutant: first the test of its file, then the fastest. */
  listTests({ id, file }: Mutant): string[] {
    const executing = this.#testsOf.get(id ?? "") ?? [];
    const relevant = [...this.#seconds.keys()].filter((test) =>
      id === undefined ? DEFINITION_TESTS.test(test) : executing.includes(test),
    );
    const own = join("test", file.replace(/\.ts$/, ".test.ts"));
    const rank = (test: string) => (test === own ? 0 : (this.#seconds.get(test) ?? 0));
    return relevant.toSorted((a, b) => rank(a) - rank(b));
  }

  limitSeconds(test: string): number {
    return LIMIT_SECONDS + 20 * (this.#seconds.get(test) ?? 0);
  }
}

/**
 * Returns the seconds of each test file without a mutant. One that fails anyway is printed and left out,
 * because it would kill every mutant.
 */
export async function timeTests(
  tests: readonly string[],
  runner: TestRunner,
): Promise<Map<string, number>> {
  const seconds = new Map<string, number>();
  for (const test of tests) {
    const startedMs = performance.now();
    const { outcome, error } = await runner.run(test, UNCHANGED_LIMIT_SECONDS);
    if (outcome === "passed") seconds.set(test, (performance.now() - startedMs) / 1000);
    else console.log(`left out: ${test} ${outcome} without a mutant: ${error}`);
  }
  return seconds;
}

/** Returns the test files that execute each mutant, as Stryker's instrumented sources count. */
export async function traceTests(
  tests: readonly string[],
  copy: ProjectCopy,
  instrumented: ReadonlyMap<string, string>,
): Promise<Map<string, string[]>> {
  const path = join(tmpdir(), `scaling-loop-coverage-${process.pid}.jsonl`);
  const runner = new TestRunner(copy, { MUTATION_COVERAGE: path });
  try {
    for (const [file, text] of instrumented) runner.writeFile(file, text);
    for (const test of tests) await runner.run(test, UNCHANGED_LIMIT_SECONDS);
    return readCoverage(path);
  } finally {
    runner.close();
    rmSync(path, { force: true });
  }
}

function readCoverage(path: string): Map<string, string[]> {
  const testsOf = new Map<string, string[]>();
  for (const line of readFileSync(path, "utf8").trimEnd().split("\n")) {
    const { test, mutants }: Coverage = JSON.parse(line);
    for (const id of mutants) testsOf.set(id, [...(testsOf.get(id) ?? []), test]);
  }
  return testsOf;
}
