import { readFile, writeFile } from "node:fs/promises";

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
 * `aws logs filter-log-events` prints as JSON, or log lines of JSON, one a line.
 * @throws SyntaxError where an event is not JSON, TypeError where it is not an execution's event
 */
export function historiesIn(text: string): History[] {
  const byExecution = Map.groupBy(eventsIn(text), ({ execution_arn }) => execution_arn);
  return [...byExecution.values()].map((events) =>
    events.sort((a, b) => Number(a.id) - Number(b.id)),
  );
}

function eventsIn(text: string): HistoryEvent[] {
  return entriesIn(text).map((entry) => {
    const event = "message" in entry ? JSON.parse(String(entry.message)) : entry;
    if (!isHistoryEvent(event)) {
      throw new TypeError(`not an event of an execution: ${JSON.stringify(event).slice(0, 200)}`);
    }
    return event;
  });
}

function entriesIn(text: string): object[] {
  const whole = text.trim();
  const parsed: unknown = isOneDocument(whole)
    ? JSON.parse(whole)
    : whole.split("\n").map((line) => JSON.parse(line));
  const entries = isObject(parsed) && "events" in parsed ? parsed.events : parsed;
  return (Array.isArray(entries) ? entries : [entries]).map((entry: unknown) =>
    typeof entry === "string" ? { message: entry } : isObject(entry) ? entry : { entry },
  );
}

/** One JSON document, not one a line. */
function isOneDocument(text: string): boolean {
  const [first = ""] = text.split("\n", 1);
  return text === first || !isJson(first);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // The answer, not a failure: a pretty-printed document's first line is no JSON.
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isHistoryEvent(value: unknown): value is HistoryEvent {
  return isObject(value) && "id" in value && "type" in value && "details" in value;
}
