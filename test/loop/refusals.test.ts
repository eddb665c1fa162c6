import { afterAll, describe, expect, test } from "vitest";
import type { InjectedFault } from "../../local/sandbox/faults.ts";
import { sandbox, world } from "../support/sandbox.ts";
import {
  countSecretReads,
  listRequests,
  readApplied,
  readDecisions,
  run,
  runAll,
} from "../support/sandboxed-loop.ts";
import { listPollTimes } from "../support/times.ts";

afterAll(() => expect(countSecretReads()).toEqual([]));

const SET = { service: "AutoScaling", action: "SetDesiredCapacity" } as const;

/** Polls at :03, :13 and :23. */
const THREE_POLLS = { at: "09:00:03", input: { slotSeconds: 30 } };
const ON_THE_BEAT = ["09:00:03", "09:00:13", "09:00:23"];

const NINE = { scheduledAt: "2026-01-05T09:00:00Z" };
const THREE_PAST = { scheduledAt: "2026-01-05T09:03:00Z" };

/** Adds running jobs, each on an agent of its own, and idle agents. */
function busy(jobs: number, idle = 0): void {
  world.setQueue("default", { running: jobs, busy: jobs, idle });
}

describe("a command that Auto Scaling refuses is reported in `applied`, and repeated at the next beat:", () => {
  /** The fault's name, the number of attempts per poll, and a part of the message. */
  type Row = [name: string, fault: InjectedFault, error: string, tries: number, says: string];

  const REFUSED: Row[] = [
    [
      "throttled",
      { awsError: "Throttling", message: "Rate exceeded" },
      "AutoScalingThrottled",
      2,
      "Rate exceeded",
    ],
    [
      "denied",
      { awsError: "AccessDenied", status: 403 },
      "AutoScalingAccessDenied",
      1,
      "AccessDenied",
    ],
    [
      "a scaling activity is in progress",
      { awsError: "ScalingActivityInProgress" },
      "CapacityRefused",
      1,
      "ScalingActivityInProgress",
    ],
    [
      "contended",
      { awsError: "ResourceContention", status: 500 },
      "CapacityRefused",
      2,
      "ResourceContention",
    ],
    ["a connection reset", "reset", "AutoScalingUnavailable", 2, "socket hang up"],
  ];

  test.each(REFUSED)("%s", async (_, fault, error, tries, says) => {
    world.setGroup("web", { desired: 2 });
    busy(3);
    sandbox.faults.add({ ...SET, fault });
    const outcome = await run(THREE_POLLS, { "09:00:13": sandbox.faults.clear });
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    const message = expect.stringContaining(says);
    expect(readApplied(outcome)).toEqual([
      { web: { fault: { error, message } } },
      { web: { set: 3 } },
    ]);
    expect(listRequests("SetDesiredCapacity")).toEqual([
      ...Array.from({ length: tries }, () => "09:00:03 web"),
      "09:00:13 web",
    ]);
    expect(world.commands).toEqual([{ group: "web", desired: 3 }]);
  });

  test("an answer that is lost: the cooldown starts, because the change may have been made", async () => {
    world.setGroup("web", { desired: 6 });
    busy(2, 4);
    sandbox.faults.add({ ...SET, fault: "lost" });
    const scalers = [
      {
        queue: "default",
        group: "web",
        agentsPerInstance: 1,
        scaleIn: { cooldown: "1h", factor: 0.5 },
      },
    ];
    const outcome = await run({ at: "09:00:03", input: { slotSeconds: 30, scalers } });
    expect(world.group("web")?.desired).toBe(4); // 6 - (6 - 2) x 0.5, once
    expect(readDecisions(outcome).map(([decision]) => decision?.action)).toEqual([
      "scale-in",
      "none",
      "none",
    ]);
  });

  test("no answer: the next poll starts after the timeout, and the beat is kept", async () => {
    world.setGroup("web", { desired: 2 });
    busy(3);
    sandbox.faults.add({ ...SET, fault: "hang" });
    const outcome = await run(THREE_POLLS, { "09:00:12": sandbox.faults.clear });
    // 5 s + 5 s and a pause in between end in the second of :13.
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    const fault = { error: "AutoScalingUnavailable", message: expect.stringContaining("Timeout") };
    expect(readApplied(outcome)).toEqual([{ web: { fault } }, { web: { set: 3 } }]);
    expect(world.commands).toEqual([{ group: "web", desired: 3 }]);
  });

  test("no answer with a shorter interval: beats are missed", async () => {
    world.setGroup("web", { desired: 2 });
    busy(3);
    sandbox.faults.add({ ...SET, fault: "hang" });
    const outcome = await run(
      { ...THREE_POLLS, pollIntervalSeconds: 4 },
      { "09:00:12": sandbox.faults.clear },
    );
    // The poll is late for :07 and within the beat of :11. The following polls are on time.
    expect(listPollTimes(outcome)).toEqual([
      "09:00:03",
      "09:00:13",
      "09:00:15",
      "09:00:19",
      "09:00:23",
      "09:00:27",
      "09:00:31",
    ]);
    expect(world.commands).toEqual([{ group: "web", desired: 3 }]);
  });

  test("no answer until the end of the slot: the next execution repeats the command, and only it polls", async () => {
    world.setGroup("web", { desired: 2 });
    busy(2);
    sandbox.faults.add({ ...SET, fault: "hang" });
    // Beats of 4 s: 09:03:48, :52 and :56, then those of the next slot from 09:04:00 on.
    const [first, next] = await runAll(
      [
        { at: "09:00:05", input: NINE, pollIntervalSeconds: 4 },
        { at: "09:03:20", input: THREE_PAST, pollIntervalSeconds: 4 },
      ],
      { "09:03:50": () => busy(3), "09:03:59": sandbox.faults.clear },
    );
    // The poll of :52 waits for an answer until the slot's end, where its second attempt is aborted.
    expect(first && listPollTimes(first).at(-1)).toBe("09:03:52");
    expect(first?.status).toBe("SUCCEEDED");
    expect(next && listPollTimes(next).slice(0, 2)).toEqual(["09:04:00", "09:04:04"]);
    expect(world.commands).toEqual([{ group: "web", desired: 3 }]);
  });

  test("a scale-in, which starts no cooldown", async () => {
    world.setGroup("web", { desired: 3 });
    busy(2);
    sandbox.faults.add({ ...SET, fault: { awsError: "AccessDenied", status: 403 } });
    const scalers = [
      { queue: "default", group: "web", agentsPerInstance: 1, scaleIn: { cooldown: "1h" } },
    ];
    const outcome = await run(
      { at: "09:00:03", input: { slotSeconds: 30, scalers } },
      { "09:00:13": sandbox.faults.clear },
    );
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    expect(world.commands).toEqual([{ group: "web", desired: 2 }]);
  });
});

describe("one group of several", () => {
  const names = ["api", "web", "docs"];
  const scalers = names.map((name) => ({ queue: name, group: name, agentsPerInstance: 1 }));
  const start = { at: "09:00:03", input: { slotSeconds: 30, scalers } };

  test("that is refused does not affect the others", async () => {
    for (const name of names) {
      world.setGroup(name, {});
      world.setQueue(name, { scheduled: 1 });
    }
    sandbox.faults.add({
      ...SET,
      subject: "web",
      fault: { awsError: "AccessDenied", status: 403 },
    });
    const outcome = await run(start);
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    const denied = { fault: { error: "AutoScalingAccessDenied", message: expect.anything() } };
    expect(readApplied(outcome)).toEqual([
      { api: { set: 1 }, docs: { set: 1 }, web: denied },
      { web: denied },
      { web: denied },
    ]);
    expect(world.commands).toHaveLength(2);
    expect(world.commands).toEqual(
      expect.arrayContaining([
        { group: "api", desired: 1 },
        { group: "docs", desired: 1 },
      ]),
    );
  });

  test("that is deleted between the read and the write does not affect the others, and then is held", async () => {
    for (const name of names) {
      world.setGroup(name, {});
      world.setQueue(name, { scheduled: 1 });
    }
    sandbox.faults.add({
      ...SET,
      subject: "web",
      times: 1,
      fault: { before: () => world.removeGroup("web") },
    });
    const outcome = await run(start);
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    const missing = { fault: { error: "GroupNotFound", message: expect.stringContaining("web") } };
    expect(readApplied(outcome)).toEqual([{ api: { set: 1 }, docs: { set: 1 }, web: missing }]);
    expect(readDecisions(outcome)[1]?.[1]).toMatchObject({
      action: "none",
      fault: "GroupNotFound",
    });
    expect(world.commands.map(({ group }) => group).sort()).toEqual(["api", "docs"]);
  });
});

describe("limits that change between the read and the write", () => {
  test("a minimum above the target: refused as out of bounds, then scaled in to the new minimum", async () => {
    world.setGroup("web", { desired: 5 });
    busy(1, 4);
    sandbox.faults.add({
      ...SET,
      times: 1,
      fault: { before: () => world.setLimits("web", { min: 3, max: 10 }) },
    });
    const outcome = await run(THREE_POLLS);
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    const message = expect.stringContaining("value 1 is below min value 3");
    expect(readApplied(outcome)).toEqual([
      { web: { fault: { error: "CapacityOutOfBounds", message } } },
      { web: { set: 3 } },
    ]);
    expect(listRequests("SetDesiredCapacity")).toEqual(["09:00:03 web", "09:00:13 web"]);
    expect(world.commands).toEqual([{ group: "web", desired: 3 }]);
  });

  test("a minimum above the desired capacity: Auto Scaling itself scales, and no command is left", async () => {
    world.setGroup("web", { desired: 2 });
    busy(1, 1);
    sandbox.faults.add({
      ...SET,
      times: 1,
      fault: { before: () => world.setLimits("web", { min: 4, max: 10 }) },
    });
    const outcome = await run(THREE_POLLS);
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    expect(listRequests("SetDesiredCapacity")).toEqual(["09:00:03 web"]);
    expect(readDecisions(outcome)[1]).toMatchObject([{ action: "none", from: 4, to: 4 }]);
    expect(world.commands).toEqual([]);
  });

  test("a maximum below the target: refused as out of bounds, then scaled out to the new maximum", async () => {
    world.setGroup("web", {});
    busy(8);
    sandbox.faults.add({
      ...SET,
      times: 1,
      fault: { before: () => world.setLimits("web", { min: 0, max: 4 }) },
    });
    const outcome = await run(THREE_POLLS);
    const message = expect.stringContaining("value 8 is above max value 4");
    expect(readApplied(outcome)).toEqual([
      { web: { fault: { error: "CapacityOutOfBounds", message } } },
      { web: { set: 4 } },
    ]);
    expect(world.commands).toEqual([{ group: "web", desired: 4 }]);
  });
});

describe("an execution that Express starts twice", () => {
  test("sends the same absolute commands, with the result of a single execution", async () => {
    world.setGroup("web", { desired: 2 });
    busy(2);
    const outcomes = await runAll(
      [
        { at: "09:00:20", input: NINE },
        { at: "09:00:20", input: NINE },
      ],
      { "09:01:45": () => busy(5), "09:03:45": () => busy(1, 4) },
    );
    const [first, second] = outcomes.map(listPollTimes);
    expect(first).toHaveLength(18);
    expect(second).toEqual(first);
    expect([...new Set(listRequests("SetDesiredCapacity"))]).toEqual([
      "09:01:50 web",
      "09:03:50 web",
    ]);
    const commanded = world.commands.map(({ desired }) => desired);
    expect([...new Set(commanded)]).toEqual([5, 1]);
    expect(commanded.length).toBeLessThanOrEqual(4);
    expect(world.group("web")?.desired).toBe(1);
  });
});
