import * as v from "valibot";
import { readDefinition } from "../../config/definition.ts";
import type { History } from "../../local/engine/history.ts";
import {
  type RecordedDecision,
  recordedApplySchema,
  recordedPollSchema,
} from "../../local/engine/recorded-tasks.ts";
import { type Outcome, runExecution } from "../../local/engine/run-execution.ts";
import { withPollInterval } from "../../local/engine/run-loop.ts";
import { runInVirtualTime } from "../../local/engine/virtual-time.ts";
import { buildkite, createInput, HANDLERS, newParameter, sandbox } from "./sandbox.ts";
import { formatClock, parseClock } from "./times.ts";

/** The scaling loop's own definition and the real handlers, which talk over HTTP to the sandbox, in virtual time. */

/** One execution. */
export interface Start {
  /** When it starts, as `HH:MM:SS`. */
  at: string;
  /** What differs from {@link createInput}. */
  input?: Record<string, unknown>;
  /** In place of Settings' own. */
  pollIntervalSeconds?: number;
}

/** What else happens, by the time of the day at which it does, as `HH:MM:SS`. */
export type ScheduledActions = Readonly<Record<string, () => void>>;

/** Of every run so far. */
const histories: History[] = [];

/** Runs executions, each from its own start on, as warm as one that has not yet read a token. */
export function runAll(
  starts: readonly Start[],
  happenings: ScheduledActions = {},
): Promise<Outcome[]> {
  const agentTokenParameter = newParameter(buildkite.token);
  const begins = Math.min(
    ...[...starts.map(({ at }) => at), ...Object.keys(happenings)].map(parseClock),
  );
  return runInVirtualTime(begins, async () => {
    for (const [at, happen] of Object.entries(happenings)) void runAtTime(parseClock(at), happen);
    return Promise.all(starts.map((start) => runStart(start, agentTokenParameter)));
  });
}

/** Runs one execution. */
export async function run(start: Start, happenings: ScheduledActions = {}): Promise<Outcome> {
  const [outcome] = await runAll([start], happenings);
  if (outcome === undefined) throw new Error("one start makes one outcome");
  return outcome;
}

function runStart(
  { at, input, pollIntervalSeconds }: Start,
  agentTokenParameter: string,
): Promise<Outcome> {
  return runAtTime(parseClock(at), async () => {
    const outcome = await runExecution({
      definition: readDefinition(),
      edit: (definition) => withPollInterval(definition, pollIntervalSeconds),
      input: createInput({ agentTokenParameter, ...input }),
      handlers: HANDLERS,
      name: `started-${at}`,
    }).outcome;
    histories.push(outcome.history);
    return outcome;
  });
}

function runAtTime<T>(ms: number, work: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const begin = () => Promise.resolve().then(work).then(resolve, reject);
    setTimeout(begin, ms - Date.now());
  });
}

/** What each poll decided. */
export function readDecisions({ history }: Outcome): RecordedDecision[][] {
  return readOutputs("Compute capacity", history).map(
    (output) => v.parse(recordedPollSchema, output).decisions,
  );
}

/** What came of the changes of each poll that made any. */
export function readApplied({ history }: Outcome) {
  return readOutputs("Apply scaling", history).map(
    (output) => v.parse(recordedApplySchema, output).carry.applied,
  );
}

/** The state after each time that a Task was left. */
export function readOutputs(state: string, history: History): unknown[] {
  return history
    .filter(({ type, details }) => type === "TaskStateExited" && details.name === state)
    .map(({ details }) => JSON.parse(details.output ?? "null"));
}

/** When an action was asked for, as `HH:MM:SS subject`, oldest first. */
export function listRequests(action: string): string[] {
  return sandbox.calls
    .filter((call) => call.action === action)
    .map(({ atMs, subject }) => `${formatClock(atMs)} ${subject}`.trim());
}

/** Begins every token in these tests, or is AWS's secret key. */
const SECRET = /bkct_[\w-]*|of-the-sandbox/g;

/** The secrets that can be read in the histories of the runs so far. */
export function countSecretReads(): string[] {
  return joinHistories().match(SECRET) ?? [];
}

/** All histories of the runs so far, as one text. */
export function joinHistories(): string {
  return JSON.stringify(histories);
}
