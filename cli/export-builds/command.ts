import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import { plural } from "../../functions/core/plural.ts";
import { PRODUCT } from "../../functions/core/version.ts";
import { writePrivateFile } from "../../simulation/write-private-file.ts";
import { parseDay, parsePositive } from "../simulate/parse-flags.ts";
import { addHelpEnd } from "../terminal/help.ts";
import { wholeNumberParser } from "../terminal/number-options.ts";
import { createProgressBar } from "../terminal/progress-bar.ts";
import { findWriteProblem } from "../terminal/write-problem.ts";
import type { BuildsRequest } from "./builds-request.ts";
import { BuildsNotRead, readBuilds } from "./read-builds.ts";

interface ExportFlags {
  organization: string;
  pipeline?: string;
  from?: number;
  days: number;
  out: string;
  pageSize: number;
  apiEndpoint: string;
}

const DAY_MS = 86_400_000;
const MOST_BUILDS = 100;

/** Registers `export-builds`. */
export function addExportBuilds(program: Command): void {
  const command = program
    .command("export-builds")
    .description("download builds from Buildkite, for simulate --jobs")
    .optionsGroup("Which builds:")
    .requiredOption("--organization <slug>", "the organization, as in Buildkite's addresses")
    .addOption(new Option("--pipeline <slug>", "only this pipeline").default(undefined, "all"))
    .addOption(
      new Option("--from <date>", "first day, in UTC")
        .argParser(parseDay)
        .default(undefined, "--days before today"),
    )
    .option("--days <number>", "number of days", parsePositive, 7)
    .optionsGroup("Where from and where to:")
    .option("--out <file>", "file to write, readable for its owner only", "builds.json")
    .option("--page-size <number>", "builds per request, at most 100", parsePageSize, MOST_BUILDS)
    .option("--api-endpoint <url>", "Buildkite's REST API", "https://api.buildkite.com/v2");
  addHelpEnd(command, { paragraphs: [TOKEN_HELP], examples: EXAMPLES });
  command.action(async (flags: ExportFlags) => {
    process.exitCode = await exportBuilds(flags, process.env.BUILDKITE_API_TOKEN, Date.now());
  });
}

const TOKEN_HELP =
  "The environment variable BUILDKITE_API_TOKEN has an API access token with the scope read_builds.";

const EXAMPLES = [
  {
    about: "The last week of all pipelines.",
    before: "BUILDKITE_API_TOKEN=...",
    args: "export-builds --organization my-org",
  },
  { about: "What would it have cost?", args: "simulate --jobs builds.json --report week.html" },
];

function parsePageSize(value: string): number {
  const size = wholeNumberParser(1)(value);
  if (size <= MOST_BUILDS) return size;
  throw new InvalidArgumentError(`allowed: a whole number of at most ${MOST_BUILDS}`);
}

/** Writes the builds into a file. Returns the exit code. */
async function exportBuilds(
  flags: ExportFlags,
  token: string | undefined,
  nowMs: number,
): Promise<number> {
  const request = readRequest(flags, token?.trim() ?? "", nowMs);
  if ("problem" in request) return fail(request.problem);
  const folder = dirname(flags.out);
  const problem = findWriteProblem(() => accessSync(folder, constants.W_OK));
  if (problem !== undefined) return fail(`--out: the folder ${folder} ${problem}`);
  try {
    const { lines, builds, jobs } = await download(request);
    await writePrivateFile(flags.out, lines.join(""));
    console.log(`${plural(jobs, "job")} of ${plural(builds, "build")} written to ${flags.out}`);
    console.log(`next: npx ${PRODUCT} simulate --jobs ${flags.out}`);
    return 0;
  } catch (error) {
    if (error instanceof BuildsNotRead) return fail(error.message);
    throw error;
  }
}

function fail(problem: string): number {
  console.error(`${pc.red("error")} ${escapeControls(problem)}`);
  return 1;
}

const NO_TOKEN =
  "BUILDKITE_API_TOKEN is not set: create an API access token with the scope read_builds in Buildkite (Personal Settings), and set the variable to it";

function readRequest(
  { apiEndpoint, organization, pipeline, from, days, pageSize }: ExportFlags,
  token: string,
  nowMs: number,
): BuildsRequest | { problem: string } {
  if (token === "") return { problem: NO_TOKEN };
  if (!/^[!-~]+$/.test(token)) return { problem: "BUILDKITE_API_TOKEN is not a token" };
  if (!/^https?:\/\//.test(apiEndpoint) || !URL.canParse(apiEndpoint))
    return { problem: `--api-endpoint: ${apiEndpoint} is not allowed; allowed: a URL` };
  const todayMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const fromMs = from ?? todayMs - days * DAY_MS;
  const toMs = Math.min(fromMs + days * DAY_MS, nowMs);
  if (toMs <= fromMs) return { problem: "--from: is in the future; allowed: a day before today" };
  const endpoint = apiEndpoint.replace(/\/+$/, "");
  return { endpoint, organization, pipeline, token, fromMs, toMs, pageSize };
}

/** Downloads all pages. Each becomes a line, which is a JSON document. */
async function download(request: BuildsRequest) {
  const bar = createProgressBar(process.stderr);
  const found = { lines: [] as string[], builds: 0, jobs: 0 };
  const label = () => `${plural(found.builds, "build")}, ${plural(found.jobs, "job")}`;
  let share = 0;
  const wait = async (seconds: number) => {
    bar.show(share, `${label()}; Buildkite asks to wait for ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  };
  try {
    for await (const page of readBuilds(request, { wait })) {
      found.lines.push(`${JSON.stringify(page)}\n`);
      found.builds += page.length;
      for (const { jobs } of page) found.jobs += jobs.length;
      share = measureProgress(page.at(-1)?.created_at, request);
      bar.show(share, label());
    }
  } finally {
    bar.clear();
  }
  return found;
}

/** Builds arrive from the newest to the oldest. */
function measureProgress(oldest: string | undefined, { fromMs, toMs }: BuildsRequest): number {
  const reachedMs = Date.parse(oldest ?? "");
  return Number.isNaN(reachedMs) ? 1 : (toMs - reachedMs) / (toMs - fromMs);
}
