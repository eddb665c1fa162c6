import { afterAll, describe, expect, test } from "vitest";
import { TIMES_TAG } from "../../functions/core/group-times.ts";
import type { Handler } from "../../local/engine/invoke-lambda.ts";
import { runLoop } from "../../local/engine/run-loop.ts";
import { runInVirtualTime } from "../../local/engine/virtual-time.ts";
import { buildkite, createInput, HANDLERS, listCalls, sandbox, world } from "../support/sandbox.ts";
import {
  countSecretReads,
  listRequests,
  readApplied,
  readDecisions,
  run,
  runAll,
} from "../support/sandboxed-loop.ts";
import { listPollTimes, listTimes, parseClock } from "../support/times.ts";

afterAll(() => expect(countSecretReads()).toEqual([]));

/** Adds running jobs, each on an agent of its own. */
function busy(jobs: number): void {
  world.setQueue("default", { running: jobs, busy: jobs });
}

function queueJobs(jobs: number): void {
  world.setQueue("default", { scheduled: jobs });
}

describe("a quiet loop", () => {
  test("polls every ten seconds in its slot, and changes nothing", async () => {
    world.setGroup("web", { desired: 2 });
    busy(2);
    const outcome = await run({ at: "09:00:03" });
    expect(outcome.status).toBe("SUCCEEDED");
    expect(listPollTimes(outcome)).toEqual(listTimes(10, "09:00:03", "09:02:53")); // 180 s / 10 s
    const quiet = { action: "none", from: 2, to: 2 };
    expect(readDecisions(outcome)).toEqual(
      Array.from({ length: 18 }, () => [expect.objectContaining(quiet)]),
    );
    expect(world.commands).toEqual([]);
  });

  test("makes two calls per poll, one for the token and three for metrics", async () => {
    world.setGroup("web", { desired: 2 });
    busy(2);
    await run({ at: "09:00:03" });
    expect(listRequests("metrics/queue")).toHaveLength(18);
    expect(listRequests("DescribeAutoScalingGroups")).toHaveLength(18);
    expect(listCalls("SSM")).toHaveLength(1);
    expect(listCalls("CloudWatch")).toHaveLength(3); // One per minute.
    expect(sandbox.calls).toHaveLength(18 + 18 + 1 + 3);
  });

  test("that starts early waits for its slot", async () => {
    world.setGroup("web", {});
    const outcome = await run({ at: "09:00:20", input: { scheduledAt: "2026-01-05T09:00:00Z" } });
    expect(listPollTimes(outcome)).toEqual(listTimes(10, "09:01:00", "09:03:50"));
    expect(listRequests("metrics/queue")[0]).toBe("09:01:00 default");
  });
});

test("a slot of 0 seconds has exactly one poll, which may scale", async () => {
  world.setGroup("web", { desired: 1 });
  queueJobs(3);
  const outcome = await run({ at: "09:00:03", input: { slotSeconds: 0 } });
  expect(outcome.status).toBe("SUCCEEDED");
  expect(listPollTimes(outcome)).toEqual(["09:00:03"]);
  expect(listRequests("metrics/queue")).toEqual(["09:00:03 default"]);
  expect(world.commands).toEqual([{ group: "web", desired: 3 }]);
});

describe("a job that arrives during the loop", () => {
  test("leads to a scale-out at the next beat", async () => {
    world.setGroup("web", { desired: 2 });
    busy(2);
    const outcome = await run(
      { at: "09:00:03", input: { slotSeconds: 60 } },
      {
        "09:00:14": () => world.setQueue("default", { scheduled: 3, running: 2, busy: 2 }),
        "09:00:24": () => busy(5),
      },
    );
    expect(listPollTimes(outcome)).toEqual(listTimes(10, "09:00:03", "09:00:53"));
    expect(listRequests("SetDesiredCapacity")).toEqual(["09:00:23 web"]);
    expect(world.commands).toEqual([{ group: "web", desired: 5 }]); // 3 scheduled + 2 running
    expect(readApplied(outcome)).toEqual([{ web: { set: 5 } }]);
  });

  test("leads to one scale-out only, while its instance's agent starts", async () => {
    world.setGroup("web", {});
    const outcome = await run(
      { at: "09:00:03", input: { slotSeconds: 60 } },
      { "09:00:14": () => queueJobs(1) },
    );
    expect(listPollTimes(outcome)).toHaveLength(6);
    expect(world.commands).toEqual([{ group: "web", desired: 1 }]);
  });
});

test("a dry run reads, decides and logs, and changes nothing", async () => {
  world.setGroup("web", { desired: 1 });
  queueJobs(3);
  const scalers = [{ queue: "default", group: "web", agentsPerInstance: 1, dryRun: true }];
  const outcome = await run({ at: "09:00:03", input: { scalers, slotSeconds: 20 } });
  expect(listPollTimes(outcome)).toEqual(["09:00:03", "09:00:13"]);
  const [decision] = readDecisions(outcome)[0] ?? [];
  expect(decision).toMatchObject({ action: "scale-out", from: 1, to: 3 });
  expect(decision?.reasons.at(-1)).toBe("dry run: not applied");
  expect(listRequests("SetDesiredCapacity")).toEqual([]);
});

describe("a scale-in", () => {
  const scalers = [
    { queue: "default", group: "web", agentsPerInstance: 1, scaleIn: { cooldown: "60s" } },
  ];

  test("happens at once if none is known; the next one when the cooldown ends, exact to the second", async () => {
    world.setGroup("web", { desired: 3 });
    busy(2);
    const outcome = await run(
      { at: "09:00:03", input: { scalers, slotSeconds: 100 } },
      { "09:00:10": () => busy(1) },
    );
    expect(listPollTimes(outcome)).toEqual(listTimes(10, "09:00:03", "09:01:33"));
    expect(listRequests("SetDesiredCapacity")).toEqual(["09:00:03 web", "09:01:03 web"]);
    expect(world.commands).toEqual([
      { group: "web", desired: 2 },
      { group: "web", desired: 1 },
    ]);
  });

  test("during its cooldown has that reason at every poll", async () => {
    world.setGroup("web", { desired: 3 });
    busy(2);
    const outcome = await run(
      { at: "09:00:03", input: { scalers, slotSeconds: 40 } },
      { "09:00:10": () => busy(1) },
    );
    const [, ...waiting] = readDecisions(outcome).map(([decision]) => decision);
    // The cooldown is 60 s.
    expect(waiting.map((decision) => [decision?.action, decision?.reasons.at(-1)])).toEqual([
      ["none", "scale-in cooldown: 50s left"],
      ["none", "scale-in cooldown: 40s left"],
      ["none", "scale-in cooldown: 30s left"],
    ]);
  });
});

describe("the interval", () => {
  test("is that of Settings", async () => {
    world.setGroup("web", {});
    const outcome = await run({ at: "09:00:03", pollIntervalSeconds: 30 });
    expect(listPollTimes(outcome)).toEqual(listTimes(30, "09:00:03", "09:02:33")); // 180 s / 30 s
  });

  test("follows Buildkite's header, but is never shorter than that of Settings", async () => {
    world.setGroup("web", {});
    const outcome = await run(
      { at: "09:00:03", input: { slotSeconds: 100 } },
      {
        "09:00:10": () => (buildkite.pollDurationSeconds = 30),
        "09:00:40": () => (buildkite.pollDurationSeconds = 15),
        "09:00:50": () => (buildkite.pollDurationSeconds = 5),
        "09:01:10": () => (buildkite.pollDurationSeconds = undefined),
      },
    );
    // The header is 30 s at :13, 15 s at :43, 5 s at :58 (10 s apply), and missing at 09:01:18.
    expect(listPollTimes(outcome)).toEqual([
      "09:00:03",
      "09:00:13",
      "09:00:43",
      "09:00:58",
      "09:01:08",
      "09:01:18",
      "09:01:28",
      "09:01:38",
    ]);
  });
});

describe("two executions of neighbouring slots", () => {
  const NINE = { scheduledAt: "2026-01-05T09:00:00Z" };
  const THREE_PAST = { scheduledAt: "2026-01-05T09:03:00Z" };

  const INTERVALS = [
    { seconds: 10, first: "09:01:00", last: "09:06:50" },
    // 09:01:00 is 1767603660 s after 1970, which is 7 x 252514808 + 4: the next beat is 3 s later.
    { seconds: 7, first: "09:01:03", last: "09:06:53" },
    { seconds: 60, first: "09:01:00", last: "09:06:00" },
    // The cluster "main" has a delay of 6 s of at most 20 s.
    { seconds: 10, startupJitter: 20, first: "09:01:06", last: "09:06:56" },
  ];

  test.each(INTERVALS)(
    "poll without overlap and without a missed beat, every $seconds s from $first",
    async ({ seconds, startupJitter = 0, first, last }) => {
      world.setGroup("web", {});
      const outcomes = await runAll([
        { at: "09:00:05", input: { ...NINE, startupJitter }, pollIntervalSeconds: seconds },
        { at: "09:03:50", input: { ...THREE_PAST, startupJitter }, pollIntervalSeconds: seconds },
      ]);
      expect(outcomes.flatMap(listPollTimes)).toEqual(listTimes(seconds, first, last));
      expect(listRequests("metrics/queue")).toHaveLength(outcomes.flatMap(listPollTimes).length);
    },
  );

  const ASKED = [
    { seconds: 30, polls: listTimes(30, "09:01:00", "09:06:30") }, // 30 s divide a slot
    {
      seconds: 50, // The poll at 09:03:30 would be 30 s before the next slot.
      polls: ["09:01:00", "09:01:50", "09:02:40", "09:04:00", "09:04:50", "09:05:40"],
    },
    { seconds: 120, polls: ["09:01:00", "09:04:00"] },
    { seconds: 180, polls: ["09:01:00", "09:04:00"] },
    { seconds: 240, polls: ["09:01:00", "09:05:00"] },
  ];

  test.each(ASKED)("keep the $seconds s for which Buildkite asks", async ({ seconds, polls }) => {
    world.setGroup("web", {});
    buildkite.pollDurationSeconds = seconds;
    await runAll([
      { at: "09:00:05", input: NINE },
      { at: "09:03:20", input: THREE_PAST },
    ]);
    const read = listRequests("metrics/queue").map((request) => request.slice(0, 8));
    expect(read).toEqual(polls);
  });

  test("keep an interval that is longer than a slot: no read at the start of each", async () => {
    world.setGroup("web", {});
    buildkite.pollDurationSeconds = 300;
    const minutes = [0, 3, 6, 9, 12];
    await runAll(
      minutes.map((minute) => ({
        at: `09:${String(minute).padStart(2, "0")}:20`,
        input: { scheduledAt: `2026-01-05T09:${String(minute).padStart(2, "0")}:00Z` },
      })),
    );
    const read = listRequests("metrics/queue").map((request) => request.slice(0, 8));
    expect(read).toEqual(listTimes(300, "09:01:00", "09:11:00"));
  });

  test("poll on the same beat if the second is very late, which then polls at once", async () => {
    world.setGroup("web", {});
    const [, second] = await runAll([
      { at: "09:00:05", input: NINE },
      { at: "09:04:07", input: THREE_PAST },
    ]);
    expect(second && listPollTimes(second)).toEqual([
      "09:04:07",
      ...listTimes(10, "09:04:10", "09:06:50"),
    ]);
  });

  test("scale out for a job that arrives in between", async () => {
    world.setGroup("web", {});
    await runAll(
      [
        { at: "09:00:05", input: NINE },
        { at: "09:03:50", input: THREE_PAST },
      ],
      { "09:03:55": () => queueJobs(1) },
    );
    expect(listRequests("SetDesiredCapacity")).toEqual(["09:04:00 web"]);
  });

  test("know from the group's tag which agents are starting, and add no more instances", async () => {
    const start = [
      { at: "09:00:05", input: NINE },
      { at: "09:03:20", input: THREE_PAST },
    ];
    world.setGroup("web", {});
    await runAll(start, { "09:03:45": () => queueJobs(2) });
    // The grace of five minutes ends at 09:08:50, after both executions.
    expect(world.commands).toEqual([{ group: "web", desired: 2 }]);
  });

  describe("with a cooldown", () => {
    const scalers = [
      { queue: "default", group: "web", agentsPerInstance: 1, scaleIn: { cooldown: "2m" } },
    ];

    /** The first execution scales in at its last beat. Ten seconds later one more instance is idle. */
    async function scaleInTwice(meanwhile: () => void): Promise<void> {
      world.setGroup("web", { desired: 3 });
      busy(3);
      await runAll(
        [
          { at: "09:00:05", input: { ...NINE, scalers } },
          { at: "09:03:20", input: { ...THREE_PAST, scalers } },
        ],
        { "09:03:45": () => busy(2), "09:03:52": meanwhile, "09:03:55": () => busy(1) },
      );
    }

    test("keep it across executions, through the group's tag", async () => {
      await scaleInTwice(() => {});
      // 09:03:50 + 2m
      expect(listRequests("SetDesiredCapacity")).toEqual(["09:03:50 web", "09:05:50 web"]);
    });

    test("wait for the whole cooldown if somebody deletes the tag", async () => {
      await scaleInTwice(() => world.setTag("web", TIMES_TAG, ""));
      // The tag is unknown from 09:04:00 on: + 2m
      expect(listRequests("SetDesiredCapacity")).toEqual(["09:03:50 web", "09:06:00 web"]);
    });
  });
});

describe("executions that a person starts one after another keep the beat", () => {
  /** Runs for five minutes. Each Claim slot takes 0.1 s, as an engine's start does. */
  async function listBeats(at: string, pollIntervalSeconds: number): Promise<string[]> {
    world.setGroup("web", {});
    const claim: Handler = async (event, context) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return HANDLERS["Claim slot"](event, context);
    };
    await runInVirtualTime(parseClock(at), () =>
      runLoop({
        input: createInput({ publishMetrics: false }),
        handlers: { ...HANDLERS, "Claim slot": claim },
        seconds: 300,
        pollIntervalSeconds,
        onEvent: () => {},
        signal: new AbortController().signal,
      }),
    );
    return listRequests("metrics/queue").map((request) => request.slice(0, 8));
  }

  test("from the second of the first poll on", async () => {
    expect(await listBeats("09:00:03", 10)).toEqual(listTimes(10, "09:00:03", "09:04:53"));
  });

  test("if the first poll is in the second after the start", async () => {
    // The first execution claims its slot at 09:00:04.050, and ends at 09:03:04.
    const beats = await listBeats("09:00:03.950", 10);
    expect(beats).toEqual(listTimes(10, "09:00:04", "09:04:54"));
  });

  test("if the interval does not divide the slot", async () => {
    expect(await listBeats("09:00:03", 7)).toEqual(listTimes(7, "09:00:03", "09:05:00"));
  });
});
