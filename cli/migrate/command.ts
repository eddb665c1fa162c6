import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import pc from "picocolors";
import { plural } from "../../functions/core/plural.ts";
import { migrate } from "./migrate.ts";

/** Where a command's lines go: its result, and what there is to say about it. */
export interface Output {
  print(line: string): void;
  note(line: string): void;
}

/** Prints the scalers.yml that settings come to, or everything that is wrong with them. Gives the exit code. */
export function printMigration(settings: string, { print, note }: Output): number {
  const { yaml, toDo, unknown, problems } = migrate(settings);
  for (const { where, what } of problems) note(`${pc.red("error")} ${where}: ${what}`);
  if (unknown.length > 0) note(`${pc.yellow("not known")} ${unknown.join(", ")}`);
  if (yaml === undefined) {
    note(`${pc.red(plural(problems.length, "error"))}: nothing is migrated`);
    return 1;
  }
  print(yaml.trimEnd());
  for (const what of toDo) note(`${pc.yellow("to do")} ${what}`);
  return 0;
}

/** Registers `migrate [file]`. `stdin` is read where no file is named. */
export function addMigrate(program: Command, stdin: Readable = process.stdin): void {
  program
    .command("migrate")
    .description("print the scalers.yml that does what a buildkite-agent-scaler did")
    .argument(
      "[file]",
      "its env file, what `aws lambda get-function-configuration` prints, or its stack's parameters as JSON; default: standard input",
    )
    .action(async (file: string | undefined) => {
      const output = { print: console.log, note: console.error };
      const settings = await readInput(file, stdin, output.note);
      process.exitCode = settings === undefined ? 1 : printMigration(settings, output);
    });
}

async function readInput(
  file: string | undefined,
  stdin: Readable,
  note: Output["note"],
): Promise<string | undefined> {
  try {
    return await text(file === undefined || file === "-" ? stdin : createReadStream(file));
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    const why = error.code === "ENOENT" ? "there is no such file" : `cannot be read: ${error.code}`;
    note(`${pc.red("error")} ${file ?? "standard input"}: ${why}`);
    return undefined;
  }
}
