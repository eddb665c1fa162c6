import { randomUUID } from "node:crypto";
import type { LoopInput } from "../../config/loops.ts";
import { parseReferenceValue } from "../../config/reference-values.ts";
import { formatFinding, validateText } from "../../config/validate-file.ts";
import { checkDraft, type DraftProblem, type DraftSetting } from "../migrate/draft.ts";
import { writeScalersYaml } from "../migrate/write-yaml.ts";
import { FLAG_ROWS, type FlagRow, type RunFlags, readFlagValue } from "./flags.ts";

/** The loops that are asked for, or all that keeps them from being run. */
export interface LoopFromFlags {
  loops: LoopInput[];
  problems: string[];
  warnings: string[];
  /** An agent token that was given itself, for the parameter that the loop names. A secret. */
  token?: string;
}

/** The name of a loop that flags make. */
const LOOP_NAME = "local";

/** One loop with one scaler, as flags describe it. `env` may hold the agent token. */
export function buildLoopFromFlags(flags: RunFlags, env: NodeJS.ProcessEnv): LoopFromFlags {
  const read = FLAG_ROWS.map((row) => readFlag(row, flags));
  const access = tokenAccess(flags, env);
  const settings: DraftSetting[] = [
    { target: "cluster.name", value: LOOP_NAME, comments: [] },
    ...access.settings,
    ...read.flatMap(({ settings }) => settings),
  ];
  const refused = read.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  const { problems, warnings } = checkDraft(settings);
  const all = [
    ...access.problems,
    ...refused.map(({ what, name }) => `--${name}: ${what}`),
    ...problems.filter((saying) => !isKnown(saying, refused, access)).map(withFlag),
  ];
  const given = { warnings: [...access.warnings, ...warnings.map(withFlag)], ...secretOf(access) };
  if (all.length > 0) return { loops: [], problems: all, ...given };
  const { loops, problems: left } = validateText(writeScalersYaml([], settings), "flags");
  return { loops, problems: left.map(formatFinding), ...given };
}

interface ReadFlag {
  settings: DraftSetting[];
  problem?: { name: string; what: string };
}

/** The token's flags are read by {@link tokenAccess}. */
const OF_THE_TOKEN: readonly string[] = [
  "agent-token",
  "agent-token-ssm-key",
  "agent-token-ssm-region",
];

function readFlag(row: FlagRow, flags: RunFlags): ReadFlag {
  const { flag, kind, target } = row;
  const text = readFlagValue(row, flags) ?? flag.defaultText;
  if (text === undefined || target === undefined || OF_THE_TOKEN.includes(flag.name))
    return { settings: [] };
  const reading = parseReferenceValue(kind, text);
  if ("allowed" in reading) {
    const what = `"${text}" is not allowed; allowed: ${reading.allowed}`;
    return { settings: [], problem: { name: flag.name, what } };
  }
  const { value } = reading;
  const isNone = kind === "factor" && value === "none";
  return { settings: isNone ? [] : [{ target, value, comments: [] }] };
}

interface TokenAccess {
  settings: DraftSetting[];
  problems: string[];
  warnings: string[];
  token?: string;
}

const VISIBLE =
  "--agent-token: everybody on this machine can read it in the list of processes; set BUILDKITE_AGENT_TOKEN instead";

const NO_TOKEN =
  "the agent token is missing: set BUILDKITE_AGENT_TOKEN, or name the SSM parameter that holds it with --agent-token-ssm-key";

/** The token itself is served under a parameter of its own; a parameter that is named comes before the environment. */
function tokenAccess(flags: RunFlags, env: NodeJS.ProcessEnv): TokenAccess {
  const [itself, parameter, region] = OF_THE_TOKEN.map((name) => textOf(name, flags));
  const warnings = itself === undefined ? [] : [VISIBLE];
  const elsewhere =
    region === undefined || region === (textIn(flags.region) ?? env.AWS_REGION)
      ? []
      : [
          `--agent-token-ssm-region: ${region} is not allowed; allowed: the region of the run, because the parameter is read there: copy it, or set BUILDKITE_AGENT_TOKEN`,
        ];
  if (itself !== undefined && parameter !== undefined) {
    const both = "--agent-token stands beside --agent-token-ssm-key; allowed: one of the two";
    return { settings: [], problems: [both, ...elsewhere], warnings };
  }
  if (parameter !== undefined)
    return { settings: [parameterSetting(parameter)], problems: elsewhere, warnings };
  const token = (itself ?? env.BUILDKITE_AGENT_TOKEN ?? "").trim();
  const problems = [...wrongToken(token, itself), ...elsewhere, ...unservable(env)];
  if (problems.length > 0) return { settings: [], problems, warnings };
  const served = parameterSetting(`/scaling-loop-run/${randomUUID()}`);
  return { settings: [served], problems: [], warnings, token };
}

/** Never quotes it. */
function wrongToken(token: string, itself: string | undefined): string[] {
  if (token === "") return [NO_TOKEN];
  if (/^[!-~]+$/.test(token)) return [];
  const where = itself === undefined ? "BUILDKITE_AGENT_TOKEN" : "--agent-token";
  return [`${where}: what stands there is no agent token; allowed: one word without spaces`];
}

/** The SDK would ask AWS for the parameter that is served here. */
function unservable(env: NodeJS.ProcessEnv): string[] {
  return env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === "true"
    ? [
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true keeps the token from being handed over; allowed: without it, or --agent-token-ssm-key",
      ]
    : [];
}

function parameterSetting(value: string): DraftSetting {
  return { target: "cluster.agentTokenParameter", value, comments: [] };
}

function secretOf({ token }: TokenAccess): { token?: string } {
  return token === undefined ? {} : { token };
}

function textOf(name: string, flags: RunFlags): string | undefined {
  const row = FLAG_ROWS.find(({ flag }) => flag.name === name);
  return row === undefined ? undefined : readFlagValue(row, flags);
}

function textIn(value: string | boolean | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** What follows from a value that was not read, or from a token that is missing, is no news. */
function isKnown(
  { target }: DraftProblem,
  refused: readonly { name: string }[],
  { problems }: TokenAccess,
): boolean {
  if (target === "cluster.agentTokenParameter" && problems.length > 0) return true;
  const name = flagOf(target);
  return refused.some((one) => one.name === name);
}

function withFlag({ target, what }: DraftProblem): string {
  const name = flagOf(target);
  return `${name === undefined ? target : `--${name}`}: ${what}`;
}

function flagOf(target: DraftProblem["target"]): string | undefined {
  return FLAG_ROWS.find((row) => row.target === target)?.flag.name;
}
