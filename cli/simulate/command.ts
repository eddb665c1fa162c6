import { type Command, Option } from "commander";
import pc from "picocolors";
import { escapeControls, escapeLines } from "../../config/escape-controls.ts";
import { parseExecutionInput } from "../../functions/core/execution-input.ts";
import type { Problem } from "../../functions/core/problems.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import { formatComparison, formatComparisonJson } from "../../simulation/comparison.ts";
import type { Policy } from "../../simulation/policies/policy.ts";
import { formatLength } from "../../simulation/report/period.ts";
import type { ReportBasis } from "../../simulation/report/report-input.ts";
import { type Scenario, type SimulationResult, simulate } from "../../simulation/simulate.ts";
import { BUILT_IN_WORKLOADS } from "../../simulation/workloads/built-in.ts";
import { durationParser, pollIntervalOption } from "../terminal/duration-options.ts";
import { addHelpEnd, type HelpList } from "../terminal/help.ts";
import { wholeNumberParser } from "../terminal/number-options.ts";
import { createProgressBar } from "../terminal/progress-bar.ts";
import { DEFAULT_FILE } from "../validate/command.ts";
import { checkFlags } from "./check-flags.ts";
import { choosePolicies, DEFAULT_COMPARED } from "./choose-policies.ts";
import type { SimulateFlags } from "./flags.ts";
import {
  collectLimits,
  DISTRIBUTION_SYNTAX,
  parseDay,
  parseDistribution,
  parseNonNegative,
  parsePositive,
  parseShare,
  parseShareBelowOne,
} from "./parse-flags.ts";
import { prepareScenario } from "./prepare-scenario.ts";
import { describeSimulation } from "./report-basis.ts";

/** Registers `simulate`. */
export function addSimulate(program: Command): void {
  const command = program
    .command("simulate")
    .description("compare scaling policies in a simulation: waits, costs and interrupted jobs");
  addPolicyOptions(command);
  addJobOptions(command);
  addGroupOptions(command);
  addInstanceOptions(command);
  addEventOptions(command);
  addFailureOptions(command);
  addOutputOptions(command);
  addHelpEnd(command, { lists: listWorkloads(), paragraphs: [VALUES_HELP], examples: EXAMPLES });
  command.action(runSimulation);
}

const EXAMPLES = [
  { about: "A week of office hours, with a report.", args: "simulate --report week.html" },
  {
    about: "Your builds of last week, with this file and with another one.",
    args: "simulate --jobs builds.json --compare reference other-scalers.yml",
  },
];

function addPolicyOptions(command: Command): void {
  command
    .optionsGroup("Policies:")
    .option("--scalers <file>", "scalers file", DEFAULT_FILE)
    .option(
      "--compare <policy...>",
      "policies to compare with: events (the same rules with Buildkite's events), reference (buildkite-agent-scaler), reference-elastic-1.12 or reference-elastic-1.13 (its Elastic CI mode), native (AWS step scaling), ideal, or other scalers files",
      DEFAULT_COMPARED,
    )
    .option("--no-compare", "simulate only the scalers file")
    .addOption(pollIntervalOption().argParser(durationParser(1)));
}

function addJobOptions(command: Command): void {
  command
    .optionsGroup("Made-up jobs:")
    .addOption(
      new Option("--workload <name>", "the jobs of every queue, see below")
        .choices(Object.keys(BUILT_IN_WORKLOADS))
        .default("office-hours"),
    )
    .option("--set <name=number...>", "set a parameter of the workload, see below", [])
    .addOption(parsedOption("--from <date>", "first day, in UTC", parseDay, "2026-01-05"))
    .option("--days <number>", "number of days to simulate", parsePositive, 7)
    .option("--seed <number>", "the same seed produces the same results", wholeNumberParser(0), 1)
    .optionsGroup("Recorded jobs:")
    .option("--jobs <file...>", "use your own jobs: CSV, or Buildkite's builds as JSON", [])
    .option("--default-queue <name>", "queue of jobs that name no queue");
}

function addGroupOptions(command: Command): void {
  command
    .optionsGroup("Groups:")
    .option("--min <number>", "minimum size of each group", wholeNumberParser(0), 0)
    .option("--max <number>", "maximum size of each group", wholeNumberParser(0), 100)
    .option(
      "--limits <group=min..max...>",
      "limits of single groups, such as web=1..20",
      collectLimits,
      [],
    )
    .addOption(
      new Option("--capacity <number>", "instances that AWS can provide to a group")
        .argParser(wholeNumberParser(0))
        .default(undefined, "no limit"),
    )
    .addOption(
      new Option(
        "--scale-in-ends <which>",
        "instances that a scale-in terminates: any, or idle ones first",
      )
        .choices(["any", "idle"])
        .default("any"),
    )
    .option("--price <number>", "price of an instance per hour", parseNonNegative, 0.1)
    .addOption(
      parsedOption(
        "--least-billed <duration>",
        "minimum billed time per instance",
        durationParser(0),
        "60s",
      ),
    );
}

function addInstanceOptions(command: Command): void {
  const addTime = (flags: string, description: string, defaultText: string) =>
    command.addOption(parsedOption(flags, description, parseDistribution, defaultText));
  command.optionsGroup("Instances, as times:");
  addTime("--boot <times>", "from launch until an instance is in service", "35,p95=70");
  addTime("--connect <times>", "from in service until the agents are connected", "30,p95=60");
  addTime("--terminate <times>", "until an instance has ended", "30");
  addTime("--command-answer <times>", "from a command of SSM until an instance's answer", "1..4");
  command.addOption(
    new Option("--idle-timeout <duration>", "instances terminate themselves after this idle time")
      .argParser(durationParser(1))
      .default(undefined, "never"),
  );
}

function addEventOptions(command: Command): void {
  command
    .optionsGroup("Buildkite's events:")
    .addOption(
      parsedOption(
        "--event-delay <times>",
        "from a scheduled job until its event arrives",
        parseDistribution,
        "0.3,p95=0.6",
      ),
    )
    .option("--events-lost <share>", "share of events that never arrive", parseShare, 0);
}

function addFailureOptions(command: Command): void {
  const addShare = (flags: string, description: string) =>
    command.option(flags, description, parseShareBelowOne, 0);
  const addRate = (flags: string, description: string) =>
    command.option(flags, description, parseNonNegative, 0);
  command.optionsGroup("What goes wrong:");
  addShare("--launch-failures <share>", "share of launches that fail");
  addRate("--losses-per-hour <number>", "how many times per hour an instance is lost");
  addShare("--end-failures <share>", "share of instances that fail to terminate themselves");
  addRate(
    "--agent-deaths-per-hour <number>",
    "how many times per hour the agent of an instance dies",
  );
  addShare("--silent-instances <share>", "share of instances that SSM does not reach");
}

function addOutputOptions(command: Command): void {
  command
    .optionsGroup("Output:")
    .option("--json", "print JSON")
    .option("--report <file>", "also write an HTML report to this file");
}

/** An option whose default is shown in the help as a user writes it. */
function parsedOption<T>(
  flags: string,
  description: string,
  parse: (value: string) => T,
  defaultValue: string,
): Option {
  return new Option(flags, description).argParser(parse).default(parse(defaultValue), defaultValue);
}

async function runSimulation(
  parsed: SimulateFlags & { compare: string[] | false },
  command: Command,
): Promise<void> {
  const flags = { ...parsed, compare: parsed.compare === false ? [] : parsed.compare };
  const { policies, problems } = choosePolicies(flags.scalers, flags.compare, {
    delay: flags.eventDelay,
    lost: flags.eventsLost,
  });
  const scalers = listScalers(policies);
  const prepared = problems.length > 0 ? undefined : prepareScenario(flags, listQueues(scalers));
  const all = [
    ...problems,
    ...checkFlags(flags, {
      isGiven: (option) => command.getOptionValueSource(option) === "cli",
      groups: [...new Set(scalers.map(({ group }) => group))],
      hasEvents: policies.some((policy) => policy.hasEvents),
    }),
    ...(prepared?.problems ?? []),
  ];
  for (const note of prepared?.notes ?? []) console.error(pc.yellow(escapeControls(note)));
  const scenario = prepared?.scenario;
  if (scenario === undefined || all.length > 0) return printProblems(all);
  const results = await simulatePolicies(policies, scenario, flags.report !== undefined);
  if (flags.json) console.log(escapeLines(formatComparisonJson(results)));
  else printComparison(results, scenario);
  if (flags.report === undefined) return;
  const basis = describeSimulation(flags, scenario, policies, process.argv.slice(2));
  await writeSimulationReport(flags.report, results, scenario, basis);
}

/** Also sets the exit code. */
function printProblems(problems: readonly Problem[]): void {
  for (const { where, what } of problems)
    console.error(`${pc.red("error")} ${escapeControls(`${where}: ${what}`)}`);
  process.exitCode = 1;
}

function listScalers(policies: readonly Policy[]): Scaler[] {
  return policies.flatMap(({ loops }) =>
    loops.flatMap((loop) => parseExecutionInput(loop).scalers),
  );
}

function listQueues(scalers: readonly Scaler[]): string[] {
  return [...new Set(scalers.flatMap(({ queues }) => queues))];
}

async function simulatePolicies(
  policies: readonly Policy[],
  scenario: Scenario,
  trace: boolean,
): Promise<SimulationResult[]> {
  const bar = createProgressBar(process.stderr);
  const results: SimulationResult[] = [];
  for (const policy of policies) {
    const onProgress = (progress: number) =>
      bar.show((results.length + Math.min(1, progress)) / policies.length, policy.name);
    results.push(await simulate(policy, scenario, { trace, onProgress }));
  }
  bar.clear();
  return results;
}

function printComparison(results: readonly SimulationResult[], scenario: Scenario): void {
  const length = formatLength({ fromMs: scenario.startMs, toMs: scenario.endMs });
  const from = new Date(scenario.startMs).toISOString().slice(0, 16);
  console.log(
    `${length} from ${from}Z, polls every ${scenario.pollIntervalSeconds} s, seed ${scenario.seed}\n`,
  );
  for (const { policy, about } of results)
    console.log(`${pc.bold(escapeControls(policy))}: ${escapeControls(about)}`);
  console.log(`\n${formatComparison(results).map(escapeControls).join("\n")}`);
  console.log(pc.dim("\n* best, not counting ideal, which is a theoretical bound"));
}

async function writeSimulationReport(
  path: string,
  policies: SimulationResult[],
  { startMs, endMs, pricePerHour }: Scenario,
  basis: ReportBasis,
): Promise<void> {
  const { writeReport } = await import("../../simulation/report/report.ts");
  const period = { fromMs: startMs, toMs: endMs };
  await writeReport(path, { title: "Simulation", policies, period, pricePerHour, basis });
  console.error(`the report was written to ${path}`);
}

function listWorkloads(): HelpList[] {
  return Object.entries(BUILT_IN_WORKLOADS).map(([name, { about, parameters }]) => ({
    title: `--workload ${name}: ${about}`,
    items: Object.entries(parameters).map(([parameter, { value, about }]) => [
      `--set ${parameter}=${value}`,
      about,
    ]),
  }));
}

const VALUES_HELP = `<times> are ${DISTRIBUTION_SYNTAX}.`;
