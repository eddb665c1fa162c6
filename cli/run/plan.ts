import { clusterName, type LoopInput } from "../../config/loops.ts";
import { parseReferenceValue } from "../../config/reference-values.ts";
import { formatFileProblem, validateFile } from "../../config/validate-file.ts";
import { plural } from "../../functions/core/plural.ts";
import { SLOT_SECONDS } from "../../functions/core/slot.ts";
import { describeDurations, parseSeconds } from "../terminal/duration-options.ts";
import { FLAG_SETTINGS, findFlagText, type RunFlags, readFlagText } from "./flags.ts";
import { buildLoopFromFlags, type RequestedLoops } from "./loop-from-flags.ts";

/** What `run` is going to do. */
export interface RunPlan {
  loops: readonly LoopInput[];
  once: boolean;
  dryRun: boolean;
  /** Whether to print JSON. */
  json: boolean;
  /** Default: the definition's. */
  pollIntervalSeconds?: number | undefined;
  /** Default: that of the environment or the profile. */
  region?: string | undefined;
  historyPath?: string | undefined;
  /** The SSM documents with which instances are looked at and stopped; absent: AWS-RunShellScript. */
  documentPrefix?: string | undefined;
  /** A token that the user passed in; it belongs to the parameter that the only loop names. A secret. */
  token?: string | undefined;
}

/** The plan, or all problems of the command line and the scalers file. */
export interface RunPlanResult {
  plan?: RunPlan;
  problems: string[];
  warnings: string[];
}

/** Reads the command line and the scalers file. Starts nothing. */
export function readRunPlan(flags: RunFlags, env: NodeJS.ProcessEnv): RunPlanResult {
  const requested = flags.scalers === undefined ? readFlags(flags, env) : readFile(flags);
  const interval = parsePollInterval(flags.pollInterval);
  const dryRun = parseDryRun(flags);
  const region = parseRegion(flags.region);
  const documentPrefix = parseDocumentPrefix(flags.ssmDocument);
  const { warnings } = requested;
  const problems = [interval, dryRun, region, documentPrefix, requested].flatMap(
    (part) => part.problems,
  );
  if (problems.length > 0) return { problems: [...new Set(problems)], warnings };
  const plan: RunPlan = {
    loops: dryRun.value === true ? requested.loops.map(withDryRun) : requested.loops,
    once: flags.once === true,
    dryRun: dryRun.value === true,
    json: flags.json === true,
    pollIntervalSeconds: interval.value,
    region: region.value,
    historyPath: typeof flags.history === "string" ? flags.history : undefined,
    documentPrefix: documentPrefix.value,
    token: requested.token,
  };
  return { plan, problems, warnings };
}

/** A dry run writes nothing: it changes no capacity and publishes no metrics. */
function withDryRun(loop: LoopInput): LoopInput {
  const scalers = loop.scalers.map((entry) => ({ ...entry, dryRun: true }));
  return { ...loop, publishMetrics: false, scalers };
}

const CLUSTER_WITHOUT_FILE = "--cluster is set without --scalers; it selects from a scalers file";

function readFlags(flags: RunFlags, env: NodeJS.ProcessEnv): RequestedLoops {
  const requested = buildLoopFromFlags(flags, env);
  return flags.cluster === undefined
    ? requested
    : { ...requested, problems: [CLUSTER_WITHOUT_FILE, ...requested.problems], loops: [] };
}

function readFile(flags: RunFlags): RequestedLoops {
  const file = String(flags.scalers);
  const { loops, events, problems, warnings } = validateFile(file);
  const selected = loops.filter(
    ({ name }) => flags.cluster === undefined || clusterName(name) === flags.cluster,
  );
  const isUnknown = loops.length > 0 && selected.length === 0;
  return {
    loops: selected,
    problems: [
      ...findConflictingFlags(flags),
      ...(isUnknown ? [explainUnknownCluster(flags, loops)] : []),
      ...problems.map(formatFileProblem),
    ],
    warnings: [
      ...warnings.map(formatFileProblem),
      ...selected.filter(({ name }) => events.has(clusterName(name))).map(explainUnusedEvents),
    ],
  };
}

/** The queue of events is in the stack, and an event that this run took from it would be lost for the deployed loop. */
function explainUnusedEvents({ name }: LoopInput): string {
  return `${name}: events are not used; the run polls on its beat, and the deployed loop hears the events`;
}

function explainUnknownCluster(
  { scalers, cluster }: RunFlags,
  loops: readonly LoopInput[],
): string {
  const names = [...new Set(loops.map(({ name }) => clusterName(name)))];
  return `--cluster: ${scalers} has no cluster ${cluster}; it has ${plural(names.length, "cluster")}: ${names.join(", ")}`;
}

const DRY_RUN_FLAG = "dry-run";

/** Flags of one queue conflict with a scalers file. --dry-run applies to both. */
function findConflictingFlags(flags: RunFlags): string[] {
  const conflicting = FLAG_SETTINGS.filter(
    (setting) => setting.flag.name !== DRY_RUN_FLAG && readFlagText(setting, flags) !== undefined,
  );
  if (conflicting.length === 0) return [];
  const names = conflicting.map(({ flag }) => `--${flag.name}`).join(", ");
  return [
    `--scalers is set together with ${names}; use either a scalers file or the flags of one queue`,
  ];
}

interface ParsedFlag<T> {
  value?: T;
  problems: string[];
}

/** With an interval longer than a slot, some slots would have no poll. */
const MAX_INTERVAL_SECONDS = SLOT_SECONDS;

function parsePollInterval(text: RunFlags[string]): ParsedFlag<number> {
  if (typeof text !== "string") return { problems: [] };
  const value = parseSeconds(text);
  if (value !== undefined && value >= 1 && value <= MAX_INTERVAL_SECONDS)
    return { value, problems: [] };
  const what = `"${text}" is not allowed; allowed: ${describeDurations(1, MAX_INTERVAL_SECONDS)}`;
  return { problems: [`--poll-interval: ${what}`] };
}

function parseDryRun(flags: RunFlags): ParsedFlag<boolean> {
  const text = findFlagText(DRY_RUN_FLAG, flags);
  if (text === undefined) return { value: false, problems: [] };
  const reading = parseReferenceValue("boolean", text);
  return "allowed" in reading
    ? { problems: [`--dry-run: "${text}" is not allowed; allowed: ${reading.allowed}`] }
    : { value: reading.value === true, problems: [] };
}

function parseRegion(text: RunFlags[string]): ParsedFlag<string> {
  if (typeof text !== "string") return { problems: [] };
  if (/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(text)) return { value: text, problems: [] };
  return {
    problems: [`--region: "${text}" is not allowed; allowed: an AWS region, such as eu-west-1`],
  };
}

/** SSM allows names of 3 to 128 of these characters; the longest ending is `-look`. */
function parseDocumentPrefix(text: RunFlags[string]): ParsedFlag<string> {
  if (typeof text !== "string") return { problems: [] };
  if (/^[A-Za-z0-9_.-]{1,123}$/.test(text)) return { value: text, problems: [] };
  return {
    problems: [
      `--ssm-document: "${text}" is not allowed; allowed: 1 to 123 letters, digits and the characters _ . -, such as buildkite-scaling-loop-prod`,
    ],
  };
}
