import type { Fault, Observation } from "../../functions/core/facts.ts";
import type { LoopObserver } from "../terminal/loop-events.ts";

/** What advice has to know of a run. */
export interface AdviceContext {
  region: string;
  /** The SSM parameter with the agent token; absent where the token was given itself. */
  parameter?: string | undefined;
}

type Advice = (setup: AdviceContext, message: string) => string;

const token = ({ parameter, region }: AdviceContext) =>
  parameter === undefined ? "BUILDKITE_AGENT_TOKEN" : `the parameter ${parameter} (${region})`;

const FETCH_AGAIN: Advice = () => "nothing, unless it lasts: the next poll tries again";

const SLOWER: Advice = () => "poll less often (--poll-interval), or stop what else makes calls";

const REACHABLE: Advice = () =>
  "see whether this machine reaches that address (network, proxy, firewall) and --agent-endpoint is right; the next poll tries again";

const EXPIRED = /expired/i;
const UNKNOWN_KEY =
  /InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|AuthFailure|CredentialsProvider/;

/** Credentials that are no good, or that are good for less. */
function letThem(action: string): Advice {
  return (setup, message) => {
    if (EXPIRED.test(message)) return "sign in again: the AWS credentials have expired";
    if (UNKNOWN_KEY.test(message))
      return "use other AWS credentials (AWS_PROFILE, `aws sso login`): AWS does not know these";
    return `allow your AWS credentials ${action} in ${setup.region}, or use others (AWS_PROFILE)`;
  };
}

const AWS_AWAY: Advice = ({ region }, message) =>
  /ENOTFOUND|EAI_AGAIN/.test(message)
    ? `see whether there is a region ${region} (--region), and whether this machine has a network`
    : "see whether this machine reaches AWS (network, proxy, firewall); the next poll tries again";

/** By the fault's name: what somebody who runs the loop on a machine of theirs can do about it. */
const ADVICE: Readonly<Record<string, Advice>> = {
  BuildkiteUnauthorized: (setup) =>
    `put the cluster's agent token, as Buildkite shows it under Agents, into ${token(setup)}`,
  BuildkiteForbidden: (setup) => `put a token that may read metrics into ${token(setup)}`,
  BuildkiteNotFound: () =>
    "correct --agent-endpoint; Buildkite's is https://agent.buildkite.com/v3",
  BuildkiteThrottled: SLOWER,
  BuildkiteUnavailable: REACHABLE,
  BuildkiteInvalidAnswer: () =>
    "see whether --agent-endpoint is Buildkite's, and nothing in between answers for it",
  AgentTokenNotFound: (setup) =>
    `name another parameter (--agent-token-ssm-key), another region (--region), or create ${token(setup)} as a SecureString`,
  AgentTokenInvalid: (setup) => `put nothing but the agent token into ${token(setup)}`,
  AgentTokenAccessDenied: letThem("ssm:GetParameter, and kms:Decrypt with the parameter's key,"),
  AgentTokenThrottled: SLOWER,
  AgentTokenUnavailable: AWS_AWAY,
  GroupNotFound: ({ region }) =>
    `correct the group's name (--asg-name) or the region (--region); \`aws autoscaling describe-auto-scaling-groups --region ${region}\` lists the groups there are`,
  AutoScalingAccessDenied: letThem(
    "autoscaling:DescribeAutoScalingGroups, DescribeScalingActivities and SetDesiredCapacity",
  ),
  AutoScalingThrottled: SLOWER,
  AutoScalingUnavailable: AWS_AWAY,
  CapacityOutOfBounds: FETCH_AGAIN,
  CloudWatchAccessDenied: letThem("cloudwatch:PutMetricData"),
  CloudWatchThrottled: SLOWER,
  CloudWatchUnavailable: AWS_AWAY,
  PublishingGivenUp: FETCH_AGAIN,
};

/** What to do about a fault. */
export function adviceForFault({ error, message }: Fault, setup: AdviceContext): string {
  return (ADVICE[error] ?? FETCH_AGAIN)(setup, message);
}

/**
 * Says what to do about what goes wrong: once, and again when it comes back after a poll without
 * it. A fault that no decision shows, because another one came first, is said too.
 */
export function createAdviser(setup: AdviceContext, say: (line: string) => void): LoopObserver {
  let present: Fault[] = [];
  let known: readonly string[] = [];
  const saidForGood = new Set<string>();
  const sayOnce = (line: string) => {
    if (!saidForGood.has(line)) say(line);
    saidForGood.add(line);
  };
  return {
    onObservation: (observation) => {
      present = faultsIn(observation);
    },
    onPoll: ({ decisions }) => {
      const shown = new Set(decisions.map(({ fault }) => fault));
      const news = present.filter((fault) => !known.includes(textOf(fault)));
      for (const fault of news) if (!shown.has(fault.error)) say(textOf(fault));
      for (const line of new Set(news.map((fault) => lineOn(fault, setup)))) say(line);
      known = present.map(textOf);
      present = [];
    },
    onRefusal: (_, error, message) => sayOnce(lineOn({ error, message }, setup)),
    onFailure: (_, error, message) => sayOnce(lineOn({ error, message }, setup)),
  };
}

function textOf({ error, message }: Fault): string {
  return `${error}: ${message}`;
}

function lineOn(fault: Fault, setup: AdviceContext): string {
  return `what to do: ${adviceForFault(fault, setup)}`;
}

function faultsIn({ queuesFault, groupsFault, groups = {} }: Observation): Fault[] {
  const ofGroups = Object.values(groups).flatMap((group) =>
    "fault" in group ? [group.fault] : [],
  );
  return [queuesFault, groupsFault, ...ofGroups].filter((fault) => fault !== undefined);
}
