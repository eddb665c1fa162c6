import { readDefinition } from "../../config/definition.ts";
import { SLOT_LEAD_SECONDS, SLOT_SECONDS } from "../../functions/core/slot.ts";
import type { HistoryEvent } from "../../local/engine/history.ts";
import { runExecution } from "../../local/engine/run-execution.ts";
import { withPollInterval } from "../../local/engine/run-loop.ts";
import { runInVirtualTime } from "../../local/engine/virtual-time.ts";
import { announceJobs } from "../../local/sandbox/announce-jobs.ts";
import { connectHandlers } from "../../local/sandbox/connect-handlers.ts";
import { createEventPath, formatQueueUrl } from "../../local/sandbox/event-path.ts";
import type { EventQueue } from "../../local/sandbox/event-queue.ts";
import { createScriptedWorld } from "../../local/sandbox/scripted-world.ts";
import { startSandbox } from "../../local/sandbox/server.ts";
import type { EventDelivery } from "../../simulation/events/delivery.ts";
import type { Job } from "../../simulation/fleet/options.ts";
import { randomStream, sampleExponential } from "../../simulation/fleet/random.ts";
import { percentile, sortValues } from "../../simulation/statistics.ts";
import { printHeading, printTable } from "./print.ts";

/**
 * (g): from a job that is scheduled until AWS receives the new desired capacity, with and without Buildkite's
 * events. The loop waits in virtual time; its work is measured in real time.
 *
 * It has a process of its own, because its sandbox lives in virtual time and the handlers know one sandbox.
 */

const JOBS = 500;
const MEAN_GAP_SECONDS = 20;
const START_MS = Date.parse("2026-01-05T09:01:00Z");
const SLOT_MS = SLOT_SECONDS * 1000;

const QUEUE = "default";
const GROUP = "web";
const PARAMETER = "/bench/agent-token";
const TOKEN = "of-the-bench";

interface Variant {
  title: string;
  pollIntervalSeconds: number;
  /** Absent: the loop listens to no events. */
  events?: EventDelivery;
}

const VARIANTS: readonly Variant[] = [
  { title: "polls every 10 s", pollIntervalSeconds: 10 },
  { title: "events, polls every 10 s", pollIntervalSeconds: 10, events: { delay: 0.3 } },
  { title: "events, polls every 20 s", pollIntervalSeconds: 20, events: { delay: 0.3 } },
  {
    title: "all events lost, polls every 10 s",
    pollIntervalSeconds: 10,
    events: { delay: 0.3, lost: 1 },
  },
];

const world = createScriptedWorld();
const queues = new Map<string, EventQueue>();
let onCall: (action: string) => void = () => {};
const sandbox = await startSandbox({
  world,
  buildkite: { token: TOKEN },
  parameters: new Map([[PARAMETER, TOKEN]]),
  queues,
  now: () => Date.now(),
  onCall: ({ action }) => onCall(action),
});
const handlers = await connectHandlers(sandbox);

/** What one variant did. */
interface Reactions {
  /** For each job, in virtual seconds. */
  waits: number[];
  /** For each scale-out, in real milliseconds. */
  work: number[];
  polls: number;
  seconds: number;
}

/** Every job needs one instance more, so that each has a scale-out that serves it. */
async function measure(variant: Variant): Promise<Reactions> {
  const jobs = createJobs();
  const seconds = ((jobs.at(-1)?.scheduledMs ?? 0) - START_MS) / 1000;
  const slots = Math.ceil(seconds / SLOT_SECONDS) + 1;
  world.clear();
  world.setQueue(QUEUE, {});
  world.setGroup(GROUP, { max: JOBS });
  sandbox.calls.length = 0;
  const stopwatch = createStopwatch();
  const work: number[] = [];
  onCall = (action) => {
    if (action === "SetDesiredCapacity") work.push(stopwatch.elapsedMs());
  };
  await runInVirtualTime(START_MS - 1000, () => runSlots(variant, jobs, slots, stopwatch.observe), {
    realLimitMs: 60_000,
  });
  const polls = sandbox.calls.filter(({ action }) => action === "metrics/queue").length;
  return { waits: findWaits(jobs), work, polls, seconds: slots * SLOT_SECONDS };
}

function createJobs(): Job[] {
  const random = randomStream(1, "jobs");
  let scheduledMs = START_MS;
  return Array.from({ length: JOBS }, () => {
    scheduledMs += Math.ceil(sampleExponential(MEAN_GAP_SECONDS * 1000, random));
    return { queue: QUEUE, scheduledMs, durationMs: 60_000 };
  });
}

/** Runs one execution after another, as the schedule starts them. */
async function runSlots(
  { pollIntervalSeconds, events }: Variant,
  jobs: readonly Job[],
  slots: number,
  onEvent: (event: HistoryEvent) => void,
): Promise<void> {
  for (const [index, { scheduledMs }] of jobs.entries())
    setTimeout(() => world.setQueue(QUEUE, { scheduled: index + 1 }), scheduledMs - Date.now());
  const listening = events === undefined ? {} : announce(jobs, events);
  for (let slot = 0; slot < slots; slot += 1) {
    const scheduledMs = START_MS + slot * SLOT_MS - SLOT_LEAD_SECONDS * 1000;
    await runExecution({
      definition: withPollInterval(readDefinition(), pollIntervalSeconds),
      input: {
        name: "bench",
        agentTokenParameter: PARAMETER,
        agentEndpoint: sandbox.agentEndpoint,
        scheduledAt: new Date(scheduledMs).toISOString(),
        scalers: [{ queue: QUEUE, group: GROUP, agentsPerInstance: 1 }],
        ...listening,
      },
      handlers,
      name: `slot-${slot}`,
      onEvent,
    }).outcome;
  }
}

/** Returns the part of the input that makes the loop listen. */
function announce(jobs: readonly Job[], events: EventDelivery) {
  const { bus, queue, queueName } = createEventPath("bench", [QUEUE], () => Date.now());
  queues.set(queueName, queue);
  announceJobs(jobs, bus, events, randomStream(1, "events"));
  return { events: { queueUrl: formatQueueUrl(sandbox.url, queueName) } };
}

/** The scale-out that serves the first job is to 1, or to more. */
function findWaits(jobs: readonly Job[]): number[] {
  const set = sandbox.calls.filter(({ action }) => action === "SetDesiredCapacity");
  let next = 0;
  return jobs.map(({ scheduledMs }, index) => {
    while ((world.commands[next]?.desired ?? JOBS) <= index) next += 1;
    const served = set[next];
    if (served === undefined) throw new Error(`no scale-out served job ${index + 1}`);
    return (served.atMs - scheduledMs) / 1000;
  });
}

/**
 * Measures the work since the loop woke up, in real time: from the end of the last listen or wait, without
 * the wait for the least gap in between.
 */
function createStopwatch() {
  let startedMs = 0;
  let beforeMs = 0;
  const observe = ({ type, details: { name = "" } }: HistoryEvent) => {
    const nowMs = performance.now();
    if (type === "TaskStateExited" && name === "Listen for jobs")
      [startedMs, beforeMs] = [nowMs, 0];
    if (type === "WaitStateEntered")
      beforeMs = name === "Wait for the least gap" ? nowMs - startedMs : 0;
    if (type === "WaitStateExited") startedMs = nowMs;
  };
  return { observe, elapsedMs: () => beforeMs + performance.now() - startedMs };
}

function formatRow(title: string, { waits, work, polls, seconds }: Reactions): string[] {
  const read = (values: readonly number[], share: number) =>
    percentile(sortValues(values), share) ?? 0;
  return [
    title,
    ...[0.5, 0.95, 0.99].map((share) => `${read(waits, share).toFixed(2)} s`),
    ...[0.5, 0.99].map((share) => `${read(work, share).toFixed(1)} ms`),
    String(Math.round((polls * 3600) / seconds)),
  ];
}

printHeading(
  `g  From a job that is scheduled to SetDesiredCapacity received, ${JOBS} jobs at random moments, one in ${MEAN_GAP_SECONDS} s`,
  "the wait is in virtual time; the work from the end of the wait is in real time, on this machine; events arrive after 0.3 s",
);
const rows: string[][] = [];
for (const variant of VARIANTS) rows.push(formatRow(variant.title, await measure(variant)));
printTable(["", "wait p50", "wait p95", "wait p99", "work p50", "work p99", "polls an hour"], rows);
await sandbox.close();
