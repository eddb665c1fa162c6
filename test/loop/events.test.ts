import { beforeEach, describe, expect, test } from "vitest";
import { announceJobs } from "../../local/sandbox/announce-jobs.ts";
import { createEventPath, formatQueueUrl } from "../../local/sandbox/event-path.ts";
import type { InjectedFault } from "../../local/sandbox/faults.ts";
import type { EventDelivery } from "../../simulation/events/delivery.ts";
import type { Job } from "../../simulation/fleet/options.ts";
import { randomStream } from "../../simulation/fleet/random.ts";
import { queues, sandbox, world } from "../support/sandbox.ts";
import { readDecisions, run, runAll, type ScheduledActions } from "../support/sandboxed-loop.ts";
import { listPollTimes, listTimes, parseClock } from "../support/times.ts";

/**
 * Buildkite's events on their whole way: bus, rule, FIFO queue and long poll over HTTP, the real definition and
 * handlers, in virtual time.
 */

const QUEUE = "events-main-1.fifo";

/** The part of an input that makes the loop listen. */
const LISTENING = { events: { queueUrl: formatQueueUrl(sandbox.url, QUEUE) } };

beforeEach(() => {
  world.setQueue("default", {});
  world.setGroup("web", { max: 1000 });
});

/** Announces jobs, from the time on at which the action runs. */
function announce(jobs: readonly Job[], delivery: EventDelivery = { delay: 0.3 }): () => void {
  return () => {
    const { bus, queue } = createEventPath("main", ["default"], () => Date.now());
    queues.set(QUEUE, queue);
    announceJobs(jobs, bus, delivery, randomStream(1, "events"));
  };
}

/** Creates jobs that are scheduled at these times, in epoch milliseconds. */
function createJobs(times: readonly number[]): Job[] {
  return times.map((scheduledMs) => ({ queue: "default", scheduledMs, durationMs: 60_000 }));
}

/** One more job at a time of day. */
function scheduleJob(time: string): ScheduledActions {
  return { [time]: () => world.setQueue("default", { scheduled: 1 }) };
}

/** Returns when the group was scaled out first, in seconds after a time of day. */
function reactionSeconds(time: string): number {
  const set = sandbox.calls.find(({ action }) => action === "SetDesiredCapacity");
  return ((set?.atMs ?? Number.POSITIVE_INFINITY) - parseClock(time)) / 1000;
}

/** Returns the number of polls from one time of day to another. */
function countPolls(times: readonly string[], from: string, to: string): number {
  return times.filter((time) => time >= from && time <= to).length;
}

describe("an event", () => {
  test("leads to a scale-out when it arrives", async () => {
    const jobs = createJobs([parseClock("09:00:25.500")]);
    const actions = { "09:00:00": announce(jobs), ...scheduleJob("09:00:25.500") };
    const outcome = await run({ at: "09:00:00", input: LISTENING }, actions);
    expect(reactionSeconds("09:00:25.500")).toBeCloseTo(0.3, 2);
    const beats = listTimes(10, "09:00:00", "09:02:50");
    expect(listPollTimes(outcome)).toEqual(
      [...beats, "09:00:25", "09:00:28"].sort(), // An echo 2 s after the poll, in whole seconds.
    );
  });

  test("of another queue leads to no poll", async () => {
    const jobs = createJobs([parseClock("09:00:25.500")]).map((job) => ({
      ...job,
      queue: "other",
    }));
    const actions = { "09:00:00": announce(jobs) };
    const outcome = await run({ at: "09:00:00", input: LISTENING }, actions);
    expect(listPollTimes(outcome)).toEqual(listTimes(10, "09:00:00", "09:02:50"));
  });
});

describe("1,000 events", () => {
  const spread = (seconds: number) =>
    createJobs(
      Array.from({ length: 1000 }, (_, index) => parseClock("09:00:23") + index * seconds),
    );
  const delivery = { delay: { from: 0.1, to: 0.5 }, doubled: 0.2 };

  test("in a second cause at most 3 polls", async () => {
    const actions = { "09:00:00": announce(spread(1), delivery) };
    const outcome = await run({ at: "09:00:00", input: LISTENING }, actions);
    expect(countPolls(listPollTimes(outcome), "09:00:21", "09:00:29")).toBeLessThanOrEqual(3);
  });

  test("in 20 seconds cause at most 11 polls", async () => {
    const actions = { "09:00:00": announce(spread(20), delivery) };
    const outcome = await run({ at: "09:00:00", input: LISTENING }, actions);
    const polls = countPolls(listPollTimes(outcome), "09:00:23", "09:00:43");
    expect(polls).toBeLessThanOrEqual(11);
    expect(polls).toBeGreaterThan(8);
  });
});

describe("around the hand-over", () => {
  const OFFSETS = Array.from({ length: 15 }, (_, index) => index * 400 - 3000);

  test.each(OFFSETS)("a job is seen within 2.5 s: %i ms after it", async (offsetMs) => {
    const time = new Date(parseClock("09:04:00") + offsetMs).toISOString().slice(11, 23);
    const actions = {
      "09:03:30": announce(createJobs([parseClock(time)])),
      ...scheduleJob(time),
    };
    const day = "2026-01-05T";
    const [first, second] = await runAll(
      [
        { at: "09:03:35", input: { ...LISTENING, scheduledAt: `${day}09:00:00Z` } },
        { at: "09:03:40", input: { ...LISTENING, scheduledAt: `${day}09:03:00Z` } },
      ],
      actions,
    );
    expect([first?.status, second?.status]).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    expect(reactionSeconds(time)).toBeLessThanOrEqual(2.5);
  });
});

describe("if listening fails, the loop is what it is without events", () => {
  const FAILURES: { what: string; fault?: InjectedFault }[] = [
    { what: "the queue is missing" },
    { what: "SQS answers 500", fault: { awsError: "InternalFailure", status: 500 } },
    { what: "AWS refuses access", fault: { awsError: "AccessDeniedException" } },
    { what: "the connection is lost", fault: "reset" },
  ];

  test.each(FAILURES)("$what", async ({ fault }) => {
    const actions = scheduleJob("09:00:25.500");
    const without = await run({ at: "09:00:00" }, actions);
    world.setQueue("default", {});
    world.setGroup("web", { max: 1000 });
    if (fault !== undefined) {
      announce([])();
      sandbox.faults.add({ service: "SQS", fault });
    }
    const outcome = await run({ at: "09:00:00", input: LISTENING }, actions);
    expect(outcome.status).toBe("SUCCEEDED");
    expect(listPollTimes(outcome)).toEqual(listPollTimes(without));
    expect(readDecisions(outcome)).toEqual(readDecisions(without));
  });
});
