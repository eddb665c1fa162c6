import type { RunPlan } from "./plan.ts";
import { serveToken, type TokenServer } from "./token-server.ts";

/**
 * Sets what the handlers and their AWS clients look at when they are made: the region (the AWS CLI's
 * name of it counts too), a silent log, and where the token is, if it was given itself. Gives the
 * server of that token.
 */
export async function setEnvironment(
  { loops, region, token }: RunPlan,
  env: NodeJS.ProcessEnv,
): Promise<TokenServer | undefined> {
  const chosen = region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (chosen !== undefined && chosen !== "") env.AWS_REGION = chosen;
  env.LOG_LEVEL = "SILENT";
  const parameter = loops[0]?.agentTokenParameter;
  if (token === undefined || parameter === undefined) return undefined;
  const server = await serveToken(parameter, token);
  env.AWS_ENDPOINT_URL_SSM = server.url;
  return server;
}
