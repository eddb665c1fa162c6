import * as v from "valibot";
import { LOOK_SCRIPT, STOP_SCRIPT } from "../../../functions/core/graceful/instance-scripts.ts";
import {
  type InvocationFilter,
  UnknownInstances,
  type World,
  type WorldCommand,
  type WorldInvocation,
} from "../../../simulation/fleet/world.ts";
import { type Answer, type IncomingRequest, jsonAnswer } from "./exchange.ts";
import { jsonErrorAnswer } from "./json-services.ts";

/** SSM's Run Command: SendCommand and ListCommandInvocations, with AWS's limits and errors. */

/** What a command does, and with which unit. */
type CommandAction = Pick<WorldCommand, "action" | "unit">;

/** The account in AWS's messages. */
const ACCOUNT = "000000000000";

const MOST_INSTANCES = 50;
const LONGEST_COMMENT = 100;
const LEAST_DELIVERY_SECONDS = 30;

const sendCommandSchema = v.object({
  DocumentName: v.string(),
  InstanceIds: v.array(v.string()),
  Parameters: v.optional(v.record(v.string(), v.array(v.string())), {}),
  Comment: v.optional(v.string(), ""),
  TimeoutSeconds: v.optional(v.number(), 3600),
});

type SendCommandInput = v.InferOutput<typeof sendCommandSchema>;

/**
 * Answers SendCommand. A document with the parameter `commands` is AWS-RunShellScript: what it does is
 * recognized from the script's text. Another document stops if it has the parameter `mode`, else it looks.
 */
export function answerSendCommand({ body }: IncomingRequest, world: World, nowMs: number): Answer {
  const input = v.parse(sendCommandSchema, JSON.parse(body));
  const refusal = refuseBeyondLimits(input);
  if (refusal !== undefined) return refusal;
  const action = readAction(input);
  if (action === undefined)
    return jsonErrorAnswer("InvalidParameters", `the sandbox cannot run ${input.DocumentName}`);
  const { DocumentName, InstanceIds, Comment, TimeoutSeconds } = input;
  try {
    const CommandId = world.sendCommand({
      document: DocumentName,
      instances: InstanceIds,
      comment: Comment,
      deliverySeconds: TimeoutSeconds,
      ...action,
    });
    const RequestedDateTime = nowMs / 1000;
    const command = { CommandId, DocumentName, InstanceIds, Comment, RequestedDateTime };
    return jsonAnswer(200, { Command: { ...command, Status: "Pending" } });
  } catch (error) {
    if (error instanceof UnknownInstances) return refuseUnknown(error.ids);
    throw error;
  }
}

function refuseBeyondLimits({
  InstanceIds,
  Comment,
  TimeoutSeconds,
}: SendCommandInput): Answer | undefined {
  if (InstanceIds.length > MOST_INSTANCES)
    return refuseLength("instanceIds", `less than or equal to ${MOST_INSTANCES}`);
  if (Comment.length > LONGEST_COMMENT)
    return refuseLength("comment", `less than or equal to ${LONGEST_COMMENT}`);
  if (TimeoutSeconds < LEAST_DELIVERY_SECONDS)
    return refuseLength("timeoutSeconds", `greater than or equal to ${LEAST_DELIVERY_SECONDS}`);
  if (new Set(InstanceIds).size < InstanceIds.length)
    return jsonErrorAnswer("DuplicateInstanceId", "You can't specify an instance ID twice.");
  return undefined;
}

function refuseLength(member: string, limit: string): Answer {
  const message = `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must be ${limit}`;
  return jsonErrorAnswer("ValidationException", message);
}

/** One unknown id refuses the whole command. */
function refuseUnknown(ids: readonly string[]): Answer {
  const message = `Instances [[${ids.join(", ")}]] not in a valid state for account ${ACCOUNT}`;
  return jsonErrorAnswer("InvalidInstanceId", message);
}

const ACTIONS = ["look", "stop-if-idle", "stop"] as const;

const actionSchema = v.picklist(ACTIONS);

function readAction({ Parameters }: SendCommandInput): CommandAction | undefined {
  const { commands, unit: [unit = ""] = [], mode: [mode = "look"] = [] } = Parameters;
  if (commands !== undefined) return recognizeScript(commands.join("\n"));
  return v.is(actionSchema, mode) ? { action: mode, unit } : undefined;
}

/** Finds which of the project's scripts a text is, with which values. */
function recognizeScript(text: string): CommandAction | undefined {
  const look = matchScript(LOOK_SCRIPT, text);
  if (look?.unit !== undefined) return { action: "look", unit: look.unit };
  const stop = matchScript(STOP_SCRIPT, text);
  return stop?.unit !== undefined && v.is(actionSchema, stop.mode)
    ? { action: stop.mode, unit: stop.unit }
    : undefined;
}

/** Matches a text with a script whose placeholders, such as `{{ unit }}`, have been replaced. */
function matchScript(script: string, text: string): Record<string, string> | undefined {
  const seen = new Set<string>();
  const parts = script.split(/\{\{ (\w+) \}\}/).map((part, index) => {
    if (index % 2 === 0) return escapePattern(part);
    if (seen.has(part)) return `\\k<${part}>`;
    seen.add(part);
    return `(?<${part}>\\S*?)`;
  });
  return new RegExp(`^${parts.join("")}$`).exec(text)?.groups;
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

const LONGEST_OUTPUT = 2500;

const listInvocationsSchema = v.object({
  CommandId: v.optional(v.string()),
  Filters: v.optional(v.array(v.object({ key: v.string(), value: v.string() })), []),
  Details: v.optional(v.boolean(), false),
  MaxResults: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(50)), 50),
  NextToken: v.optional(v.string(), "0"),
});

type ListInvocationsInput = v.InferOutput<typeof listInvocationsSchema>;

/** Answers ListCommandInvocations, newest first. The output of a command is listed with `Details` only. */
export function answerListInvocations({ body }: IncomingRequest, world: World): Answer {
  const input = v.parse(listInvocationsSchema, JSON.parse(body));
  const selection = selectInvocations(input);
  if ("status" in selection) return selection;
  const all = world.invocations(selection);
  const from = Number(input.NextToken);
  const until = from + input.MaxResults;
  return jsonAnswer(200, {
    CommandInvocations: all.slice(from, until).map((each) => toInvocation(each, input.Details)),
    ...(until < all.length ? { NextToken: String(until) } : {}),
  });
}

/** AWS takes whole seconds only. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

function selectInvocations({
  CommandId,
  Filters,
}: ListInvocationsInput): InvocationFilter | Answer {
  if (CommandId !== undefined) return { commandId: CommandId };
  const filters = new Map(Filters.map(({ key, value }) => [key, value]));
  const after = filters.get("InvokedAfter") ?? "";
  const document = filters.get("DocumentName");
  if (document === undefined || !INSTANT.test(after))
    return jsonErrorAnswer("InvalidFilterKey", "the sandbox needs InvokedAfter and DocumentName");
  return { document, afterMs: Date.parse(after) };
}

function toInvocation(invocation: WorldInvocation, hasDetails: boolean) {
  const { commandId, instanceId, document, comment, requestedMs, status, statusDetails, output } =
    invocation;
  const plugin = {
    Name: "run",
    Status: status,
    StatusDetails: statusDetails,
    Output: output.slice(0, LONGEST_OUTPUT),
  };
  return {
    CommandId: commandId,
    InstanceId: instanceId,
    DocumentName: document,
    Comment: comment,
    RequestedDateTime: requestedMs / 1000,
    Status: status,
    StatusDetails: statusDetails,
    CommandPlugins: hasDetails ? [plugin] : [],
  };
}
