import { describe, expect, test } from "vitest";
import { buildEventRule } from "../../../config/event-rule.ts";
import { runInVirtualTime } from "../../../local/engine/virtual-time.ts";
import { announceJobs } from "../../../local/sandbox/announce-jobs.ts";
import { createJobEvent, EVENT_SOURCE } from "../../../local/sandbox/buildkite-events.ts";
import { createEventBus } from "../../../local/sandbox/event-bus.ts";
import { EventQueue } from "../../../local/sandbox/event-queue.ts";
import { matchesPattern, transformEvent } from "../../../local/sandbox/event-rule.ts";
import type { EventDelivery } from "../../../simulation/events/delivery.ts";
import type { Job } from "../../../simulation/fleet/options.ts";
import { randomStream } from "../../../simulation/fleet/random.ts";

/** Buildkite's events on their way to a loop's queue. */

const START = Date.parse("2026-01-05T09:00:00Z");

const RULE = buildEventRule(["default", "deploy"]);

describe("a rule", () => {
  const scheduled = (queue?: string) =>
    createJobEvent("Job Scheduled", { queue, scheduledMs: START + 2999 });
  const withJob = (job: object) => ({ ...scheduled("default"), detail: { job } });

  const CASES = [
    { what: "a job of one of its queues", event: scheduled("deploy"), takes: true },
    { what: "a job of another queue", event: scheduled("other"), takes: false },
    { what: "a job that names no queue", event: scheduled(), takes: true },
    {
      what: "a job with other rules beside the queue",
      event: withJob({ type: "script", agent_query_rules: ["os=linux", "queue=default"] }),
      takes: true,
    },
    {
      what: "a job with other rules and no queue",
      event: withJob({ type: "script", agent_query_rules: ["os=linux"] }),
      takes: false,
    },
    { what: "a job without the key for rules", event: withJob({ type: "script" }), takes: true },
    { what: "a block step", event: withJob({ type: "manual" }), takes: false },
    {
      what: "another event about a job",
      event: createJobEvent("Job Finished", { queue: "default", scheduledMs: START }),
      takes: false,
    },
    {
      what: "an event of somebody else",
      event: { ...scheduled("default"), source: "aws.ec2" },
      takes: false,
    },
    { what: "an event without details", event: { "detail-type": "Job Scheduled" }, takes: false },
  ];

  test.each(CASES)("takes $what: $takes", ({ event, takes }) => {
    expect(matchesPattern(RULE.pattern, event)).toBe(takes);
  });

  test("makes a text with the second of the event", () => {
    expect(transformEvent(RULE, scheduled("default"))).toBe('{"at":"2026-01-05T09:00:02Z"}');
  });

  test("is refused if the sandbox does not know a filter, or if the event has no such text", () => {
    const pattern = { source: [{ suffix: "buildkite.com" }] };
    expect(() => matchesPattern(pattern, scheduled())).toThrow("Invalid type");
    const rule = { ...RULE, inputPaths: { at: "$.detail.at" } };
    expect(() => transformEvent(rule, scheduled())).toThrow("the event has no text for <at>");
  });
});

test("an event has Buildkite's envelope and details", () => {
  const event = createJobEvent("Job Scheduled", { queue: "web", scheduledMs: START + 2999 });
  expect(Object.keys(event)).toEqual([
    "version",
    "id",
    "detail-type",
    "source",
    "account",
    "time",
    "region",
    "resources",
    "detail",
  ]);
  expect(event).toMatchObject({
    version: "0",
    "detail-type": "Job Scheduled",
    source: EVENT_SOURCE,
    time: "2026-01-05T09:00:02Z",
    detail: {
      version: 1,
      job: {
        type: "script",
        agent_query_rules: ["queue=web"],
        state: "assigned",
        runnable_at: "2026-01-05 09:00:02 UTC",
        started_at: null,
      },
      organization: { slug: "example" },
    },
  });
});

/** Announces jobs and returns what a consumer receives, with the times in milliseconds since the start. */
function listen(jobs: Job[], delivery: EventDelivery): Promise<string[]> {
  return runInVirtualTime(START, async () => {
    const queue = new EventQueue(() => Date.now());
    const bus = createEventBus(RULE, queue);
    const announcer = announceJobs(jobs, bus, delivery, randomStream(1, "events"));
    const received: string[] = [];
    const endMs = START + 300_000;
    while (Date.now() < endMs) {
      const message = await queue.receive(20, new AbortController().signal);
      if (message === undefined) continue;
      queue.delete(message.receiptHandle);
      received.push(`${Date.now() - START}: ${message.body.slice(18, 26)}`);
    }
    announcer.stop();
    return received;
  });
}

function createJob(ms: number, queue = "default"): Job {
  return { queue, scheduledMs: START + ms, durationMs: 1000 };
}

describe("the events of jobs", () => {
  test("arrive after their delay", async () => {
    const jobs = [createJob(500), createJob(2250), createJob(2300, "other"), createJob(9000)];
    expect(await listen(jobs, { delay: 0.3 })).toEqual([
      "800: 09:00:00",
      "2550: 09:00:02",
      "9300: 09:00:09",
    ]);
  });

  test("arrive once for each second, however many there are and however often they come", async () => {
    const jobs = Array.from({ length: 1000 }, (_, index) => createJob(1000 + index * 2));
    expect(await listen(jobs, { delay: 0.3, doubled: 1 })).toEqual([
      "1300: 09:00:01",
      "2300: 09:00:02",
    ]);
  });

  test("overtake each other if their delays differ", async () => {
    const jobs = [createJob(0), createJob(1000), createJob(2000), createJob(3000)];
    const received = await listen(jobs, { delay: { from: 0, to: 30 } });
    const seconds = received.map((each) => each.slice(-2));
    expect(seconds.toSorted()).toEqual(["00", "01", "02", "03"]);
    expect(seconds).not.toEqual(["00", "01", "02", "03"]);
  });

  test("never arrive if they are lost", async () => {
    expect(await listen([createJob(0), createJob(1000)], { delay: 0, lost: 1 })).toEqual([]);
  });

  test("of a job behind a wait step arrive when the job may run", async () => {
    const job = { ...createJob(5000), waitingSinceMs: START + 1000 };
    expect(await listen([job], { delay: 0.3 })).toEqual(["5300: 09:00:05"]);
  });
});
