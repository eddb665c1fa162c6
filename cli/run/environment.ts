import type { RunPlan } from "./plan.ts";
import { serveToken, type TokenServer } from "./token-server.ts";

/**
 * Sets the environment variables that the handlers and their AWS clients read when they are created:
 * the region, a silent log, the SSM documents and, if the user passed a token in, the endpoint that serves
 * it. The AWS CLI's AWS_DEFAULT_REGION counts too. Returns the token's server, which the caller closes.
 */
export async function setEnvironment(
  { loops, region, documentPrefix, token }: RunPlan,
  env: NodeJS.ProcessEnv,
): Promise<TokenServer | undefined> {
  const chosenRegion = region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (chosenRegion !== undefined && chosenRegion !== "") env.AWS_REGION = chosenRegion;
  env.LOG_LEVEL = "SILENT";
  if (documentPrefix !== undefined) {
    env.SSM_LOOK_DOCUMENT = `${documentPrefix}-look`;
    env.SSM_STOP_DOCUMENT = `${documentPrefix}-stop`;
  }
  const parameter = loops[0]?.agentTokenParameter;
  if (token === undefined || parameter === undefined) return undefined;
  const server = await serveToken(parameter, token);
  env.AGENT_TOKEN_ENDPOINT = server.url;
  return server;
}
