import type { History, HistoryEvent } from "../../local/engine/history.ts";

/** One time that Compute capacity was asked, as a history recorded it: JSON texts. */
export interface RecordedCall {
  /** The event that asked. */
  id: string;
  input: string;
  output: string;
}

/** What can be replayed of one execution, and what cannot, with why. */
export interface RecordedExecution {
  arn: string;
  calls: RecordedCall[];
  /** How many polls cannot be replayed. */
  lost: number;
  /** What is missing or cut, in words; each names its event. */
  gaps: string[];
}

const STATE = "Compute capacity";

/** Reads one execution's calls out of its events, in order. What is not there is said, not guessed. */
export function readRecordedExecution(history: History): RecordedExecution {
  const gaps = [...describeMissingEvents(history), ...describeMissingEnd(history)];
  const calls: RecordedCall[] = [];
  let lost = 0;
  for (const [index, event] of history.entries()) {
    if (event.type !== "TaskStateEntered" || event.details.name !== STATE) continue;
    for (const found of listCalls(history.slice(index + 1))) {
      if ("gap" in found) {
        lost += 1;
        gaps.push(found.gap);
      } else calls.push(found);
    }
  }
  return { arn: history[0]?.execution_arn ?? "", calls, lost, gaps };
}

/** Events are numbered without a gap, from 1 on. */
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

const ENDS = /^Execution(Succeeded|Failed|Aborted|TimedOut)$/;

function describeMissingEnd(history: History): string[] {
  const last = history.at(-1);
  if (last === undefined || ENDS.test(last.type)) return [];
  return [
    `nothing is recorded after event ${last.id}: the execution still runs, or its end is missing`,
  ];
}

type CallOrGap = RecordedCall | { gap: string };

/** The attempts of one visit of the state: from where it was entered to where it was left. */
function listCalls(after: History): CallOrGap[] {
  const end = after.findIndex(
    ({ type }) => type.endsWith("StateEntered") || type === "TaskStateExited",
  );
  const visit = after.slice(0, end === -1 ? undefined : end);
  const asked = visit.flatMap((event, index) =>
    event.type === "LambdaFunctionScheduled" ? [index] : [],
  );
  const entered = after[0] === undefined ? "the last event" : `event ${Number(after[0].id) - 1}`;
  if (asked.length === 0)
    return [{ gap: `${STATE} was entered at ${entered}, and what it was asked is missing` }];
  return asked.map((start, index) => readCall(visit.slice(start, asked[index + 1])));
}

function readCall([asked, ...rest]: History): CallOrGap {
  if (asked === undefined) return { gap: "" };
  const { id } = asked;
  if (isCut(asked, "input")) return { gap: `the input of event ${id} is cut` };
  const { input = "" } = asked.details;
  const failed = rest.find(({ type }) => FAILURES.includes(type));
  if (failed !== undefined) {
    const why = failed.details.error ?? failed.type;
    return { gap: `event ${id} came to no decision: ${why}` };
  }
  const answered = rest.find(({ type }) => type === "LambdaFunctionSucceeded");
  if (answered === undefined) return { gap: `the answer to event ${id} is missing` };
  if (isCut(answered, "output")) return { gap: `the output of event ${answered.id} is cut` };
  return { id, input, output: answered.details.output ?? "" };
}

const FAILURES: readonly string[] = ["LambdaFunctionFailed", "LambdaFunctionTimedOut"];

/** AWS says that it cut a text, or leaves it out (execution data is not logged). */
function isCut({ details }: HistoryEvent, which: "input" | "output"): boolean {
  const { truncated } = details[`${which}Details`] ?? { truncated: false };
  return truncated || details[which] === undefined;
}
