import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as v from "valibot";
import type { QueueFacts } from "../../functions/core/facts.ts";
import {
  countLoggedBytes,
  cutIntoPolls,
  type HistoryEvent,
  type PollEvents,
  parseHistories,
} from "../../local/engine/history.ts";
import {
  recordedApplySchema,
  recordedDecisionsSchema,
  recordedFetchSchema,
} from "../../local/engine/recorded-tasks.ts";
import { formatKilobytes } from "../format-kilobytes.ts";
import { formatMarkdownTable } from "./markdown-table.ts";

/** The history of one poll. It was recorded by record-poll.ts, so that its times are measured ones. */
export const RECORDED_POLL = resolve(import.meta.dirname, "../../docs/data/poll.history.json");

/**
 * Returns the events of the recorded poll.
 * @throws Error if the record contains no poll
 */
export function readRecordedPoll(): PollEvents {
  const [history = []] = parseHistories(readFileSync(RECORDED_POLL, "utf8"));
  const [poll] = cutIntoPolls(history);
  if (poll === undefined) throw new Error(`${RECORDED_POLL} contains no poll`);
  return poll;
}

/** One visit of a poll to a state, from entry to exit. */
export interface Visit {
  state: string;
  /** E.g. `Task`. */
  type: string;
  milliseconds: number;
  events: number;
  bytes: number;
  /** One line for each result. */
  results: string[];
}

/** Returns the states that a poll entered, in order, with their duration and their logged bytes. */
export function listVisits(events: PollEvents): Visit[] {
  const starts = events.flatMap(({ type }, index) =>
    type.endsWith("StateEntered") ? [index] : [],
  );
  return starts.map((start, index) => toVisit(events.slice(start, starts[index + 1])));
}

function toVisit(events: readonly HistoryEvent[]): Visit {
  const [entered] = events;
  const exited = events.findLast(({ type }) => type.endsWith("StateExited"));
  const answered = events.findLast(({ type }) => type === "LambdaFunctionSucceeded");
  const { name: state = "" } = entered?.details ?? {};
  return {
    state,
    type: entered?.type.replace("StateEntered", "") ?? "",
    milliseconds: Number(exited?.event_timestamp) - Number(entered?.event_timestamp),
    events: events.length,
    bytes: events.reduce((sum, event) => sum + countLoggedBytes(event), 0),
    results:
      state === "Compute capacity"
        ? describeAnswer(answered?.details.output)
        : describeOutput(state, exited?.details.output),
  };
}

type RecordedObservation = v.InferOutput<typeof recordedFetchSchema>["observation"];
type RecordedDecisions = v.InferOutput<typeof recordedDecisionsSchema>["decisions"];
type RecordedOutcomes = v.InferOutput<typeof recordedApplySchema>["carry"]["applied"];

/** The decisions are in the function's answer only: the state goes on without them. */
function describeAnswer(output = "null"): string[] {
  const answer: unknown = JSON.parse(output);
  return v.is(recordedDecisionsSchema, answer) ? describeDecisions(answer.decisions) : [];
}

function describeOutput(state: string, output = "null"): string[] {
  const result: unknown = JSON.parse(output);
  if (state === "Fetch metrics" && v.is(recordedFetchSchema, result)) {
    return describeObservation(result.observation);
  }
  if (state === "Apply scaling" && v.is(recordedApplySchema, result)) {
    return describeOutcomes(result.carry.applied);
  }
  return [];
}

/** One line for each queue and each group; only the error's name if the whole Task failed. */
function describeObservation(observation: RecordedObservation): string[] {
  if ("Error" in observation) return [observation.Error];
  const queues = Object.entries(observation.queues ?? {}).map(([queue, facts]) =>
    "fault" in facts
      ? `queue ${queue}: ${facts.fault.message}`
      : `queue ${queue}: ${describeQueue(facts)}`,
  );
  const groups = Object.entries(observation.groups ?? {}).map(([group, size]) =>
    "fault" in size
      ? `group ${group}: ${size.fault.message}`
      : `group ${group}: desired capacity ${size.desired}, min ${size.min}, max ${size.max}`,
  );
  return [...queues, ...groups];
}

function describeQueue({ jobs, agents }: QueueFacts): string {
  return `${jobs.scheduled} scheduled, ${jobs.running} running, ${jobs.waiting} waiting; ${agents.total} agents`;
}

function describeDecisions(decisions: RecordedDecisions): string[] {
  return decisions.flatMap(({ scaler, action, from, to, reasons }) => [
    action === "none" ? `${scaler} stays at ${from}` : `${scaler}: ${action} ${from} to ${to}`,
    ...reasons.map((reason) => `· ${reason}`),
  ]);
}

function describeOutcomes(outcomes: RecordedOutcomes): string[] {
  return Object.entries(outcomes).map(([scaler, outcome]) =>
    "set" in outcome
      ? `desired capacity of ${scaler} set to ${outcome.set}`
      : `${scaler}: ${outcome.fault.message}`,
  );
}

const COLUMNS = ["State", "Type", "Duration", "Logged", "Result"];

/** Returns one poll as Markdown: a table of its states, and a line with the totals. */
export function formatPollTable(events: PollEvents): string {
  const visits = listVisits(events);
  const rows = visits.map(({ state, type, milliseconds, bytes, results }) => [
    state,
    type,
    formatMilliseconds(milliseconds),
    formatKilobytes(bytes),
    results.join("<br>"),
  ]);
  return `${formatMarkdownTable([COLUMNS, ...rows])}\n\n${formatTotals(visits)}`;
}

function formatTotals(visits: readonly Visit[]): string {
  const working = visits.filter(({ type }) => type !== "Wait");
  const milliseconds = sumBy(working, (visit) => visit.milliseconds);
  const events = sumBy(visits, (visit) => visit.events);
  const bytes = sumBy(visits, (visit) => visit.bytes);
  return `In total: ${formatMilliseconds(milliseconds)} of work, ${events} events, ${formatKilobytes(bytes)} logged.`;
}

function sumBy(visits: readonly Visit[], value: (visit: Visit) => number): number {
  return visits.reduce((sum, visit) => sum + value(visit), 0);
}

function formatMilliseconds(milliseconds: number): string {
  if (milliseconds < 1) return "< 1 ms";
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}
