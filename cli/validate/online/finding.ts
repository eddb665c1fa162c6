import { errorMessage, type FaultName, NamedFault } from "../../../functions/core/faults.ts";

/** The result of one check. An error keeps the loop from working; a warning may be intended. */
export interface Finding {
  level: "error" | "warning" | "ok";
  /** The cluster, the group or the parameter. */
  where: string;
  /** What is the case and, unless it is fine, what to do. */
  what: string;
}

/** What to do if the person who checks cannot read something. */
const ADVICE: Partial<Record<FaultName, string>> = {
  AgentTokenAccessDenied:
    "allow ssm:GetParameter and ssm:DescribeParameters on it for your credentials, and kms:Decrypt if a customer managed key encrypts it",
  AgentTokenInvalid: "store the token alone, without spaces, quotes or JSON",
  AgentTokenNotFound:
    "create it in this region (aws ssm put-parameter --type SecureString), or correct agentTokenParameter",
  AutoScalingAccessDenied:
    "allow autoscaling:DescribeAutoScalingGroups and autoscaling:DescribePolicies for your credentials",
  BuildkiteForbidden: "store an agent token of the cluster whose queues you scale",
  BuildkiteNotFound: "correct agentEndpoint; Buildkite's is https://agent.buildkite.com/v3",
  BuildkiteUnauthorized: "store the cluster's current agent token in the parameter",
  BuildkiteUnavailable: "check that this machine reaches the address (network, proxy, firewall)",
  RunCommandAccessDenied: "allow ssm:DescribeInstanceInformation for your credentials",
};

const OTHERWISE = "try again; docs/troubleshooting.md explains the fault";

/** Returns the finding for a failed read. An error that is no fault is a bug here and is thrown on. */
export function toFinding(where: string, error: unknown): Finding {
  if (!(error instanceof NamedFault)) throw error;
  const what = `${errorMessage(error)} (${error.name}); ${ADVICE[error.name] ?? OTHERWISE}`;
  return { level: "error", where, what };
}
