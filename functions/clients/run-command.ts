import {
  type CommandInvocation,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import type { InstanceAnswer, StopRecord } from "../core/facts.ts";
import { errorMessage, NamedFault } from "../core/faults.ts";
import { LOOK_SCRIPT, STOP_SCRIPT } from "../core/graceful/instance-scripts.ts";
import { parseInstanceAnswer, parseStopAnswer } from "../core/graceful/parse-answer.ts";
import { CLIENT_LIMITS, toAwsFault } from "./aws-faults.ts";

/** One attempt of 3 s: an SSM that hangs delays neither scale-out nor the beat, and the next poll asks again. */
const client = new SSMClient({
  maxAttempts: 1,
  requestHandler: { ...CLIENT_LIMITS.requestHandler, requestTimeout: 3000 },
});

/** What a command does on the instances. `stop-if-idle` leaves an instance alone that has a job by then. */
export type CommandAction = "look" | "stop-if-idle" | "stop";

/** One command for at most 50 instances, SendCommand's limit. */
export interface CommandRequest {
  action: CommandAction;
  /** The systemd unit of the agents, or a pattern. */
  unit: string;
  instances: readonly string[];
  /** `<loop> <action> <scaler>`: by it, the loop's own stops are found again. */
  comment: string;
}

/** A command that was sent; `commandId` is absent if no instance was left to send it to. */
export interface SentCommand {
  commandId?: string;
  /** Instances that SSM does not know: terminated, not registered, or offline for long. */
  refused: string[];
}

/** SSM gives up a command that it could not deliver in this time. 30 is the least that it takes. */
const DELIVERY_SECONDS = 30;

/** AWS's document for any script, used if the stack has no documents of its own. */
const SHELL_DOCUMENT = "AWS-RunShellScript";

const LONGEST_COMMENT = 100;

/**
 * Sends one command. If SSM refuses it for some of the instances, it is sent once more to the others.
 * @throws NamedFault RunCommandThrottled, RunCommandAccessDenied, RunCommandUnavailable
 */
export async function sendCommand(
  request: CommandRequest,
  signal: AbortSignal,
): Promise<SentCommand> {
  try {
    return { commandId: await send(request, signal), refused: [] };
  } catch (error) {
    const refused = findRefused(error, request.instances);
    if (refused.length === 0) throw toAwsFault("RunCommand", error);
    const instances = request.instances.filter((id) => !refused.includes(id));
    if (instances.length === 0) return { refused };
    const commandId = await send({ ...request, instances }, signal).catch(throwFault);
    return { commandId, refused };
  }
}

async function send(
  { action, unit, instances, comment }: CommandRequest,
  signal: AbortSignal,
): Promise<string> {
  const command = new SendCommandCommand({
    ...describeDocument(action, unit),
    InstanceIds: [...instances],
    Comment: comment.slice(0, LONGEST_COMMENT),
    TimeoutSeconds: DELIVERY_SECONDS,
    MaxConcurrency: "100%",
    MaxErrors: "100%",
  });
  const answer = await client.send(command, { abortSignal: signal });
  const id = answer.Command?.CommandId;
  if (id === undefined) throw new Error("SSM's answer names no command");
  return id;
}

/**
 * The document that an action runs, and what it is told. It is the newest version: an update by
 * CloudFormation adds a version and does not always make it the default one
 * (cloudformation-coverage-roadmap#2539).
 */
function describeDocument(action: CommandAction, unit: string) {
  const isLook = action === "look";
  const mode = isLook ? {} : { mode: [action] };
  const name = isLook ? process.env.SSM_LOOK_DOCUMENT : process.env.SSM_STOP_DOCUMENT;
  const Parameters = { unit: [unit], ...mode };
  if (name !== undefined) return { DocumentName: name, DocumentVersion: "$LATEST", Parameters };
  const script = (isLook ? LOOK_SCRIPT : STOP_SCRIPT)
    .replaceAll("{{ unit }}", unit)
    .replaceAll("{{ mode }}", action);
  return {
    DocumentName: SHELL_DOCUMENT,
    Parameters: { commands: [script], executionTimeout: ["20"] },
  };
}

/** The ids in InvalidInstanceId's message: `Instances [[i-0a, i-0b]] not in a valid state for account`. */
function findRefused(error: unknown, instances: readonly string[]): string[] {
  if (!(error instanceof Error) || error.name !== "InvalidInstanceId") return [];
  const ids = [...errorMessage(error).matchAll(/\bi-[0-9a-f]{8,17}\b/g)].map(([id]) => id);
  return instances.filter((id) => ids.includes(id));
}

function throwFault(error: unknown): never {
  throw toAwsFault("RunCommand", error);
}

/** The most invocations in one answer of ListCommandInvocations. */
const PAGE = 50;

/**
 * Reads the answers to one look. Instances that have not answered are absent. `at` is when the look was
 * sent.
 * @throws NamedFault RunCommandThrottled, RunCommandAccessDenied, RunCommandUnavailable
 */
export async function readAnswers(
  command: string,
  at: string,
  signal: AbortSignal,
): Promise<Record<string, InstanceAnswer>> {
  const list = new ListCommandInvocationsCommand({
    CommandId: command,
    Details: true,
    MaxResults: PAGE,
  });
  const answer = await client.send(list, { abortSignal: signal }).catch(throwFault);
  return toAnswers(answer.CommandInvocations ?? [], at);
}

/** The answers to one look that was sent at `at`, by instance. Instances that have not answered are absent. */
export function toAnswers(
  invocations: readonly CommandInvocation[],
  at: string,
): Record<string, InstanceAnswer> {
  return Object.fromEntries(
    invocations.flatMap((invocation) => {
      const parsed = parseOutputs(invocation, (output) => parseInstanceAnswer(output, at));
      const { InstanceId } = invocation;
      return parsed === undefined || InstanceId === undefined ? [] : [[InstanceId, parsed]];
    }),
  );
}

/** Enough for the stops of 300 instances, the most that drain at once, and for some that were repeated. */
const PAGES = 8;

/**
 * Reads the stops that a loop has sent since a time, from SSM's own record, newest first, at most 400.
 * Of several stops of one instance the newest counts.
 * @throws NamedFault TooManyCommands (older stops are not known, so nothing more may be stopped), RunCommandThrottled, RunCommandAccessDenied, RunCommandUnavailable
 */
export async function readStops(
  since: string,
  loop: string,
  signal: AbortSignal,
): Promise<Record<string, StopRecord>> {
  const invocations: CommandInvocation[] = [];
  let token: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const list = new ListCommandInvocationsCommand({
      Details: true,
      MaxResults: PAGE,
      Filters: [
        { key: "InvokedAfter", value: since.replace(/\.\d+/, "") },
        { key: "DocumentName", value: process.env.SSM_STOP_DOCUMENT ?? SHELL_DOCUMENT },
      ],
      ...(token === undefined ? {} : { NextToken: token }),
    });
    const answer = await client.send(list, { abortSignal: signal }).catch(throwFault);
    invocations.push(...(answer.CommandInvocations ?? []));
    token = answer.NextToken;
    if (token === undefined) return toStopRecords(invocations, loop);
  }
  const message = `more than ${PAGES * PAGE} commands since ${since}: older stops are not known`;
  throw new NamedFault("TooManyCommands", message);
}

/** The newest stop of each instance, of those that the loop sent. */
export function toStopRecords(
  invocations: readonly CommandInvocation[],
  loop: string,
): Record<string, StopRecord> {
  const stops: Record<string, StopRecord> = {};
  for (const invocation of invocations) addStop(stops, invocation, loop);
  return stops;
}

function addStop(
  stops: Record<string, StopRecord>,
  invocation: CommandInvocation,
  loop: string,
): void {
  const { InstanceId, RequestedDateTime, Comment = "" } = invocation;
  if (InstanceId === undefined || RequestedDateTime === undefined) return;
  if (!Comment.startsWith(`${loop} stop`)) return;
  const at = RequestedDateTime.toISOString();
  const known = stops[InstanceId];
  if (known !== undefined && known.at >= at) return;
  const answer = parseOutputs(invocation, parseStopAnswer);
  stops[InstanceId] = {
    at,
    delivered: readDelivery(invocation),
    ...(answer === undefined ? {} : { answer }),
  };
}

const UNDELIVERED: readonly string[] = ["DeliveryTimedOut", "Undeliverable", "InvalidPlatform"];

function readDelivery({ Status, StatusDetails = "" }: CommandInvocation): StopRecord["delivered"] {
  if (UNDELIVERED.includes(StatusDetails.replaceAll(" ", ""))) return "no";
  return Status === "Success" || Status === "Failed" ? "yes" : "pending";
}

/** The steps of a document are found by what they printed: a step of another platform prints nothing. */
function parseOutputs<Answer>(
  { CommandPlugins = [] }: CommandInvocation,
  parse: (output: string) => Answer | undefined,
): Answer | undefined {
  for (const { Output = "" } of CommandPlugins) {
    const answer = parse(Output);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
