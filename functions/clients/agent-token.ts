import { SSMProvider } from "@aws-lambda-powertools/parameters/ssm";
import { SSMClient } from "@aws-sdk/client-ssm";
import type { Fault } from "../core/facts.ts";
import { type FaultName, NamedFault, toFault } from "../core/faults.ts";
import { CLIENT_LIMITS, toAwsFault } from "./aws-faults.ts";
import { rejectOnAbort } from "./time-limit.ts";

const CACHED_SECONDS = 300;

/** `run` serves a token that its user passed in; see docs/decisions/007-local-token-as-ssm-parameter.md. */
const endpoint = process.env.AGENT_TOKEN_ENDPOINT;

const parameters = new SSMProvider({
  awsSdkV3Client: new SSMClient({
    ...CLIENT_LIMITS,
    ...(endpoint === undefined ? {} : { endpoint }),
  }),
});

/** What an HTTP header can hold, without the spaces that pasted text or JSON would contain. */
const TOKEN = /^[\x21-\x7e]+$/;

/** An agent token. It is a secret. */
export interface AgentToken {
  token: string;
  /** Why the parameter could not be read, if the token is the one that was read last. */
  fault?: Fault;
}

/** Tokens that were read, by parameter, as long as Buildkite does not refuse them. */
const lastTokens = new Map<string, AgentToken & { askAgainMs?: number }>();

/** While SSM fails, it is asked once a minute: a poll that waits for it in vain is late. */
const ASK_AGAIN_MILLISECONDS = 60_000;

/** Faults that say nothing about the token. Any other one means that somebody changed something. */
const OUTAGES: ReadonlySet<string> = new Set<FaultName>([
  "AgentTokenThrottled",
  "AgentTokenUnavailable",
]);

/**
 * Reads and decrypts the agent token in a parameter. It comes from a cache of five minutes unless
 * `fresh` is set; a caller sets that after Buildkite refused a token. While SSM or KMS is down, the last
 * token goes on being used, with the fault beside it: Buildkite still decides whether it is valid.
 * @throws NamedFault AgentTokenNotFound, AgentTokenInvalid, AgentTokenAccessDenied,
 * AgentTokenThrottled, AgentTokenUnavailable; each names the parameter, never the token
 */
export async function readAgentToken(
  parameter: string,
  fresh: boolean,
  signal: AbortSignal,
): Promise<AgentToken> {
  if (fresh) lastTokens.delete(parameter);
  const last = lastTokens.get(parameter);
  if (last?.askAgainMs !== undefined && Date.now() < last.askAgainMs) return last;
  try {
    const token = await readToken(parameter, fresh, signal);
    lastTokens.set(parameter, { token });
    return { token };
  } catch (error) {
    const fault = toFault(error);
    if (last === undefined || !OUTAGES.has(fault.error)) throw error;
    const askAgainMs = Date.now() + ASK_AGAIN_MILLISECONDS;
    const kept = { token: last.token, fault, askAgainMs };
    lastTokens.set(parameter, kept);
    return kept;
  }
}

/** A value that is not a token is read again at once: somebody may have corrected it since. */
async function readToken(parameter: string, fresh: boolean, signal: AbortSignal): Promise<string> {
  const options = { decrypt: true, maxAge: CACHED_SECONDS, forceFetch: fresh };
  const reading = parameters.get(parameter, options);
  const value = await rejectOnAbort(signal, reading).catch((error: unknown) => {
    throw toTokenFault(parameter, error);
  });
  const token = value?.trim() ?? "";
  if (TOKEN.test(token)) return token;
  if (!fresh) return await readToken(parameter, true, signal);
  throw value === undefined
    ? new NamedFault("AgentTokenUnavailable", `SSM's answer has no value of ${parameter}`)
    : new NamedFault(
        "AgentTokenInvalid",
        `the parameter ${parameter} holds no agent token: a token is one word without spaces`,
      );
}

const NOT_FOUND_ERRORS: readonly string[] = ["ParameterNotFound", "ParameterNotFoundError"];

function toTokenFault(parameter: string, error: unknown): NamedFault {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && NOT_FOUND_ERRORS.includes(cause.name)) {
    return new NamedFault(
      "AgentTokenNotFound",
      `there is no parameter ${parameter} in this region`,
    );
  }
  const fault = toAwsFault("AgentToken", cause);
  return new NamedFault(
    fault.name,
    `the parameter ${parameter} could not be read: ${fault.message}`,
  );
}
