import type { Readable } from "node:stream";
import { Argument, type Command } from "commander";
import pc from "picocolors";
import { escapeControls, escapeLines } from "../../config/escape-controls.ts";
import { plural } from "../../functions/core/plural.ts";
import { addHelpEnd } from "../terminal/help.ts";
import { readInput } from "../terminal/read-input.ts";
import { type MigrationInput, migrateAll } from "./migrate.ts";

/** Where a command writes its lines. */
export interface Output {
  /** Writes a line of the result. */
  print(line: string): void;
  /** Writes a message about the result. */
  note(line: string): void;
}

/** Prints the migrated scalers.yml, or all problems with the settings. Returns the exit code. */
export function printMigration(inputs: readonly MigrationInput[], { print, note }: Output): number {
  const { yaml, toDo, disable, unknown, problems } = migrateAll(inputs);
  for (const { where, what } of problems)
    note(`${pc.red("error")} ${escapeControls(`${where}: ${what}`)}`);
  if (unknown.length > 0)
    note(`${pc.yellow("unknown setting")} ${escapeControls(unknown.join(", "))}`);
  if (yaml === undefined) {
    note(`${pc.red(plural(problems.length, "error"))}: no scalers.yml is written`);
    return 1;
  }
  print(escapeLines(yaml.trimEnd()));
  for (const what of toDo) note(`${pc.yellow("to do")} ${escapeControls(what)}`);
  if (disable.length > 0) note(`${pc.yellow("later")} ${explainDisable(disable.length)}`);
  for (const command of disable) note(`  ${command}`);
  return 0;
}

function explainDisable(count: number): string {
  const scalers = count === 1 ? "the old scaler" : "the old scalers";
  return `once this file is deployed without a dry run, stop ${scalers} (delete-function-concurrency takes it back):`;
}

/** Registers `migrate [files]`. It reads `stdin` if the user names no file. */
export function addMigrate(program: Command, stdin: Readable = process.stdin): void {
  const command = program
    .command("migrate")
    .description("convert the settings of buildkite-agent-scalers to one scalers.yml")
    .addArgument(
      new Argument(
        "[files...]",
        "one for each scaler: its env file, the output of `aws lambda get-function-configuration`, or its stack's parameters as JSON; scalers with the same token share a cluster",
      ).default(["-"], "standard input"),
    );
  addHelpEnd(command, { examples: EXAMPLES });
  command.action(async (files: string[]) => {
    const inputs = await Promise.all(files.map((file) => readSettings(file, stdin)));
    const problems = inputs.flatMap((input) => ("problem" in input ? [input.problem] : []));
    for (const problem of problems) console.error(`${pc.red("error")} ${escapeControls(problem)}`);
    const output = { print: console.log, note: console.error };
    const readable = inputs.flatMap((input) => ("problem" in input ? [] : [input]));
    process.exitCode = problems.length > 0 ? 1 : printMigration(readable, output);
  });
}

async function readSettings(
  file: string,
  stdin: Readable,
): Promise<MigrationInput | { problem: string }> {
  const name = file === "-" ? "standard input" : file;
  const input = await readInput(file, stdin);
  return "problem" in input ? { problem: `${name}: ${input.problem}` } : { name, ...input };
}

const EXAMPLES = [
  {
    about: "A deployed Lambda function.",
    before: "aws lambda get-function-configuration --function-name MY-SCALER |",
    args: "migrate > scalers.yml",
  },
  {
    about: "Several scalers, of one Buildkite cluster or of several.",
    args: "migrate web.env ios.json > scalers.yml",
  },
];
