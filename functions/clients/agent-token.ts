import { SSMProvider } from "@aws-lambda-powertools/parameters/ssm";
import { SSMClient } from "@aws-sdk/client-ssm";
import { NamedFault } from "../core/faults.ts";
import { CLIENT_LIMITS, toAwsFault } from "./aws-faults.ts";
import { rejectOnAbort } from "./time-limit.ts";

const CACHED_SECONDS = 300;

const parameters = new SSMProvider({ awsSdkV3Client: new SSMClient(CLIENT_LIMITS) });

/** Of what an HTTP header can hold, and without the spaces that a pasted text or a JSON would have. */
const A_TOKEN = /^[\x21-\x7e]+$/;

/**
 * The agent token that a parameter holds, decrypted. Read from the cache of the last five minutes
 * unless `fresh` is asked for, which is what a refused token calls for. What is no token is not
 * kept: it is read again at once, for somebody may have put that right since.
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
    throw tokenFault(parameter, error);
  });
  const token = value?.trim() ?? "";
  if (A_TOKEN.test(token)) return token;
  if (!fresh) return await readAgentToken(parameter, true, signal);
  const message = `the parameter ${parameter} holds no agent token: that is one word without spaces`;
  throw new NamedFault("AgentTokenInvalid", message);
}

const MISSING: readonly string[] = ["ParameterNotFound", "ParameterNotFoundError"];

function tokenFault(parameter: string, error: unknown): NamedFault {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && MISSING.includes(cause.name)) {
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
