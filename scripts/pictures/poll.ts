import * as v from "valibot";
import {
  countLoggedBytes,
  type HistoryEvent,
  type PollEvents,
} from "../../local/engine/history.ts";
import {
  recordedApplySchema,
  recordedFetchSchema,
  recordedPollSchema,
} from "../../local/engine/recorded-tasks.ts";
import { COLOURS, picture, textAt } from "./svg.ts";

/** One state of a poll, from its entry to its exit. */
export interface Step {
  state: string;
  /** E.g. `Task`. */
  type: string;
  milliseconds: number;
  events: number;
  bytes: number;
  /** What came of it, a line each. */
  said: string[];
}

/** The states that a poll entered, in order, with how long each took and what it wrote. */
export function stepsOf(events: PollEvents): Step[] {
  const starts = events.flatMap(({ type }, index) =>
    type.endsWith("StateEntered") ? [index] : [],
  );
  return starts.map((start, index) => stepOf(events.slice(start, starts[index + 1])));
}

function stepOf(events: readonly HistoryEvent[]): Step {
  const [entered] = events;
  const exited = events.findLast(({ type }) => type.endsWith("StateExited"));
  const { name: state = "" } = entered?.details ?? {};
  return {
    state,
    type: entered?.type.replace("StateEntered", "") ?? "",
    milliseconds: Number(exited?.event_timestamp) - Number(entered?.event_timestamp),
    events: events.length,
    bytes: events.reduce((sum, event) => sum + countLoggedBytes(event), 0),
    said: said(state, exited?.details.output),
  };
}

function said(state: string, output = "null"): string[] {
  const answer: unknown = JSON.parse(output);
  if (state === "Fetch metrics" && v.is(recordedFetchSchema, answer))
    return facts(answer.observation);
  if (state === "Compute capacity" && v.is(recordedPollSchema, answer))
    return answer.decisions.flatMap(({ scaler, action, from, to, reasons }) => [
      action === "none" ? `${scaler} stays at ${from}` : `${scaler}: ${action} ${from} to ${to}`,
      ...reasons.map((reason) => `· ${reason}`),
    ]);
  if (state === "Apply scaling" && v.is(recordedApplySchema, answer))
    return Object.entries(answer.carry.applied).map(([scaler, outcome]) =>
      "set" in outcome
        ? `desired capacity of ${scaler} set to ${outcome.set}`
        : `${scaler}: ${outcome.fault.message}`,
    );
  return [];
}

/** What was read, each queue and each group on a line; none where the whole Task failed. */
function facts(observation: v.InferOutput<typeof recordedFetchSchema>["observation"]): string[] {
  if ("Error" in observation) return [observation.Error];
  const queues = Object.entries(observation.queues ?? {}).map(
    ([queue, { jobs, agents }]) =>
      `queue ${queue}: ${jobs.scheduled} scheduled, ${jobs.running} running, ${jobs.waiting} waiting; ${agents.total} agents`,
  );
  const groups = Object.entries(observation.groups ?? {}).map(([group, size]) =>
    "fault" in size
      ? `group ${group}: ${size.fault.message}`
      : `group ${group}: ${size.desired} desired, from ${size.min} to ${size.max}`,
  );
  return [...queues, ...groups];
}

/** All in pixels. */
const WIDTH = 820;
const TOP = 76;
const ROW_HEIGHT = 46;
const LINE_HEIGHT = 14;
const COLUMNS = { state: 20, duration: 270, log: 370, said: 400 };

/** One poll: its states from top to bottom, how long each took, and what came of it. */
export function pollPicture(events: PollEvents): string {
  const steps = stepsOf(events);
  const tops = steps.map((_, index) =>
    steps.slice(0, index).reduce((sum, step) => sum + heightOf(step), TOP),
  );
  const height = steps.reduce((sum, step) => sum + heightOf(step), TOP) + 34;
  return picture({ width: WIDTH, height }, TITLE, [
    textAt(COLUMNS.state, 28, TITLE, "title"),
    textAt(COLUMNS.state, 62, "state", "small"),
    textAt(COLUMNS.duration, 62, "took", "small", "end"),
    textAt(COLUMNS.log, 62, "logged", "small", "end"),
    textAt(COLUMNS.said, 62, "what came of it", "small"),
    ...steps.map((step, index) => row(step, tops[index] ?? TOP)),
    textAt(COLUMNS.state, height - 12, sumOf(steps), "small"),
  ]);
}

const TITLE = "One poll that scales, as the engine ran it against the sandbox on one machine";

function heightOf({ said }: Step): number {
  return Math.max(ROW_HEIGHT, said.length * LINE_HEIGHT + 18);
}

function row(step: Step, top: number): string {
  const { state, type, milliseconds, bytes } = step;
  const height = heightOf(step) - 8;
  const middle = top + height / 2 + 4;
  const firstLine = middle - ((step.said.length - 1) * LINE_HEIGHT) / 2;
  return [
    `<rect x="${COLUMNS.state}" y="${top}" width="180" height="${height}" rx="6" fill="${COLOURS[type] ?? "#ffffff"}" stroke="#374151"/>`,
    textAt(COLUMNS.state + 10, middle, state, "name"),
    textAt(COLUMNS.state + 170, middle, type, "type", "end"),
    textAt(COLUMNS.duration, middle, duration(milliseconds), "", "end"),
    textAt(COLUMNS.log, middle, kilobytes(bytes), "", "end"),
    ...step.said.map((line, index) =>
      textAt(COLUMNS.said, firstLine + index * LINE_HEIGHT, line, "small"),
    ),
  ].join("");
}

function sumOf(steps: readonly Step[]): string {
  const working = steps.filter(({ type }) => type !== "Wait");
  const milliseconds = working.reduce((sum, step) => sum + step.milliseconds, 0);
  const events = steps.reduce((sum, step) => sum + step.events, 0);
  const bytes = steps.reduce((sum, step) => sum + step.bytes, 0);
  return `In all ${duration(milliseconds)} of work, ${events} events, ${kilobytes(bytes)} logged. On AWS each Task also takes its way to Lambda, Buildkite and AWS.`;
}

function duration(milliseconds: number): string {
  if (milliseconds < 1) return "under 1 ms";
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}
