import { plural } from "../../functions/core/plural.ts";
import type { Distribution } from "../../simulation/fleet/distribution.ts";
import type { Policy } from "../../simulation/policies/policy.ts";
import { formatPrice } from "../../simulation/report/figures.ts";
import { formatPeriod } from "../../simulation/report/period.ts";
import type { ReportBasis } from "../../simulation/report/report-input.ts";
import type { Scenario } from "../../simulation/simulate.ts";
import { BUILT_IN_WORKLOADS, parseParameters } from "../../simulation/workloads/built-in.ts";
import { formatCommandLine } from "../terminal/command-line.ts";
import { formatSettings } from "../terminal/settings-yaml.ts";
import type { SimulateFlags } from "./flags.ts";

type Fact = ReportBasis["facts"][number];

/** Describes what the figures of a simulation rest on. @param args the command line after the program's name */
export function describeSimulation(
  flags: SimulateFlags,
  scenario: Scenario,
  policies: readonly Policy[],
  args: readonly string[],
): ReportBasis {
  const workload = flags.jobs.length > 0 ? "own jobs" : flags.workload;
  return {
    summary: `${workload}, seed ${flags.seed}`,
    command: formatCommandLine(args),
    facts: [
      ...describeWorkload(flags, scenario),
      ...describeEvents(flags, policies),
      ...describeFleet(flags),
      ...describeFailures(flags),
      ...describePrice(flags),
    ],
    settings: listSettings(policies),
  };
}

function describeWorkload(flags: SimulateFlags, scenario: Scenario): Fact[] {
  const { startMs: fromMs, endMs: toMs, pollIntervalSeconds } = scenario;
  return [
    { name: "Workload", text: nameWorkload(flags) },
    { name: "Period", text: formatPeriod({ fromMs, toMs }) },
    { name: "Seed", text: `${flags.seed}: the same seed makes the same report` },
    { name: "Polls", text: `every ${plural(pollIntervalSeconds, "second")}` },
  ];
}

/** Nothing if no policy listens to events. */
function describeEvents(
  { eventDelay, eventsLost }: SimulateFlags,
  policies: readonly Policy[],
): Fact[] {
  if (!policies.some(({ hasEvents }) => hasEvents)) return [];
  const lost = eventsLost === 0 ? "none is lost" : `${formatPercent(eventsLost)} are lost`;
  return [{ name: "Events", text: `${formatDistribution(eventDelay)} after their job; ${lost}` }];
}

function nameWorkload({ workload, set, jobs }: SimulateFlags): string {
  if (jobs.length > 0) return `jobs of ${jobs.join(", ")}`;
  const builtIn = BUILT_IN_WORKLOADS[workload];
  if (builtIn === undefined) return workload;
  const { values } = parseParameters(builtIn, set);
  const numbers = Object.keys(builtIn.parameters).map((name) => `${name} ${values(name)}`);
  return `${workload}: ${builtIn.about} (${numbers.join(", ")})`;
}

function describeFleet(flags: SimulateFlags): Fact[] {
  const { min, max, limits, capacity, scaleInEnds } = flags;
  const single = limits.map((limit) => `; ${limit.group}: ${limit.min} to ${limit.max}`).join("");
  const provided = capacity === undefined ? "" : `; AWS can provide ${capacity}`;
  return [
    { name: "Instances per group", text: `${min} to ${max}${single}${provided}` },
    { name: "Boot", text: `${formatDistribution(flags.boot)} from launch to in service` },
    {
      name: "Agents connect",
      text: `${formatDistribution(flags.connect)} after their instance is in service`,
    },
    { name: "Termination", text: formatDistribution(flags.terminate) },
    {
      name: "Scale-in by AWS ends",
      text: scaleInEnds === "idle" ? "idle instances first" : "any instance",
    },
  ];
}

/** Only what was switched on. */
function describeFailures(flags: SimulateFlags): Fact[] {
  const { launchFailures, lossesPerHour, idleTimeout, endFailures } = flags;
  const { agentDeathsPerHour, silentInstances, commandAnswer } = flags;
  const facts = [
    idleTimeout !== undefined && { name: "Idle timeout", text: plural(idleTimeout, "second") },
    launchFailures > 0 && { name: "Launches that fail", text: formatPercent(launchFailures) },
    lossesPerHour > 0 && { name: "Instances lost", text: `${lossesPerHour} per hour` },
    endFailures > 0 && { name: "Ends that fail", text: formatPercent(endFailures) },
    agentDeathsPerHour > 0 && { name: "Agents that die", text: `${agentDeathsPerHour} per hour` },
    silentInstances > 0 && { name: "Without SSM", text: formatPercent(silentInstances) },
    { name: "Answers to SSM", text: formatDistribution(commandAnswer) },
  ];
  return facts.filter((fact) => fact !== false);
}

function describePrice({ price, leastBilled }: SimulateFlags): Fact[] {
  const billed = `each is billed by the second, for at least ${plural(leastBilled, "second")}`;
  return [
    {
      name: "Price",
      text: `${formatPrice(price)} (US dollars) per instance-hour, from --price; ${billed}. Storage, traffic and the loop itself are not included`,
    },
  ];
}

/** The built-in policies have the settings of the first one. */
function listSettings(policies: readonly Policy[]): ReportBasis["settings"] {
  const all = policies.map(({ name, loops }) => ({ name, yaml: formatSettings(loops) }));
  return all.filter(({ yaml }, index) => all.findIndex((one) => one.yaml === yaml) === index);
}

function formatDistribution(distribution: Distribution): string {
  if (typeof distribution === "number") return `${distribution} s`;
  if ("from" in distribution) return `${distribution.from} to ${distribution.to} s`;
  return `${distribution.median} s (median), ${distribution.p95} s (95th percentile)`;
}

function formatPercent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}
