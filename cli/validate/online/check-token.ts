import { DescribeParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { readAgentToken } from "../../../functions/clients/agent-token.ts";
import { CLIENT_LIMITS, toAwsFault } from "../../../functions/clients/aws-faults.ts";
import { type AgentMetrics, readAgentMetrics } from "../../../functions/clients/buildkite.ts";
import type { ExecutionInput } from "../../../functions/core/execution-input.ts";
import { type Finding, toFinding } from "./finding.ts";

const LIMIT_MILLISECONDS = 30_000;

/**
 * Reads the agent token of a loop's cluster and, with it, the metrics of its queues, as the loop does. The
 * token is in no finding.
 */
export async function checkToken(
  where: string,
  { agentTokenParameter, agentEndpoint: endpoint, scalers }: ExecutionInput,
): Promise<Finding[]> {
  const signal = AbortSignal.timeout(LIMIT_MILLISECONDS);
  const queues = [...new Set(scalers.flatMap((scaler) => scaler.queues))];
  try {
    const { token } = await readAgentToken(agentTokenParameter, true, signal);
    const now = () => Date.now();
    const metrics = await readAgentMetrics({ endpoint, token, queues, signal, now });
    return [describeSource(where, metrics), ...checkQueues(where, queues, metrics)];
  } catch (error) {
    return [toFinding(where, error)];
  }
}

function describeSource(where: string, { organization, cluster }: AgentMetrics): Finding {
  const name = cluster === undefined ? "without a cluster" : `cluster ${cluster}`;
  return { level: "ok", where, what: `the agent token works: ${organization}, ${name}` };
}

/** Buildkite leaves out queues with nothing to count, so a wrong name looks like a quiet queue. */
function checkQueues(where: string, names: readonly string[], { queues }: AgentMetrics): Finding[] {
  return names.flatMap((name) => {
    const facts = queues[name];
    if (facts !== undefined && "fault" in facts)
      return [{ level: "warning", where, what: `queue ${name}: ${facts.fault.message}` }];
    const counts = facts === undefined ? [] : Object.values({ ...facts.jobs, ...facts.agents });
    if (counts.some((count) => count > 0)) return [];
    const what = `queue ${name}: Buildkite counts no job and no agent in it now; if that is not so, compare its name letter by letter, and check that the token belongs to its cluster`;
    return [{ level: "warning", where, what }];
  });
}

/** Parameters of other accounts and references to secrets are not described. */
const IS_OWN_PARAMETER = /^\/(?!aws\/reference\/)/;

/** Checks how the parameter is encrypted, which the deployed role has to match. @throws NamedFault */
export async function checkEncryption(where: string, parameter: string): Promise<Finding[]> {
  if (!IS_OWN_PARAMETER.test(parameter)) return [];
  const command = new DescribeParametersCommand({
    ParameterFilters: [{ Key: "Name", Option: "Equals", Values: [parameter] }],
  });
  const { Parameters = [] } = await new SSMClient(CLIENT_LIMITS)
    .send(command)
    .catch((error: unknown) => {
      throw toAwsFault("AgentToken", error);
    });
  return Parameters.flatMap(({ Type, KeyId }) => describeEncryption(where, parameter, Type, KeyId));
}

const AWS_KEY = "alias/aws/ssm";

function describeEncryption(
  where: string,
  parameter: string,
  type: string | undefined,
  key = AWS_KEY,
): Finding[] {
  if (type !== "SecureString") {
    const what = `${parameter} is a ${type}, so the token is not encrypted; store it as a SecureString`;
    return [{ level: "warning", where, what }];
  }
  if (key === AWS_KEY) return [];
  const what = `${parameter} is encrypted with ${key}: deploy with --param tokenKmsKeyArn=ARN, or the loop may not decrypt it`;
  return [{ level: "warning", where, what }];
}
