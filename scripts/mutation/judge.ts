import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Mutant } from "./mutants.ts";

/** A copy of the project, in which files may be changed while others work in the original. */
export type ProjectCopy = string;

const VITEST = "node_modules/vitest/vitest.mjs";

/** A mutant that loops for ever ends its run after this time. It counts as killed. */
const LIMIT_SECONDS = 300;

/**
 * Runs of tests for one file, in this order: the nearest tests kill most mutants within seconds. The
 * last run has every test of the copy that imports the file.
 */
export function listTestRuns(file: string): string[][] {
  if (!file.endsWith(".ts")) return [["test/statemachine"], []];
  const mirrored = join("test", file.replace(/\.ts$/, ".test.ts"));
  const nearest = [mirrored, dirname(mirrored)].filter((path) => existsSync(path));
  return [...nearest.map((path) => [path]), ["related", file]];
}

/**
 * Copies what git knows, and whatever is new, into a temporary folder with the same dependencies.
 * @param tests folders: of the tests, the copy has only these
 */
export function copyProject(tests: readonly string[]): ProjectCopy {
  const copy = mkdtempSync(join(tmpdir(), "scaling-loop-mutation-"));
  const listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const files = execFileSync("git", listing, { encoding: "utf8" }).split("\0");
  for (const file of files) {
    const isWanted = !file.endsWith(".test.ts") || tests.some((folder) => file.startsWith(folder));
    if (file !== "" && isWanted && existsSync(file)) cpSync(file, join(copy, file));
  }
  symlinkSync(resolve("node_modules"), join(copy, "node_modules"));
  return copy;
}

/** Returns whether any of the runs fails with the mutant in place. */
export async function isKilled(
  mutant: Mutant,
  runs: readonly string[][],
  copy: ProjectCopy,
): Promise<boolean> {
  const path = join(copy, mutant.file);
  const source = readFileSync(path, "utf8");
  writeFileSync(path, source.slice(0, mutant.from) + mutant.replacement + source.slice(mutant.to));
  try {
    for (const run of runs) {
      if (!(await runTests(run, copy))) return true;
    }
    return false;
  } finally {
    writeFileSync(path, source);
  }
}

/** Returns whether vitest passes. A run without a test passes, so that it never kills a mutant. */
export function runTests(run: readonly string[], copy: ProjectCopy): Promise<boolean> {
  const { promise, resolve: settle, reject } = Promise.withResolvers<boolean>();
  const args = [...run, "--run", "--bail", "1", "--passWithNoTests", "--reporter", "dot"];
  const options = { cwd: copy, stdio: "ignore", detached: true } as const;
  const child = spawn(process.execPath, [VITEST, ...args], options);
  // The whole process group: vitest's workers would go on without it.
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), LIMIT_SECONDS * 1000);
  child.once("error", reject);
  child.once("close", (status) => {
    clearTimeout(timer);
    settle(status === 0);
  });
  return promise;
}
