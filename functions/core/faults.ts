import type { Fault } from "./facts.ts";

/**
 * Every fault that this project names, with a sentence for the person who meets it. The definition,
 * the rules and the alarms go by the names; the command line's advice and the table in
 * docs/troubleshooting.md are checked against this catalogue.
 */
export const FAULTS = {
  AgentEndpointNotDeployed:
    "The execution's input names an agentEndpoint that scalers.yml did not have at the last deploy, so the agent token is not sent there.",
  AgentTokenAccessDenied:
    "The function may not read the parameter with the agent token, or may not decrypt it.",
  AgentTokenInvalid: "The parameter holds something that is not an agent token.",
  AgentTokenNotFound: "There is no parameter of this name in this region.",
  AgentTokenThrottled: "AWS limits how often the account reads parameters.",
  AgentTokenUnavailable: "SSM did not answer, or failed.",
  AutoScalingAccessDenied: "The function may not read or set the Auto Scaling groups.",
  AutoScalingInvalidAnswer: "Auto Scaling's answer lacks something, or makes no sense.",
  AutoScalingThrottled: "AWS limits how often the account calls Auto Scaling.",
  AutoScalingUnavailable: "Auto Scaling did not answer, or failed.",
  BuildkiteForbidden: "Buildkite does not let this agent token read metrics.",
  BuildkiteInvalidAnswer: "Buildkite's answer is not one that its API documents.",
  BuildkiteNotFound: "Buildkite does not know the address: agentEndpoint may be wrong.",
  BuildkiteThrottled: "Buildkite limits how often this token reads metrics.",
  BuildkiteUnauthorized: "Buildkite refused the agent token: it is wrong, or it was rotated.",
  BuildkiteUnavailable: "Buildkite could not be reached, did not answer, or failed.",
  CapacityOutOfBounds: "Somebody changed the group's min or max after the decision.",
  CapacityRefused: "Auto Scaling refused the new desired capacity.",
  CloudWatchAccessDenied: "The function may not publish metrics in the namespace Buildkite.",
  CloudWatchThrottled: "AWS limits how often the account publishes metrics.",
  CloudWatchUnavailable: "CloudWatch did not answer, or failed.",
  GroupBeingDeleted: "Somebody is deleting the Auto Scaling group.",
  GroupNotFound: "There is no Auto Scaling group of this name in this region.",
  MetricsMissing: "The observation has neither queues nor a fault in their place.",
  PublishingGivenUp: "The next poll was due before the metrics were published.",
  RunCommandAccessDenied:
    "The function may not send commands to the instances, or may not read the answers.",
  RunCommandThrottled: "AWS limits how often the account sends commands or reads answers.",
  RunCommandUnavailable: "SSM did not answer, or failed.",
  SlotEnded: "The slot ended before the command was sent, and another execution decides by then.",
  StaleMetrics: "Buildkite's counts are too old for a decision in Elastic CI mode.",
  TimesNotWritten: "The group's tag could not be written, so nothing that needs it was done.",
  TooManyCommands:
    "SSM's record of stops is longer than the loop reads. Nothing more is stopped until it is shorter.",
} as const;

/** The name of a fault in the catalogue. */
export type FaultName = keyof typeof FAULTS;

/**
 * The longest message of a fault, in bytes. Most faults quote somebody else, and each scaler that a fault
 * holds repeats it in the state, which may have at most 256 KiB: see config/state-size.ts.
 */
export const LONGEST_MESSAGE_BYTES = 300;

/**
 * Shortens a message that quotes somebody else, and replaces its line breaks and control characters. It is
 * applied where the text enters: to every {@link NamedFault}, and to the cause of a failed Task.
 */
export function shortenMessage(message: string): string {
  const line = message.slice(0, LONGEST_MESSAGE_BYTES).replaceAll(/\p{Cc}+/gu, " ");
  const bytes = new TextEncoder().encode(line);
  if (Math.max(message.length, bytes.length) <= LONGEST_MESSAGE_BYTES) return line;
  const cut = new TextDecoder().decode(bytes.subarray(0, LONGEST_MESSAGE_BYTES - ELLIPSIS_BYTES));
  return `${cut.replace(/\uFFFD$/, "")}…`;
}

const ELLIPSIS_BYTES = 3;

/** An error whose name is in the catalogue of faults. Its message is shortened. */
export class NamedFault extends Error {
  override readonly name: FaultName;

  constructor(name: FaultName, message: string, options?: ErrorOptions) {
    super(shortenMessage(message), options);
    this.name = name;
  }
}

/** Returns an error as a fact. An error that is not in the catalogue is a bug here and is thrown on. */
export function toFault(error: unknown): Fault {
  if (error instanceof NamedFault) return { error: error.name, message: error.message };
  throw error;
}

/** The message of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
