import { readFile, writeFile } from "node:fs/promises";
import * as v from "valibot";
import { tryParseJson } from "../../functions/core/parse-json.ts";
import { splitDocuments } from "./log-documents.ts";

/**
 * One event of an execution, as Step Functions Express writes it to CloudWatch Logs with
 * `includeExecutionData` (developer guide, "Using CloudWatch Logs to log execution history"; the
 * details are those of GetExecutionHistory). Numbers of the frame are texts there.
 */
export interface HistoryEvent {
  id: string;
  /** E.g. `TaskStateEntered`, `LambdaFunctionFailed`, `ExecutionSucceeded`. */
  type: string;
  details: EventDetails;
  /** `"0"` for the first two events; the chain begins with the second. */
  previous_event_id: string;
  /** Epoch milliseconds. */
  event_timestamp: string;
  execution_arn: string;
}

/** What an event tells, according to its type. Input and output are JSON texts. */
export interface EventDetails {
  /** The state's name. */
  name?: string;
  input?: string;
  inputDetails?: { truncated: boolean };
  output?: string;
  outputDetails?: { truncated: boolean };
  /** The Lambda function's ARN. */
  resource?: string;
  timeoutInSeconds?: number;
  error?: string;
  cause?: string;
}

/** All events of one execution, oldest first. */
export type History = HistoryEvent[];

/** One poll: its events, from Fetch metrics entered to the next time, or to the end. */
export type PollEvents = HistoryEvent[];

/** What CloudWatch Logs takes up for one event besides its data, in bytes, roughly. */
export const FRAME_BYTES = 300;

/** The bytes that an event is logged with: its frame, and its input or output. */
export function countLoggedBytes(event: HistoryEvent): number {
  const { input = "", output = "", cause = "" } = event.details;
  return (
    FRAME_BYTES + Buffer.byteLength(input) + Buffer.byteLength(output) + Buffer.byteLength(cause)
  );
}

const FIRST_STATE_OF_A_POLL = "Fetch metrics";

/** The events cut into polls. What comes before the first poll belongs to none. */
export function cutIntoPolls(history: History): PollEvents[] {
  const starts = history.flatMap((event, index) => (startsPoll(event) ? [index] : []));
  return starts.map((start, index) => history.slice(start, starts[index + 1]));
}

function startsPoll({ type, details }: HistoryEvent): boolean {
  return type === "TaskStateEntered" && details.name === FIRST_STATE_OF_A_POLL;
}

/** The states that were entered, in order. */
export function listStatesEntered(history: History): string[] {
  return history.flatMap(({ type, details: { name } }) =>
    type.endsWith("StateEntered") && name !== undefined ? [name] : [],
  );
}

/** Writes a history as one JSON file that {@link readHistories} reads. */
export async function writeHistory(path: string, events: History): Promise<void> {
  await writeFile(path, `${JSON.stringify({ events }, undefined, 2)}\n`);
}

/** Reads what {@link writeHistory} wrote, or what the AWS CLI printed. */
export async function readHistories(path: string): Promise<History[]> {
  return parseHistories(await readFile(path, "utf8"));
}

/**
 * The histories in a text, one an execution, each with its events in order: a file of ours, what
 * `aws logs filter-log-events` prints (as it is, or only its messages), or events one a line.
 * @throws SyntaxError where something in it is no event of an execution
 */
export function parseHistories(text: string): History[] {
  const { events, unread } = parseEvents(text);
  const [first] = unread;
  if (first !== undefined) throw new SyntaxError(`line ${first.line} ${first.what}`);
  return groupByExecution(events);
}

/** The events of each execution, in order, each once: pages that somebody asked for may overlap. */
export function groupByExecution(events: readonly HistoryEvent[]): History[] {
  const executions = Map.groupBy(events, ({ execution_arn }) => execution_arn);
  return [...executions.values()].map((history) => {
    const once = new Map(history.toReversed().map((event) => [event.id, event]));
    return [...once.values()].sort((a, b) => Number(a.id) - Number(b.id));
  });
}

/** Something in a text that is no event of an execution. Never quotes it: it may be another file. */
export interface UnreadPart {
  /** From 1. */
  line: number;
  /** Goes on after the line's number: `is no JSON`. */
  what: string;
}

/** The events in a text, as {@link parseHistories} reads it, and what in it is none. */
export function parseEvents(text: string): { events: HistoryEvent[]; unread: UnreadPart[] } {
  const events: HistoryEvent[] = [];
  const unread: UnreadPart[] = [];
  for (const { line, value } of splitDocuments(text)) {
    for (const entry of value === undefined ? [undefined] : entriesIn(value)) {
      const read = eventOf(entry);
      if (typeof read === "string") unread.push({ line, what: read });
      else events.push(read);
    }
  }
  return { events, unread };
}

const wrapped = v.object({ events: v.array(v.unknown()) });
const message = v.object({ message: v.string() });

/** What stands in a document: events, log events around them, or their messages. */
function entriesIn(document: unknown): unknown[] {
  if (v.is(wrapped, document)) return document.events;
  return Array.isArray(document) ? document : [document];
}

const number = v.union([v.number(), v.pipe(v.string(), v.toNumber())]);
const text = v.exactOptional(v.string());
const truncation = v.exactOptional(v.object({ truncated: v.boolean() }));

const historyEvent = v.object({
  id: v.pipe(v.union([v.string(), v.number()]), v.toString()),
  type: v.string(),
  details: v.optional(
    v.object({
      name: text,
      input: text,
      inputDetails: truncation,
      output: text,
      outputDetails: truncation,
      resource: text,
      timeoutInSeconds: v.exactOptional(number),
      error: text,
      cause: text,
    }),
    {},
  ),
  previous_event_id: v.string(),
  event_timestamp: v.string(),
  execution_arn: v.string(),
}) satisfies v.GenericSchema<unknown, HistoryEvent>;

const NO_JSON = "is no JSON, or was cut off";

/** The event, or what is wrong with it. */
function eventOf(entry: unknown): HistoryEvent | string {
  const written = v.is(message, entry) ? entry.message : entry;
  const event = typeof written === "string" ? tryParseJson(written) : written;
  if (event === undefined) return NO_JSON;
  const parsed = v.safeParse(historyEvent, event);
  if (parsed.success) return parsed.output;
  const path = v.getDotPath(parsed.issues[0]) ?? "all of it";
  return `is not an event of an execution: wrong or missing: ${path}`;
}
