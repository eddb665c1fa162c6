import { SSMProvider } from "@aws-lambda-powertools/parameters/ssm";
import { SSMClient } from "@aws-sdk/client-ssm";
import { awsFault, CLIENT_LIMITS } from "./aws.ts";
import { NamedFault } from "./named-fault.ts";

const CACHED_SECONDS = 300;

const parameters = new SSMProvider({ awsSdkV3Client: new SSMClient(CLIENT_LIMITS) });

/**
 * The agent token that a parameter holds, decrypted. Read from the cache of the last five minutes
 * unless `fresh` is asked for, which is what a refused token calls for.
 * @throws NamedFault AgentTokenNotFound, AgentTokenAccessDenied, AgentTokenThrottled,
 * AgentTokenUnavailable; each names the parameter, never the token
 */
export async function readAgentToken(parameter: string, fresh: boolean): Promise<string> {
  const options = { decrypt: true, maxAge: CACHED_SECONDS, forceFetch: fresh };
  const token = await parameters.get(parameter, options).catch((error: unknown) => {
    throw tokenFault(parameter, error);
  });
  if (token === undefined || token.trim() === "") {
    throw new NamedFault("AgentTokenNotFound", `the parameter ${parameter} is empty`);
  }
  return token.trim();
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
  const fault = awsFault("AgentToken", cause);
  return new NamedFault(
    fault.name,
    `the parameter ${parameter} could not be read: ${fault.message}`,
  );
}
