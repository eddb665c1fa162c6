import { clusterName, type LoopInput } from "../../config/loops.ts";
import { parseReferenceValue } from "../../config/reference-values.ts";
import { formatFinding, validateFile } from "../../config/validate-file.ts";
import { parseDurationSeconds } from "../../functions/core/duration.ts";
import { plural } from "../../functions/core/plural.ts";
import { FLAG_ROWS, type RunFlags, readFlagValue } from "./flags.ts";
import { buildLoopFromFlags, type LoopFromFlags } from "./loop-from-flags.ts";

/** What is to be run. */
export interface RunPlan {
  loops: readonly LoopInput[];
  once: boolean;
  dryRun: boolean;
  /** In place of the definition's own. */
  pollIntervalSeconds?: number | undefined;
  /** In place of the environment's and the profile's. */
  region?: string | undefined;
  historyPath?: string | undefined;
  /** The agent token, for the parameter that the one loop names. A secret. */
  token?: string | undefined;
}

/** A plan, or everything that is wrong with what was asked for; and what is odd about it. */
export interface RunPlanResult {
  plan?: RunPlan;
  problems: string[];
  warnings: string[];
}

/** Reads the command line. Starts nothing, and reads no file but the scalers file. */
export function readRunPlan(flags: RunFlags, env: NodeJS.ProcessEnv): RunPlanResult {
  const asked = flags.scalers === undefined ? fromFlags(flags, env) : fromFile(flags);
  const interval = intervalOf(flags.pollInterval);
  const dry = dryRunOf(flags);
  const region = regionOf(flags.region);
  const { warnings } = asked;
  const problems = [interval, dry, region, asked].flatMap((part) => part.problems);
  if (problems.length > 0) return { problems: [...new Set(problems)], warnings };
  const plan: RunPlan = {
    loops: dry.value === true ? asked.loops.map(rehearsed) : asked.loops,
    once: flags.once === true,
    dryRun: dry.value === true,
    pollIntervalSeconds: interval.value,
    region: region.value,
    historyPath: typeof flags.history === "string" ? flags.history : undefined,
    token: asked.token,
  };
  return { plan, problems, warnings };
}

/** A dry run writes nothing at all: no capacity, and no metrics either. */
function rehearsed(loop: LoopInput): LoopInput {
  const scalers = loop.scalers.map((entry) => ({ ...entry, dryRun: true }));
  return { ...loop, publishMetrics: false, scalers };
}

function fromFlags(flags: RunFlags, env: NodeJS.ProcessEnv): LoopFromFlags {
  const asked = buildLoopFromFlags(flags, env);
  const lone = "--cluster: stands without --scalers; allowed: with a scalers file, to pick from it";
  return flags.cluster === undefined
    ? asked
    : { ...asked, problems: [lone, ...asked.problems], loops: [] };
}

function fromFile(flags: RunFlags): LoopFromFlags {
  const file = String(flags.scalers);
  const { loops, problems, warnings } = validateFile(file);
  const names = [...new Set(loops.map(({ name }) => clusterName(name)))];
  const chosen = loops.filter(
    ({ name }) => flags.cluster === undefined || clusterName(name) === flags.cluster,
  );
  const unknown =
    loops.length > 0 && chosen.length === 0
      ? [
          `--cluster: ${file} has no cluster ${flags.cluster}; it has ${plural(names.length, "cluster")}: ${names.join(", ")}`,
        ]
      : [];
  return {
    loops: chosen,
    problems: [...besideFile(flags), ...unknown, ...problems.map(formatFinding)],
    warnings: warnings.map(formatFinding),
  };
}

/** What a dry run is, is the same for both. */
const GOES_WITH_BOTH = "dry-run";

function besideFile(flags: RunFlags): string[] {
  const given = FLAG_ROWS.filter(
    (row) => row.flag.name !== GOES_WITH_BOTH && readFlagValue(row, flags) !== undefined,
  );
  if (given.length === 0) return [];
  const names = given.map(({ flag }) => `--${flag.name}`).join(", ");
  return [
    `--scalers stands beside ${names}; allowed: a scalers file, or the flags of one queue, not both`,
  ];
}

interface Part<T> {
  value?: T;
  problems: string[];
}

/** No longer than a slot, in which a poll would otherwise have no place. */
const LONGEST_INTERVAL_SECONDS = 240;

function intervalOf(written: RunFlags[string]): Part<number> {
  if (typeof written !== "string") return { problems: [] };
  const value = secondsIn(written);
  if (value !== undefined && value >= 1 && value <= LONGEST_INTERVAL_SECONDS)
    return { value, problems: [] };
  const what = `"${written}" is not allowed; allowed: whole seconds or a duration, 1s to 4m`;
  return { problems: [`--poll-interval: ${what}`] };
}

/** Whole seconds, or a duration of whole seconds as the reference writes it. */
function secondsIn(written: string): number | undefined {
  if (/^\d+$/.test(written)) return Number(written);
  const reading = parseReferenceValue("duration", written);
  if ("allowed" in reading || reading.remark !== undefined) return undefined;
  return parseDurationSeconds(String(reading.value));
}

function dryRunOf(flags: RunFlags): Part<boolean> {
  const row = FLAG_ROWS.find(({ flag }) => flag.name === GOES_WITH_BOTH);
  const text = row === undefined ? undefined : readFlagValue(row, flags);
  if (text === undefined) return { value: false, problems: [] };
  const reading = parseReferenceValue("boolean", text);
  return "allowed" in reading
    ? { problems: [`--dry-run: "${text}" is not allowed; allowed: ${reading.allowed}`] }
    : { value: reading.value === true, problems: [] };
}

function regionOf(written: RunFlags[string]): Part<string> {
  if (typeof written !== "string") return { problems: [] };
  if (/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(written)) return { value: written, problems: [] };
  return {
    problems: [`--region: "${written}" is not allowed; allowed: an AWS region, such as eu-west-1`],
  };
}
