import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";

const PROJECT = resolve(import.meta.dirname, "../../..");
const SECONDS = { timeout: 20_000 };

function run(...args: string[]): string {
  const main = resolve(PROJECT, "cli/main.ts");
  return spawnSync(process.execPath, [main, ...args], { cwd: PROJECT, encoding: "utf8" }).stdout;
}

/** What Tab offers after some words; the last word may be unfinished. */
function complete(...words: string[]): string[] {
  const lines = run("complete", "--", ...words)
    .trimEnd()
    .split("\n");
  return lines.slice(0, -1).map((line) => line.split("\t")[0] ?? "");
}

describe("completion", () => {
  test.each(["bash", "zsh", "fish"])("prints a script for %s", SECONDS, (shell) => {
    expect(run("completion", shell)).toContain("buildkite-scaling-loop complete --");
  });

  test.each([
    [["exp"], ["export-builds"]],
    [["simulate", "--wo"], ["--workload"]],
    [["simulate", "--workload", "st"], ["steady"]],
    [["validate", "scalers.y"], ["scalers.yml"]],
    [["validate", "docs/decisions/001"], ["docs/decisions/001-jsonpath.md"]],
    [["run", "--scalers", "no-such-folder/"], []],
    [["try", "--out", "doc"], ["docs/"]],
  ])("completes %j to %j", SECONDS, (words, expected) => {
    expect(complete(...words)).toEqual(expected);
  });

  test("does not show the command that the script calls", SECONDS, () => {
    expect(run("--help")).not.toMatch(/^ {2}complete /m);
  });
});
