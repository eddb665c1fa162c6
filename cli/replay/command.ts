import type { Readable } from "node:stream";
import type { Command } from "commander";
import pc from "picocolors";
import { escapeControls, escapeLines } from "../../config/escape-controls.ts";
import { formatFileProblem, validateFile } from "../../config/validate-file.ts";
import { groupByExecution, type History, parseEvents } from "../../local/engine/history.ts";
import { addHelpEnd } from "../terminal/help.ts";
import { readInput } from "../terminal/read-input.ts";
import { type EntriesByName, indexEntries } from "./recorded-input.ts";
import type { Replay } from "./replay.ts";

const EXIT_CODES = { same: 0, different: 1, unusable: 2 };

interface ReplayFlags {
  scalers?: string;
  reasons?: true;
  json?: true;
}

/** Registers `replay <file>`. It reads `stdin` if the file is `-`. */
export function addReplay(program: Command, stdin: Readable = process.stdin): void {
  const command = program
    .command("replay")
    .description("repeat the decisions of recorded polls with today's code, and show what differs")
    .argument(
      "<file>",
      "a history of `npm start` or `run --history`, or the output of `aws logs filter-log-events`; - for standard input",
    )
    .optionsGroup("What is decided:")
    .option(
      "--scalers <file>",
      "decide with the settings in this file, for scalers of the same name",
    )
    .optionsGroup("Output:")
    .option("--reasons", "also show decisions that differ only in their reasons")
    .option("--json", "print the result as JSON");
  addHelpEnd(command, { paragraphs: [EXIT_CODE_HELP], examples: EXAMPLES });
  command.action(async (file: string, flags: ReplayFlags) => {
    process.exitCode = await runReplay(file, flags, stdin);
  });
}

const EXIT_CODE_HELP =
  "Exit code: 0 if no decision differs, 1 if a decision differs, 2 if there is nothing to replay or to compare.";

const EXAMPLES = [
  {
    about: "What would this file have decided?",
    args: "replay out/history-2026-01-05T090000Z.json --scalers scalers.yml",
  },
  {
    about: "The log of a deployed loop, from standard input.",
    args: "replay - < events.json",
  },
];

async function runReplay(file: string, flags: ReplayFlags, stdin: Readable): Promise<number> {
  const histories = await readHistories(file, stdin);
  const entries = flags.scalers === undefined ? undefined : readEntries(flags.scalers);
  if ("problem" in histories) printError(file, histories.problem);
  if ("problem" in histories || entries === "invalid") return EXIT_CODES.unusable;
  process.env.LOG_LEVEL = "SILENT"; // Handlers would log between the lines of the result.
  const { replay } = await import("./replay.ts");
  const result = await replay(histories.histories, entries);
  await printReplay(result, flags);
  const { polls, decisions, differing } = result.totals;
  if (polls === 0 || (decisions === 0 && differing === 0)) {
    printError(file, polls === 0 ? NO_POLL : NO_SCALER);
    return EXIT_CODES.unusable;
  }
  return differing === 0 ? EXIT_CODES.same : EXIT_CODES.different;
}

async function printReplay(result: Replay, { json, reasons }: ReplayFlags): Promise<void> {
  if (json) {
    console.log(escapeLines(JSON.stringify(result, undefined, 2)));
    return;
  }
  const { formatReplay } = await import("./format-replay.ts");
  for (const line of formatReplay(result, reasons === true)) console.log(line);
}

function printError(file: string, problem: string): void {
  console.error(`${pc.red("error")} ${escapeControls(`${file}: ${problem}`)}`);
}

const NO_POLL =
  "contains no poll that can be replayed; the state machine must log with level ALL and with execution data";

const NO_SCALER = "contains no scaler of the scalers file, so nothing is compared";

/** Warns of every part of the file that is not an event. Returns a problem if there are no events. */
async function readHistories(
  file: string,
  stdin: Readable,
): Promise<{ histories: History[] } | { problem: string }> {
  const content = await readInput(file, stdin);
  if ("problem" in content) return content;
  const { events, unread } = parseEvents(content.text);
  const warnings = unread.map(({ line, what }) => `line ${line} ${what}`);
  if (events.length === 0) return { problem: warnings[0] ?? "is empty" };
  for (const warning of warnings)
    console.error(pc.yellow(escapeControls(`${file}: ${warning}; it is left out`)));
  return { histories: groupByExecution(events) };
}

/** Prints the problems of a scalers file; its entries are usable only if there are none. */
function readEntries(file: string): EntriesByName | "invalid" {
  const { loops, problems } = validateFile(file);
  for (const problem of problems) console.error(`${pc.red("error")} ${formatFileProblem(problem)}`);
  return problems.length > 0 ? "invalid" : indexEntries(loops);
}
