import { SSMProvider } from "@aws-lambda-powertools/parameters/ssm";
import { SSMClient } from "@aws-sdk/client-ssm";
import { NamedFault } from "../core/faults.ts";
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

/**
 * Reads and decrypts the agent token in a parameter. It comes from a cache of five minutes unless
 * `fresh` is set; a caller sets that after Buildkite refused a token. A value that is not a token is
 * read again at once instead of being kept, because somebody may have corrected it since.
 * @throws NamedFault AgentTokenNotFound, AgentTokenInvalid, AgentTokenAccessDenied,
 * AgentTokenThrottled, AgentTokenUnavailable; each names the parameter, never the token
 */
export async function readAgentToken(
  parameter: string,
  fresh: boolean,
  signal: AbortSignal,
): Promise<string> {
  const options = { decrypt: true, maxAge: CACHED_SECONDS, forceFetch: fresh };
  const reading = parameters.get(parameter, options);
  const value = await rejectOnAbort(signal, reading).catch((error: unknown) => {
    throw toTokenFault(parameter, error);
  });
  const token = value?.trim() ?? "";
  if (TOKEN.test(token)) return token;
  if (!fresh) return await readAgentToken(parameter, true, signal);
  const message = `the parameter ${parameter} holds no agent token: a token is one word without spaces`;
  throw new NamedFault("AgentTokenInvalid", message);
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
