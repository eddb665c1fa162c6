import type { History, HistoryEvent } from "../../local/engine/history.ts";

/** One recorded call of Compute capacity. Input and output are JSON texts. */
export interface RecordedCall {
  /** Id of the event that calls the function. */
  id: string;
  input: string;
  output: string;
}

/** The calls of one execution that can be replayed, and what cannot be replayed. */
export interface RecordedExecution {
  arn: string;
  calls: RecordedCall[];
  /** Number of polls that cannot be replayed. */
  lost: number;
  /** What is missing or truncated, a sentence each, with the event's id. */
  gaps: string[];
}

const STATE = "Compute capacity";

/** Reads the calls of Compute capacity from an execution's history, in order. */
export function readRecordedExecution(history: History): RecordedExecution {
  const visits = history.flatMap((event, index) =>
    event.type === "TaskStateEntered" && event.details.name === STATE ? [index] : [],
  );
  const results = visits.flatMap((index) => readVisit(history.slice(index)));
  const calls = results.filter((result) => "input" in result);
  const lost = results.filter((result) => "gap" in result);
  return {
    arn: history[0]?.execution_arn ?? "",
    calls,
    lost: lost.length,
    gaps: [
      ...describeMissingEvents(history),
      ...describeMissingEnd(history),
      ...lost.map(({ gap }) => gap),
    ],
  };
}

/** Event ids count from 1 without gaps. */
function describeMissingEvents(history: History): string[] {
  let last = 0;
  return history.flatMap(({ id }) => {
    const expected = last + 1;
    last = Number(id);
    if (last <= expected) return [];
    const missing =
      last - expected === 1 ? `event ${expected} is` : `events ${expected} to ${last - 1} are`;
    return [`${missing} missing`];
  });
}

const EXECUTION_END = /^Execution(Succeeded|Failed|Aborted|TimedOut)$/;

function describeMissingEnd(history: History): string[] {
  const last = history.at(-1);
  if (last === undefined || EXECUTION_END.test(last.type)) return [];
  return [
    `there is no event after event ${last.id}: the execution is still running, or its end is missing`,
  ];
}

type CallOrGap = RecordedCall | { gap: string };

/** Reads one visit of the state, with a call for each attempt. The first event enters the state. */
function readVisit([entered, ...following]: History): CallOrGap[] {
  const end = following.findIndex(
    ({ type }) => type.endsWith("StateEntered") || type === "TaskStateExited",
  );
  const visit = following.slice(0, end === -1 ? undefined : end);
  const calls = visit.flatMap((scheduled, index) =>
    scheduled.type === "LambdaFunctionScheduled" ? [{ scheduled, index }] : [],
  );
  if (calls.length === 0) {
    return [{ gap: `event ${entered?.id} enters ${STATE}, but the function's input is missing` }];
  }
  return calls.map(({ scheduled, index }, number) =>
    readCall(scheduled, visit.slice(index + 1, calls[number + 1]?.index)),
  );
}

function readCall(scheduled: HistoryEvent, following: History): CallOrGap {
  const { id } = scheduled;
  if (isIncomplete(scheduled, "input")) return { gap: `the input of event ${id} is ${INCOMPLETE}` };
  const { input = "" } = scheduled.details;
  const failure = following.find(({ type }) => FAILURES.includes(type));
  if (failure !== undefined) {
    return { gap: `the call of event ${id} failed: ${failure.details.error ?? failure.type}` };
  }
  const success = following.find(({ type }) => type === "LambdaFunctionSucceeded");
  if (success === undefined) return { gap: `the result of event ${id} is missing` };
  if (isIncomplete(success, "output")) {
    return { gap: `the output of event ${success.id} is ${INCOMPLETE}` };
  }
  return { id, input, output: success.details.output ?? "" };
}

const FAILURES: readonly string[] = ["LambdaFunctionFailed", "LambdaFunctionTimedOut"];

const INCOMPLETE = "truncated, or was not logged";

/** AWS marks a text that it truncated. It leaves the text out if execution data is not logged. */
function isIncomplete({ details }: HistoryEvent, field: "input" | "output"): boolean {
  const { truncated } = details[`${field}Details`] ?? { truncated: false };
  return truncated || details[field] === undefined;
}
