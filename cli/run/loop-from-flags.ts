import type { LoopInput } from "../../config/loops.ts";
import { parseReferenceValue } from "../../config/reference-values.ts";
import { formatFileProblem, validateData } from "../../config/validate-file.ts";
import {
  buildScalersFile,
  checkDraft,
  type DraftProblem,
  type DraftSetting,
} from "../migrate/draft.ts";
import { readTokenAccess, TOKEN_FLAGS, type TokenAccess } from "./agent-token.ts";
import { FLAG_SETTINGS, type FlagSetting, type RunFlags, readFlagText } from "./flags.ts";

/** The loops to run, or all problems. */
export interface RequestedLoops {
  loops: LoopInput[];
  problems: string[];
  warnings: string[];
  /** A token that the user passed in; it belongs to the parameter that the loop names. A secret. */
  token?: string;
}

const LOOP_NAME = "local";

/** Builds one loop with one scaler from flags. `env` may hold the agent token. */
export function buildLoopFromFlags(flags: RunFlags, env: NodeJS.ProcessEnv): RequestedLoops {
  const access = readTokenAccess(flags, env);
  const values = FLAG_SETTINGS.map((setting) => readFlag(setting, flags));
  const settings: DraftSetting[] = [
    draftSetting("cluster.name", LOOP_NAME),
    ...(access.parameter === undefined
      ? []
      : [draftSetting("cluster.agentTokenParameter", access.parameter)]),
    ...values.flatMap(({ settings }) => settings),
  ];
  const invalid = values.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  const draft = checkDraft(settings);
  const problems = [
    ...access.problems,
    ...invalid.map(({ flagName, what }) => `--${flagName}: ${what}`),
    ...draft.problems.filter((problem) => !isReported(problem, invalid, access)).map(formatProblem),
  ];
  const warnings = [...access.warnings, ...draft.warnings.map(formatProblem)];
  const token = access.token === undefined ? {} : { token: access.token };
  if (problems.length > 0) return { loops: [], problems, warnings, ...token };
  const validated = validateData(buildScalersFile(settings), "flags");
  const { loops } = validated;
  return { loops, problems: validated.problems.map(formatFileProblem), warnings, ...token };
}

function draftSetting(target: DraftSetting["target"], value: DraftSetting["value"]): DraftSetting {
  return { target, value, comments: [] };
}

/** A flag whose value cannot be read. */
interface InvalidFlag {
  flagName: string;
  what: string;
}

interface FlagResult {
  settings: DraftSetting[];
  problem?: InvalidFlag;
}

const TOKEN_FLAG_NAMES: ReadonlySet<string> = new Set(TOKEN_FLAGS);

function readFlag(setting: FlagSetting, flags: RunFlags): FlagResult {
  const { flag, kind, target } = setting;
  const text = readFlagText(setting, flags) ?? flag.defaultText;
  if (text === undefined || target === undefined || TOKEN_FLAG_NAMES.has(flag.name))
    return { settings: [] };
  const reading = parseReferenceValue(kind, withUnit(kind, text));
  if ("allowed" in reading) {
    const what = `"${text}" is not allowed; allowed: ${reading.allowed}`;
    return { settings: [], problem: { flagName: flag.name, what } };
  }
  const { value } = reading;
  const isNone = kind === "factor" && value === "none";
  return { settings: isNone ? [] : [draftSetting(target, value)] };
}

/** As everywhere here, a duration may be whole seconds. The reference refuses a number without a unit. */
function withUnit(kind: FlagSetting["kind"], text: string): string {
  return kind === "duration" && /^\d+$/.test(text) ? `${text}s` : text;
}

/** A problem that follows from an invalid flag or from a missing token is not reported again. */
function isReported(
  { target }: DraftProblem,
  invalid: readonly InvalidFlag[],
  { problems }: TokenAccess,
): boolean {
  if (target === "cluster.agentTokenParameter" && problems.length > 0) return true;
  const name = findFlagName(target);
  return invalid.some(({ flagName }) => flagName === name);
}

function formatProblem({ target, what }: DraftProblem): string {
  const name = findFlagName(target);
  return `${name === undefined ? target : `--${name}`}: ${what}`;
}

function findFlagName(target: DraftProblem["target"]): string | undefined {
  return FLAG_SETTINGS.find((setting) => setting.target === target)?.flag.name;
}
