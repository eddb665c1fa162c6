import { randomUUID } from "node:crypto";
import { findFlagText, type RunFlags } from "./flags.ts";

/** The source of the agent token, or the problems that leave the loop without one. */
export interface TokenAccess {
  /** The SSM parameter with the token. Absent if no token is known. */
  parameter?: string;
  /** A token that the user passed in; `run` serves it as `parameter`. A secret. */
  token?: string;
  problems: string[];
  warnings: string[];
}

/** The flags that {@link readTokenAccess} reads: the token, its parameter, the parameter's region. */
export const TOKEN_FLAGS = [
  "agent-token",
  "agent-token-ssm-key",
  "agent-token-ssm-region",
] as const;

const VISIBLE_TOKEN =
  "--agent-token: every user of this machine can read the token in the process list; set BUILDKITE_AGENT_TOKEN instead";

const BOTH = "--agent-token and --agent-token-ssm-key are both set; use one";

const NO_TOKEN =
  "the agent token is missing: set BUILDKITE_AGENT_TOKEN, or name the SSM parameter that holds it with --agent-token-ssm-key";

/**
 * Reads the token from the flags and the environment. --agent-token-ssm-key takes precedence over
 * BUILDKITE_AGENT_TOKEN. No message quotes a token.
 */
export function readTokenAccess(flags: RunFlags, env: NodeJS.ProcessEnv): TokenAccess {
  const [tokenFlag, parameter, parameterRegion] = TOKEN_FLAGS.map((name) =>
    findFlagText(name, flags),
  );
  const warnings = tokenFlag === undefined ? [] : [VISIBLE_TOKEN];
  const region = typeof flags.region === "string" ? flags.region : env.AWS_REGION;
  const regionProblems = checkParameterRegion(parameterRegion, region);
  if (tokenFlag !== undefined && parameter !== undefined)
    return { problems: [BOTH, ...regionProblems], warnings };
  if (parameter !== undefined) return { parameter, problems: regionProblems, warnings };
  const token = (tokenFlag ?? env.BUILDKITE_AGENT_TOKEN ?? "").trim();
  const source = tokenFlag === undefined ? "BUILDKITE_AGENT_TOKEN" : "--agent-token";
  const problems = [...checkToken(token, source), ...regionProblems];
  if (problems.length > 0) return { problems, warnings };
  return { parameter: `/scaling-loop-run/${randomUUID()}`, token, problems, warnings };
}

function checkParameterRegion(written: string | undefined, region: string | undefined): string[] {
  if (written === undefined || written === region) return [];
  return [
    `--agent-token-ssm-region: ${written} is not allowed; allowed: the region of the run, because the parameter is read there; copy the parameter, or set BUILDKITE_AGENT_TOKEN`,
  ];
}

function checkToken(token: string, source: string): string[] {
  if (token === "") return [NO_TOKEN];
  if (/^[!-~]+$/.test(token)) return [];
  return [`${source}: the value is not an agent token; allowed: one word without spaces`];
}
