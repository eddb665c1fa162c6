import { readdirSync } from "node:fs";
import type { Complete, Command as Completed, RootCommand } from "@bomb.sh/tab";
import addTab from "@bomb.sh/tab/commander";
import type { Command } from "commander";
import { PRODUCT } from "../../functions/core/version.ts";
import { addHelpEnd } from "../terminal/help.ts";

/**
 * Registers `completion <shell>`, and the hidden command `complete` that the printed script calls at every
 * press of Tab. It has to be registered last: it knows the commands that are registered by then.
 */
export function addCompletion(program: Command): void {
  const completed = addTab(program, { completionCommandName: "completion" });
  for (const command of program.commands) addFileNames(command, completed);
  const command = program.commands.find((each) => each.name() === "completion");
  if (command === undefined) return;
  command.description("print a script that completes commands, options and files in your shell");
  for (const argument of command.registeredArguments) argument.description = "your shell";
  addHelpEnd(command, { paragraphs: [INSTALLED], examples: EXAMPLES });
}

const INSTALLED = `The script completes the command ${PRODUCT}, which has to be installed: npx has no completion.`;

const EXAMPLES = [
  { about: "bash and zsh: evaluate it in ~/.bashrc or ~/.zshrc.", args: "completion bash" },
  {
    about: "fish: write it into a file.",
    args: `completion fish > ~/.config/fish/completions/${PRODUCT}.fish`,
  },
];

/** The script switches off the shell's own completion of files, so the names of files come from here. */
function addFileNames(command: Command, { commands }: RootCommand): void {
  const completed: Completed | undefined = commands.get(command.name());
  for (const { long, flags } of command.options) {
    const option = completed?.options.get(long?.slice(2) ?? "");
    if (option !== undefined && /<(file|folder)/.test(flags)) option.handler = completeFiles;
  }
  for (const [name, argument] of completed?.arguments ?? [])
    if (/file|folder/.test(name)) argument.handler = completeFiles;
}

/** Completes the word that is typed: the last argument of the process. */
function completeFiles(complete: Complete): void {
  const word = process.argv.at(-1) ?? "";
  const folder = word.slice(0, word.lastIndexOf("/") + 1);
  for (const name of listNames(folder === "" ? "." : folder)) complete(folder + name, "");
}

/** A folder that does not exist has no names. */
function listNames(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).map((entry) =>
      entry.isDirectory() ? `${entry.name}/` : entry.name,
    );
  } catch {
    return [];
  }
}
