import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const PROJECT = resolve(import.meta.dirname, "../..");

function readHelp(...args: string[]): string[] {
  const { stdout } = spawnSync(process.execPath, ["cli/main.ts", "help", ...args], {
    cwd: PROJECT,
    encoding: "utf8",
  });
  return stdout.split("\n");
}

const COMMANDS = ["try", "simulate", "cost", "init", "migrate", "validate"];
const MORE_COMMANDS = ["run", "replay", "export-builds"];

test("the program lists its commands", { timeout: 30_000 }, () => {
  const terms = readHelp().map((line) => /^ {2}([a-z-]+) /.exec(line)?.[1]);
  expect(terms).toEqual(expect.arrayContaining([...COMMANDS, ...MORE_COMMANDS]));
});

test.each([...COMMANDS, ...MORE_COMMANDS])(
  "the help of %s fits into 80 columns, without quotes and brackets of JSON, and has two examples",
  { timeout: 30_000 },
  (command) => {
    const lines = readHelp(command);
    const examples = lines.slice(lines.indexOf("Examples:"));
    const texts = lines.slice(0, lines.indexOf("Examples:"));
    expect(texts.filter((line) => line.length > 80)).toEqual([]);
    expect(texts.filter((line) => /default: ["[]/.test(line))).toEqual([]);
    expect(examples.filter((line) => line.startsWith("  # "))).toHaveLength(2);
  },
);
