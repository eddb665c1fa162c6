import type { Fault, Observation } from "../../functions/core/facts.ts";
import { FAULTS, type FaultName } from "../../functions/core/faults.ts";
import { ownValue } from "../../functions/core/own-value.ts";
import type { LoopObserver } from "../terminal/loop-events.ts";

/** The facts about a run that advice depends on. */
export interface AdviceContext {
  region: string;
  /** The SSM parameter with the agent token. Absent if the user passed the token in. */
  parameter?: string | undefined;
}

/** Returns what the user of `run` can do about a fault, as one or more sentences. */
type Advice = (context: AdviceContext, message: string) => string;

function tokenPlace({ parameter, region }: AdviceContext): string {
  return parameter === undefined
    ? "BUILDKITE_AGENT_TOKEN"
    : `the parameter ${parameter} (${region})`;
}

const RETRY: Advice = () => "Nothing to do unless it lasts: the next poll tries again.";

const THROTTLED: Advice = () =>
  "Poll less often (--poll-interval), or stop other programs that make such calls.";

const BUILDKITE_UNAVAILABLE: Advice = () =>
  "Check that this machine reaches the address (network, proxy, firewall) and that --agent-endpoint is right. The next poll tries again.";

const AWS_UNAVAILABLE: Advice = ({ region }, message) =>
  /ENOTFOUND|EAI_AGAIN/.test(message)
    ? `Check that the region ${region} exists (--region) and that this machine has a network connection.`
    : "Check that this machine reaches AWS (network, proxy, firewall). The next poll tries again.";

const WRONG_CLOCK = /RequestExpired|RequestTimeTooSkewed|Signature (?:expired|not yet current)/i;
const EXPIRED = /expired/i;
const UNKNOWN_KEY =
  /InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|AuthenticationToken|AuthFailure|CredentialsProvider/;
const NOT_SUBSCRIBED = /OptInRequired/;

/** Advice for credentials that are invalid or lack permissions for `actions`. */
function adviseOnCredentials(actions: string): Advice {
  return ({ region }, message) => {
    if (WRONG_CLOCK.test(message))
      return "Correct this machine's clock: AWS takes signatures of a few minutes only.";
    if (NOT_SUBSCRIBED.test(message))
      return `Enable the region ${region} for your AWS account, or use another one (--region).`;
    if (EXPIRED.test(message)) return "The AWS credentials have expired: sign in again.";
    if (UNKNOWN_KEY.test(message))
      return "AWS does not know these credentials: use others (AWS_PROFILE, `aws sso login`).";
    return `Allow ${actions} for your AWS credentials in ${region}, or use other credentials (AWS_PROFILE).`;
  };
}

const ADVICE: Readonly<Record<FaultName, Advice>> = {
  BuildkiteUnauthorized: (context) =>
    `Put the cluster's agent token, as Buildkite shows it under Agents, into ${tokenPlace(context)}.`,
  BuildkiteForbidden: (context) => `Put a token that may read metrics into ${tokenPlace(context)}.`,
  BuildkiteNotFound: () =>
    "Correct --agent-endpoint; Buildkite's is https://agent.buildkite.com/v3.",
  BuildkiteThrottled: THROTTLED,
  BuildkiteUnavailable: BUILDKITE_UNAVAILABLE,
  BuildkiteInvalidAnswer: () =>
    "Check that --agent-endpoint is Buildkite's and that no proxy answers in its place.",
  AgentEndpointNotDeployed: () =>
    "Unset the environment variable AGENT_ENDPOINTS, which is for the deployed function.",
  AgentTokenNotFound: (context) =>
    `Name another parameter (--agent-token-ssm-key) or another region (--region), or create ${tokenPlace(context)} as a SecureString.`,
  AgentTokenInvalid: (context) => `Put only the agent token into ${tokenPlace(context)}.`,
  AgentTokenAccessDenied: adviseOnCredentials(
    "ssm:GetParameter, and kms:Decrypt with the parameter's key,",
  ),
  AgentTokenThrottled: THROTTLED,
  AgentTokenUnavailable: AWS_UNAVAILABLE,
  GroupBeingDeleted: () => "Name another group (--asg-name), if this one is not coming back.",
  GroupNotFound: ({ region }) =>
    `Correct the group's name (--asg-name) or the region (--region); \`aws autoscaling describe-auto-scaling-groups --region ${region}\` lists the groups.`,
  AutoScalingAccessDenied: adviseOnCredentials(
    "autoscaling:DescribeAutoScalingGroups, SetDesiredCapacity and CreateOrUpdateTags",
  ),
  AutoScalingInvalidAnswer: () =>
    "Check that AWS_ENDPOINT_URL is not set to another service, and that no proxy answers in AWS's place.",
  AutoScalingThrottled: THROTTLED,
  AutoScalingUnavailable: AWS_UNAVAILABLE,
  CloudWatchAccessDenied: adviseOnCredentials("cloudwatch:PutMetricData"),
  CloudWatchThrottled: THROTTLED,
  CloudWatchUnavailable: AWS_UNAVAILABLE,
  CapacityOutOfBounds: RETRY,
  CapacityRefused: RETRY,
  MetricsMissing: RETRY,
  PublishingGivenUp: RETRY,
  RunCommandAccessDenied: adviseOnCredentials(
    "ssm:SendCommand on the instances and the document, and ssm:ListCommandInvocations,",
  ),
  RunCommandThrottled: THROTTLED,
  RunCommandUnavailable: AWS_UNAVAILABLE,
  SlotEnded: RETRY,
  StaleMetrics: RETRY,
  TimesNotWritten: adviseOnCredentials("autoscaling:CreateOrUpdateTags"),
  TooManyCommands: () =>
    "Use SSM documents of your own (--ssm-document PREFIX): their record holds stops only.",
};

/** Explains a fault with the catalogue's sentence, and says what to do about it. */
export function adviseOnFault({ error, message }: Fault, context: AdviceContext): string {
  const advice = ownValue<Advice>(ADVICE, error) ?? RETRY;
  const sentences = [ownValue<string>(FAULTS, error), advice(context, message)];
  return sentences.filter((sentence) => sentence !== undefined).join(" ");
}

/**
 * Creates an observer that says what to do about each fault: once, and again if the fault returns
 * after a poll without it. It also says faults that no decision shows, because a decision shows only
 * the first fault.
 */
export function createAdviser(context: AdviceContext, say: (line: string) => void): LoopObserver {
  let present: Fault[] = [];
  let previous: ReadonlySet<string> = new Set();
  const saidLines = new Set<string>();
  const sayOnce = (fault: Fault) => {
    const line = adviceLine(fault, context);
    if (!saidLines.has(line)) say(line);
    saidLines.add(line);
  };
  return {
    onObservation: (observation) => {
      present = listFaults(observation);
    },
    onPoll: ({ decisions }) => {
      const shown = new Set(decisions.map(({ fault }) => fault));
      const newFaults = present.filter((fault) => !previous.has(faultText(fault)));
      for (const fault of newFaults) if (!shown.has(fault.error)) say(faultText(fault));
      for (const line of new Set(newFaults.map((fault) => adviceLine(fault, context)))) say(line);
      previous = new Set(present.map(faultText));
      present = [];
    },
    onRefusal: (_, error, message) => sayOnce({ error, message }),
    onFailure: (_, error, message) => sayOnce({ error, message }),
  };
}

function faultText({ error, message }: Fault): string {
  return `${error}: ${message}`;
}

function adviceLine(fault: Fault, context: AdviceContext): string {
  return `advice: ${adviseOnFault(fault, context)}`;
}

function listFaults({
  queuesFault,
  groupsFault,
  commandsFault,
  queues = {},
  groups = {},
}: Observation): Fault[] {
  const inPlace = [...Object.values(queues), ...Object.values(groups)].flatMap((facts) =>
    "fault" in facts ? [facts.fault] : [],
  );
  return [queuesFault, groupsFault, commandsFault, ...inPlace].filter(
    (fault) => fault !== undefined,
  );
}
