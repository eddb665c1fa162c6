import type { Readable } from "node:stream";
import type { Command } from "commander";
import pc from "picocolors";
import { escapeControls, escapeLines } from "../../config/escape-controls.ts";
import { plural } from "../../functions/core/plural.ts";
import { addHelpEnd } from "../terminal/help.ts";
import { readInput } from "../terminal/read-input.ts";
import { migrate } from "./migrate.ts";

/** Where a command writes its lines. */
export interface Output {
  /** Writes a line of the result. */
  print(line: string): void;
  /** Writes a message about the result. */
  note(line: string): void;
}

/** Prints the migrated scalers.yml, or all problems with the settings. Returns the exit code. */
export function printMigration(settings: string, { print, note }: Output): number {
  const { yaml, toDo, unknown, problems } = migrate(settings);
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
  return 0;
}

/** Registers `migrate [file]`. It reads `stdin` if the user names no file. */
export function addMigrate(program: Command, stdin: Readable = process.stdin): void {
  const command = program
    .command("migrate")
    .description("convert the settings of a buildkite-agent-scaler to a scalers.yml")
    .argument(
      "[file]",
      "its env file, the output of `aws lambda get-function-configuration`, or its stack's parameters as JSON; default: standard input",
    );
  addHelpEnd(command, { examples: EXAMPLES });
  command.action(async (file: string | undefined) => {
    const input = await readInput(file ?? "-", stdin);
    if ("problem" in input) {
      console.error(`${pc.red("error")} ${file ?? "standard input"}: ${input.problem}`);
      process.exitCode = 1;
      return;
    }
    process.exitCode = printMigration(input.text, { print: console.log, note: console.error });
  });
}

const EXAMPLES = [
  {
    about: "A deployed Lambda function.",
    before: "aws lambda get-function-configuration --function-name MY-SCALER |",
    args: "migrate > scalers.yml",
  },
  { about: "An env file.", args: "migrate my.env > scalers.yml" },
];
