import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { tryParseJson } from "../../functions/core/parse-json.ts";
import { writePrivateFile } from "../../simulation/write-private-file.ts";
import { splitDocuments } from "./log-documents.ts";

/**
 * One event of an execution, as Step Functions Express writes it to CloudWatch Logs with
 * `includeExecutionData` (developer guide, "Using CloudWatch Logs to log execution history"; the
 * details are those of GetExecutionHistory). Ids and times are texts there.
 */
export interface HistoryEvent {
  id: string;
  /** E.g. `TaskStateEntered`, `LambdaFunctionFailed`, `ExecutionSucceeded`. */
  type: string;
  details: EventDetails;
  /** `"0"` for the first two events: the chain begins with the second. */
  previous_event_id: string;
  /** Epoch milliseconds. */
  event_timestamp: string;
  execution_arn: string;
}

/** The details of an event; its type determines which are present. Input and output are JSON texts. */
export interface EventDetails {
  /** The state's name. */
  name?: string;
  input?: string;
  inputDetails?: { truncated: boolean };
  output?: string;
  outputDetails?: { truncated: boolean };
  /** The Lambda function's ARN, or the action of an SDK call. */
  resource?: string;
  /** The service of an SDK call, e.g. `aws-sdk:sqs`. */
  resourceType?: string;
  region?: string;
  /** The parameters of an SDK call as a JSON text. */
  parameters?: string;
  timeoutInSeconds?: number;
  error?: string;
  cause?: string;
}

/** All events of one execution, oldest first. */
export type History = HistoryEvent[];

/** The events of one poll: from one entry of Fetch metrics to the next, or to the end. */
export type PollEvents = HistoryEvent[];

/** CloudWatch Logs adds this many bytes to every event. */
const EVENT_OVERHEAD_BYTES = 26;

/** ARNs are long on AWS: the names are those of the example stack, the ids as long as AWS makes them. */
const ID = "0".repeat(36);
const EXECUTION_ARN = `arn:aws:states:us-east-1:123456789012:express:buildkite-scaling-loop-prod:${ID}:${ID}`;
const FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:buildkite-scaling-loop-prod-";

/**
 * Returns the bytes that CloudWatch Logs bills for an event: as Step Functions sends it, with the quotation
 * marks of input and output escaped, with ARNs as on AWS, and with what CloudWatch adds.
 */
export function countLoggedBytes(event: HistoryEvent): number {
  const { resource, resourceType } = event.details;
  const name = resource?.split(":").at(-1) ?? "";
  const details =
    resource === undefined || resourceType !== undefined
      ? event.details
      : { ...event.details, resource: `${FUNCTION_ARN}${name}` };
  const sent = { ...event, details, redrive_count: "0", execution_arn: EXECUTION_ARN };
  return Buffer.byteLength(JSON.stringify(sent)) + EVENT_OVERHEAD_BYTES;
}

const FIRST_STATE_OF_A_POLL = "Fetch metrics";

/** Cuts a history into polls. Events before the first poll are dropped. */
export function cutIntoPolls(history: History): PollEvents[] {
  const starts = history.flatMap((event, index) => (startsPoll(event) ? [index] : []));
  return starts.map((start, index) => history.slice(start, starts[index + 1]));
}

function startsPoll({ type, details }: HistoryEvent): boolean {
  return type === "TaskStateEntered" && details.name === FIRST_STATE_OF_A_POLL;
}

/** Returns the names of the states that were entered, in order. */
export function listStatesEntered(history: History): string[] {
  return history.flatMap(({ type, details: { name } }) =>
    type.endsWith("StateEntered") && name !== undefined ? [name] : [],
  );
}

/** Writes a history into a JSON file for its owner only, which {@link readHistories} reads. */
export async function writeHistory(path: string, events: History): Promise<void> {
  await writePrivateFile(path, `${JSON.stringify({ events }, undefined, 2)}\n`);
}

/** Reads a file that {@link writeHistory} wrote, or the output of the AWS CLI. */
export async function readHistories(path: string): Promise<History[]> {
  return parseHistories(await readFile(path, "utf8"));
}

/**
 * Parses the histories in a text, one for each execution, with their events in order. The text is a
 * file of {@link writeHistory}, the output of `aws logs filter-log-events` (complete or only its
 * messages), or one event per line.
 * @throws SyntaxError if a part of the text is not an event of an execution
 */
export function parseHistories(text: string): History[] {
  const { events, unread } = parseEvents(text);
  const [first] = unread;
  if (first !== undefined) throw new SyntaxError(`line ${first.line} ${first.what}`);
  return groupByExecution(events);
}

/** Groups events by execution, sorts them and removes duplicates: pages of a log may overlap. */
export function groupByExecution(events: readonly HistoryEvent[]): History[] {
  const executions = Map.groupBy(events, ({ execution_arn }) => execution_arn);
  return [...executions.values()].map((history) => {
    const unique = new Map(history.toReversed().map((event) => [event.id, event]));
    return [...unique.values()].sort((a, b) => Number(a.id) - Number(b.id));
  });
}

/** A part of a text that is not an event of an execution. It is never quoted: it may be any file. */
export interface UnreadPart {
  /** From 1. */
  line: number;
  /** Continues a sentence that starts with the line: `is not JSON`. */
  what: string;
}

/** Parses the events in a text, as {@link parseHistories} does, and lists the parts that are none. */
export function parseEvents(text: string): { events: HistoryEvent[]; unread: UnreadPart[] } {
  const events: HistoryEvent[] = [];
  const unread: UnreadPart[] = [];
  for (const { line, value } of splitDocuments(text)) {
    for (const entry of value === undefined ? [undefined] : listEntries(value)) {
      const result = parseEvent(entry);
      if (typeof result === "string") unread.push({ line, what: result });
      else events.push(result);
    }
  }
  return { events, unread };
}

const eventPageSchema = v.object({ events: v.array(v.unknown()) });
const logEventSchema = v.object({ message: v.string() });

/** Returns the entries of a document: events, log events that contain them, or their messages. */
function listEntries(document: unknown): unknown[] {
  if (v.is(eventPageSchema, document)) return document.events;
  return Array.isArray(document) ? document : [document];
}

const numberSchema = v.union([v.number(), v.pipe(v.string(), v.toNumber())]);
const textSchema = v.exactOptional(v.string());
const truncationSchema = v.exactOptional(v.object({ truncated: v.boolean() }));

const historyEventSchema = v.object({
  id: v.pipe(v.union([v.string(), v.number()]), v.toString()),
  type: v.string(),
  details: v.optional(
    v.object({
      name: textSchema,
      input: textSchema,
      inputDetails: truncationSchema,
      output: textSchema,
      outputDetails: truncationSchema,
      resource: textSchema,
      resourceType: textSchema,
      region: textSchema,
      parameters: textSchema,
      timeoutInSeconds: v.exactOptional(numberSchema),
      error: textSchema,
      cause: textSchema,
    }),
    {},
  ),
  previous_event_id: v.string(),
  event_timestamp: v.string(),
  execution_arn: v.string(),
}) satisfies v.GenericSchema<unknown, HistoryEvent>;

const NOT_JSON = "is not JSON, or was cut off";

/** Returns the event, or the reason why the entry is none. */
function parseEvent(entry: unknown): HistoryEvent | string {
  const event = v.is(logEventSchema, entry) ? entry.message : entry;
  const data = typeof event === "string" ? tryParseJson(event) : event;
  if (data === undefined) return NOT_JSON;
  const parsed = v.safeParse(historyEventSchema, data);
  if (parsed.success) return parsed.output;
  const path = v.getDotPath(parsed.issues[0]) ?? "the whole entry";
  return `is not an event of an execution: ${path} is missing or invalid`;
}
