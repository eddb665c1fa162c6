import { type Command, InvalidArgumentError, Option } from "commander";
import { createLogUpdate } from "log-update";
import pc from "picocolors";
import { parseExecutionInput } from "../../functions/core/execution-input.ts";
import { formatComparison, formatComparisonJson } from "../../simulation/comparison.ts";
import type { Distribution } from "../../simulation/fleet/distribution.ts";
import type { Policy } from "../../simulation/policies/policy.ts";
import { type Scenario, type SimulationResult, simulate } from "../../simulation/simulate.ts";
import { BUILT_IN_WORKLOADS } from "../../simulation/workloads/built-in.ts";
import { parseWholeNumber } from "../terminal/number-options.ts";
import { DEFAULT_FILE } from "../validate/command.ts";
import { choosePolicies } from "./choose-policies.ts";
import type { GroupLimits, SimulateFlags } from "./flags.ts";
import { HOW_WRITTEN, parseDistribution } from "./parse-distribution.ts";
import { prepareScenario } from "./scenario.ts";

/** Registers `simulate`. */
export function addSimulate(program: Command): void {
  const command = program
    .command("simulate")
    .description("what would have happened: waits, money and interrupted jobs under other settings")
    .option("--scalers <file>", "the scalers file", DEFAULT_FILE)
    .option(
      "--compare <policy...>",
      "beside it: other scalers files, or reference, native, ideal",
      ["reference", "native", "ideal"],
    )
    .option("--no-compare", "the scalers file alone")
    .option("--json", "figures for machines", false)
    .option("--report <file>", "also a report to look at, one HTML file");
  addWorkload(command);
  addFleet(command);
  command.addHelpText("after", workloadHelp()).action(runSimulation);
}

function addWorkload(command: Command): void {
  command
    .addOption(
      new Option("--workload <name>", "what comes to every queue")
        .choices(Object.keys(BUILT_IN_WORKLOADS))
        .default("office-hours"),
    )
    .option("--set <name=number...>", "a number of the workload, see below", [])
    .option("--jobs <file...>", "your own jobs instead: CSV, or Buildkite's builds as JSON", [])
    .option("--default-queue <name>", "queue of jobs of builds that name none")
    .option("--from <date>", "first day, UTC", day, day("2026-01-05"))
    .option("--days <number>", "how long", positive, 7)
    .option("--seed <number>", "the same seed gives the same figures", parseWholeNumber(0), 1)
    .option("--poll-interval <seconds>", "instead of the definition's", parseWholeNumber(1));
}

function addFleet(command: Command): void {
  command
    .option("--min <number>", "least instances of each group", parseWholeNumber(0), 0)
    .option("--max <number>", "most instances of each group", parseWholeNumber(0), 100)
    .option("--limits <group=min..max...>", "of one group, such as web=1..20", collectLimits, [])
    .option("--boot <seconds>", "launch to InService", duration, { median: 35, p95: 70 })
    .option("--connect <seconds>", "InService to agents connected", duration, {
      median: 30,
      p95: 60,
    })
    .option("--terminate <seconds>", "until an ended instance is gone", duration, 30)
    .option("--launch-failures <share>", "of launches", share, 0)
    .option("--capacity <number>", "instances AWS has to give a group", parseWholeNumber(0))
    .option("--losses-per-hour <number>", "how often an instance is lost", notNegative, 0)
    .option("--idle-timeout <seconds>", "idle instances end themselves after this", positive)
    .addOption(
      new Option("--scale-in-ends <which>", "instances that a scale-in ends")
        .choices(["any", "idle"])
        .default("any"),
    )
    .option("--least-billed <seconds>", "least time an instance is paid for", notNegative, 60)
    .option("--price <number>", "of an instance for an hour", notNegative, 0.1);
}

async function runSimulation(given: SimulateFlags & { compare: string[] | false }): Promise<void> {
  const flags = { ...given, compare: given.compare === false ? [] : given.compare };
  const { policies, problems } = choosePolicies(flags.scalers, flags.compare);
  if (problems.length > 0) return refuse(problems);
  const { scenario, problems: wrong, notes } = prepareScenario(flags, queuesOf(policies));
  for (const note of notes) console.error(pc.yellow(note));
  if (scenario === undefined) return refuse(wrong);
  const results = runAll(policies, scenario, flags.report !== undefined);
  if (flags.json) console.log(formatComparisonJson(results));
  else print(results, scenario);
  if (flags.report !== undefined) await report(flags.report, results, flags);
}

function refuse(problems: readonly { where: string; what: string }[]): void {
  for (const { where, what } of problems) console.error(`${pc.red("error")} ${where}: ${what}`);
  process.exitCode = 1;
}

function queuesOf(policies: readonly Policy[]): string[] {
  const scalers = policies.flatMap(({ loops }) =>
    loops.flatMap((loop) => parseExecutionInput(loop).scalers),
  );
  return [...new Set(scalers.flatMap(({ queues }) => queues))];
}

function runAll(
  policies: readonly Policy[],
  scenario: Scenario,
  trace: boolean,
): SimulationResult[] {
  const update = createLogUpdate(process.stderr);
  const shows = process.stderr.isTTY;
  const results = policies.map((policy, index) =>
    simulate(policy, scenario, {
      trace,
      onProgress: (passed) => {
        if (shows)
          update(progressBar(policy.name, (index + Math.min(1, passed)) / policies.length));
      },
    }),
  );
  if (shows) update.clear();
  return results;
}

const BAR = 30;

function progressBar(name: string, passed: number): string {
  const done = Math.round(passed * BAR);
  return `${"█".repeat(done)}${"░".repeat(BAR - done)} ${Math.round(passed * 100)} % ${name}`;
}

function print(results: readonly SimulationResult[], scenario: Scenario): void {
  const days = (scenario.endMs - scenario.startMs) / 86_400_000;
  const from = new Date(scenario.startMs).toISOString().slice(0, 16);
  console.log(
    `${Number(days.toFixed(2))} days from ${from}Z, polls every ${scenario.pollIntervalSeconds} s, seed ${scenario.seed}\n`,
  );
  for (const { policy, about } of results) console.log(`${pc.bold(policy)}: ${about}`);
  console.log(`\n${formatComparison(results).join("\n")}`);
  console.log(pc.dim("\n* best; ideal is the bound and takes no part"));
}

async function report(
  path: string,
  policies: SimulationResult[],
  { price }: SimulateFlags,
): Promise<void> {
  const { writeReport } = await import("../../simulation/report/report.ts");
  await writeReport(path, { title: "Simulation", pricePerHour: price, policies });
  console.error(`the report is in ${path}`);
}

function workloadHelp(): string {
  const lines = Object.entries(BUILT_IN_WORKLOADS).flatMap(([name, { about, knobs }]) => [
    `  ${name}: ${about}`,
    ...Object.entries(knobs).map(
      ([knob, { value, about }]) => `    --set ${knob}=${value}  ${about}`,
    ),
  ]);
  return `\nWorkloads:\n${lines.join("\n")}\n\nDurations are written as ${HOW_WRITTEN}.`;
}

function duration(written: string): Distribution {
  const read = parseDistribution(written);
  if (read !== undefined) return read;
  throw new InvalidArgumentError(`allowed: ${HOW_WRITTEN}`);
}

function day(written: string): number {
  const ms = /^\d{4}-\d\d-\d\d$/.test(written) ? Date.parse(`${written}T00:00:00Z`) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError("allowed: a day such as 2026-01-05");
}

function numberWhere(isFine: (value: number) => boolean, allowed: string) {
  return (written: string): number => {
    const value = Number(written);
    if (/^\d*\.?\d+$/.test(written) && isFine(value)) return value;
    throw new InvalidArgumentError(`allowed: ${allowed}`);
  };
}

const positive = numberWhere((value) => value > 0, "a number above 0");
const notNegative = numberWhere(() => true, "a number of at least 0");
const share = numberWhere((value) => value < 1, "a share of at least 0 and below 1");

function collectLimits(written: string, known: GroupLimits[]): GroupLimits[] {
  const [, group, min, max] = /^(.+)=(\d+)\.\.(\d+)$/.exec(written) ?? [];
  if (group === undefined || Number(min) > Number(max)) {
    throw new InvalidArgumentError("allowed: a group with its limits, such as web=1..20");
  }
  return [...known, { group, min: Number(min), max: Number(max) }];
}
