import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import pc from "picocolors";
import { formatFinding, validateFile } from "../../config/validate-file.ts";
import { groupByExecution, type History, parseEvents } from "../../local/engine/history.ts";
import type { EntriesByName } from "./compare.ts";

/** What a replay's exit code says. */
const EXIT = { same: 0, differs: 1, unusable: 2 };

interface ReplayFlags {
  scalers?: string;
  reasons: boolean;
  json: boolean;
}

/** Registers `replay <file>`. `stdin` is read where the file is `-`. */
export function addReplay(program: Command, stdin: Readable = process.stdin): void {
  program
    .command("replay")
    .description("decide recorded polls again, and show what would be decided otherwise today")
    .argument(
      "<file>",
      "a history of `npm start` or `run --history`, or what `aws logs filter-log-events` prints; - for standard input",
    )
    .option("--scalers <file>", "replay under these settings, each scaler found by its name")
    .option("--reasons", "also show decisions that do the same in other words", false)
    .option("--json", "for machines", false)
    .addHelpText(
      "after",
      "\nExit code: 0 where nothing differs, 1 where something does, 2 where there is nothing to replay.",
    )
    .action(async (file: string, flags: ReplayFlags) => {
      process.exitCode = await runReplay(file, flags, stdin);
    });
}

async function runReplay(file: string, flags: ReplayFlags, stdin: Readable): Promise<number> {
  const histories = await readHistories(file, stdin);
  const settings = await readScalersFile(flags.scalers);
  if (typeof histories === "string" || settings === "refused") {
    if (typeof histories === "string") console.error(`${pc.red("error")} ${file}: ${histories}`);
    return EXIT.unusable;
  }
  process.env.LOG_LEVEL = "SILENT"; // The handlers' own log would stand between the lines.
  const { replay } = await import("./replay.ts");
  const { formatReplay } = await import("./lines.ts");
  const result = await replay(histories, settings);
  if (flags.json) console.log(JSON.stringify(result, undefined, 2));
  else for (const line of formatReplay(result, flags.reasons)) console.log(line);
  const { polls, decisions, differing } = result.totals;
  if (polls === 0 || (decisions === 0 && differing === 0)) {
    console.error(`${pc.red("error")} ${file}: ${polls === 0 ? NOTHING : NOBODY}`);
    return EXIT.unusable;
  }
  return differing === 0 ? EXIT.same : EXIT.differs;
}

const NOTHING =
  "there is no poll in it that can be replayed; the state machine has to log with level ALL and execution data";

const NOBODY = "no scaler in it has the name of one in the scalers file: nothing is compared";

/** The histories, or why there are none, in words. What is no event is said, and left out. */
async function readHistories(file: string, stdin: Readable): Promise<History[] | string> {
  try {
    const written = await text(file === "-" ? stdin : createReadStream(file));
    const { events, unread } = parseEvents(written);
    const lost = unread.map(({ line, what }) => `line ${line} ${what}`);
    if (events.length === 0) return lost[0] ?? "is empty";
    for (const what of lost) console.error(pc.yellow(`${file}: ${what}: left out`));
    return groupByExecution(events);
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return error.code === "ENOENT" ? "there is no such file" : `cannot be read: ${error.code}`;
  }
}

async function readScalersFile(
  file: string | undefined,
): Promise<EntriesByName | undefined | "refused"> {
  if (file === undefined) return undefined;
  const { loops, problems } = validateFile(file);
  for (const problem of problems) console.error(`${pc.red("error")} ${formatFinding(problem)}`);
  if (problems.length > 0) return "refused";
  const { indexEntries } = await import("./compare.ts");
  return indexEntries(loops);
}
