import { readFile, writeFile } from "node:fs/promises";
import * as v from "valibot";

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
export function loggedBytes(event: HistoryEvent): number {
  const { input = "", output = "", cause = "" } = event.details;
  return (
    FRAME_BYTES + Buffer.byteLength(input) + Buffer.byteLength(output) + Buffer.byteLength(cause)
  );
}

const FIRST_STATE_OF_A_POLL = "Fetch metrics";

/** The events cut into polls. What comes before the first poll belongs to none. */
export function polls(history: History): PollEvents[] {
  const starts = history.flatMap((event, index) => (startsPoll(event) ? [index] : []));
  return starts.map((start, index) => history.slice(start, starts[index + 1]));
}

function startsPoll({ type, details }: HistoryEvent): boolean {
  return type === "TaskStateEntered" && details.name === FIRST_STATE_OF_A_POLL;
}

/** The states that were entered, in order. */
export function statesEntered(history: History): string[] {
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
  return historiesIn(await readFile(path, "utf8"));
}

/**
 * The histories in a text, one an execution, each with its events in order: a file of ours, what
 * `aws logs filter-log-events` prints (as it is, or only its messages), or events one a line.
 * @throws SyntaxError where it is no JSON, TypeError where it is not an execution's event
 */
export function historiesIn(text: string): History[] {
  const events = entriesIn(text).map(eventOf);
  const byExecution = Map.groupBy(events, ({ execution_arn }) => execution_arn);
  return [...byExecution.values()].map((history) =>
    history.sort((a, b) => Number(a.id) - Number(b.id)),
  );
}

const wrapped = v.object({ events: v.array(v.unknown()) });
const message = v.object({ message: v.string() });

/** What stands in the text: events, log events around them, or their messages. */
function entriesIn(text: string): unknown[] {
  const parsed = documentOrLines(text);
  if (v.is(wrapped, parsed)) return parsed.events;
  return Array.isArray(parsed) ? parsed : [parsed];
}

function documentOrLines(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.trim().split("\n").map(lineOf); // Not one document: then one a line.
  }
}

function lineOf(line: string, index: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new SyntaxError(`line ${index + 1} is no JSON, and neither is the whole`, { cause });
  }
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

function eventOf(entry: unknown): HistoryEvent {
  const written = v.is(message, entry) ? entry.message : entry;
  const event: unknown = typeof written === "string" ? JSON.parse(written) : written;
  const parsed = v.safeParse(historyEvent, event);
  if (parsed.success) return parsed.output;
  const start = JSON.stringify(event).slice(0, 100);
  throw new TypeError(`not an event of an execution: ${parsed.issues[0].message} in ${start}`);
}
