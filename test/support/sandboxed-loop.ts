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
import { formatClock, parseClock, readAnswers, readOutputs } from "./times.ts";

/** Runs the real definition with the real handlers, which call the sandbox over HTTP, in virtual time. */

/** One execution. */
export interface Start {
  /** When it starts, as `HH:MM:SS`. */
  at: string;
  /** Overrides of {@link createInput}. */
  input?: Record<string, unknown>;
  /** Replaces the interval of the definition. */
  pollIntervalSeconds?: number;
}

/** Actions by the time of day at which they run, as `HH:MM:SS`. */
export type ScheduledActions = Readonly<Record<string, () => void>>;

/** The histories of all runs so far. */
const histories: History[] = [];

/** Runs executions, each from its own start on. None has read the token before. */
export function runAll(
  starts: readonly Start[],
  actions: ScheduledActions = {},
): Promise<Outcome[]> {
  const agentTokenParameter = newParameter(buildkite.token);
  const startsMs = Math.min(
    ...[...starts.map(({ at }) => at), ...Object.keys(actions)].map(parseClock),
  );
  return runInVirtualTime(startsMs, async () => {
    for (const [at, act] of Object.entries(actions)) void runAtTime(parseClock(at), act);
    return Promise.all(starts.map((start) => runStart(start, agentTokenParameter)));
  });
}

/** Runs one execution. */
export async function run(start: Start, actions: ScheduledActions = {}): Promise<Outcome> {
  const [outcome] = await runAll([start], actions);
  if (outcome === undefined) throw new Error("one start has one outcome");
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

/** Returns the decisions of each poll. */
export function readDecisions({ history }: Outcome): RecordedDecision[][] {
  return readAnswers("Compute capacity", history).map(
    (answer) => v.parse(recordedPollSchema, answer).decisions,
  );
}

/** Returns the outcomes of the changes, for each poll with changes. */
export function readApplied({ history }: Outcome) {
  return readOutputs("Apply scaling", history).map(
    (output) => v.parse(recordedApplySchema, output).carry.applied,
  );
}

/** Lists the requests for an action, as `HH:MM:SS subject`, oldest first. */
export function listRequests(action: string): string[] {
  return sandbox.calls
    .filter((call) => call.action === action)
    .map(({ atMs, subject }) => `${formatClock(atMs)} ${subject}`.trim());
}

/** Matches every token of these tests, and the AWS secret key. */
const SECRET = /bkct_[\w-]*|of-the-sandbox/g;

/** Returns the secrets in the histories of the runs so far. */
export function countSecretReads(): string[] {
  return joinHistories().match(SECRET) ?? [];
}

/** Returns the histories of the runs so far as one text. */
export function joinHistories(): string {
  return JSON.stringify(histories);
}
