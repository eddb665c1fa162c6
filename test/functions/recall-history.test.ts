import { describe, expect, test } from "vitest";
import type { Memory } from "../../functions/core/memory.ts";
import type { ScalerEntry } from "../../functions/core/scaler-entry.ts";
import type { WorldActivity } from "../../simulation/fleet/world.ts";
import { INHERITED_NAMES } from "../support/arbitraries.ts";
import { createInput, listCalls, sandbox, world } from "../support/sandbox.ts";
import { delay, listRequestTimes, readResult, runStep, START } from "../support/step.ts";

function eventOf(scalers: readonly object[], memory: Memory = {}) {
  const state = { settings: { pollIntervalSeconds: 10 }, loop: { nextPollAt: START }, memory };
  return { input: createInput({ scalers }), state };
}

function recallHistory(scalers: readonly object[], memory?: Memory): Promise<unknown> {
  return readResult("Recall history", eventOf(scalers, memory));
}

/** A scaler that does not look back by default. */
function entry(group: string, more: Partial<ScalerEntry> = {}) {
  return { queue: "default", group, agentsPerInstance: 1, agentStartupGrace: 0, ...more };
}

const COOLDOWN = { scaleIn: { cooldown: "5m" } };

/** Returns the time some seconds before the step starts, RFC 3339. */
function ago(seconds: number): string {
  return new Date(Date.parse(START) - seconds * 1000).toISOString();
}

const WORDS = { out: "increasing", in: "shrinking" };

/** A requested scaling, with a cause in AWS's words. */
function activity(
  way: "out" | "in",
  secondsAgo: number,
  more: Partial<WorldActivity> = {},
): WorldActivity {
  const startedAt = ago(secondsAgo);
  const cause =
    `At ${startedAt} a user request explicitly set group desired capacity changing the desired ` +
    `capacity from 2 to 5.  At ${startedAt} an instance was started in response to a difference ` +
    `between desired and actual capacity, ${WORDS[way]} the capacity from 2 to 5.`;
  const id = `${way}-${secondsAgo}`;
  return { id, cause, startedAt, endedAt: startedAt, status: "Successful", ...more };
}

/** Returns activities that were not requested, a second apart, newest first. */
function noise(count: number): WorldActivity[] {
  return Array.from({ length: count }, (_, index) => ({
    ...activity("in", index + 1),
    id: `noise-${index}`,
    cause: `At ${START} an instance was taken out of service in response to an EC2 health check.`,
  }));
}

function log(group: string, ...activities: WorldActivity[]): void {
  world.setGroup(group, {});
  world.setActivities(group, activities);
}

describe("the history of a group", () => {
  test("contains the times of the last scale-out and the last scale-in", async () => {
    log("web", activity("out", 60), activity("in", 90), activity("out", 120), activity("in", 150));
    expect(await recallHistory([entry("web", COOLDOWN)])).toEqual({
      settings: { pollIntervalSeconds: 10 },
      loop: { nextPollAt: START },
      memory: { web: { lastScaleOutAt: ago(60), lastScaleInAt: ago(90) } },
    });
    expect(listCalls("AutoScaling")).toEqual(["DescribeScalingActivities web"]);
  });

  test("is returned under the scaler's name", async () => {
    log("web-asg", activity("in", 60));
    const { memory } = Object(
      await recallHistory([entry("web-asg", { name: "web", ...COOLDOWN })]),
    );
    expect(memory).toEqual({ web: { lastScaleInAt: ago(60) } });
  });

  test("is left out if there is none", async () => {
    log("web");
    const result = await recallHistory([entry("web", COOLDOWN)]);
    expect(result).toMatchObject({ memory: {} });
    expect(result).not.toHaveProperty("unread");
  });

  test.each(["Failed", "Cancelled"])(
    "does not contain an activity with status %s",
    async (status) => {
      log("web", activity("out", 60, { status }), activity("out", 120));
      const { memory } = Object(await recallHistory([entry("web", COOLDOWN)]));
      expect(memory).toEqual({ web: { lastScaleOutAt: ago(120) } });
    },
  );

  test("contains activities in progress, because their instances are starting", async () => {
    const { endedAt: _, ...inProgress } = activity("out", 20, { status: "InProgress" });
    log("web", inProgress, activity("out", 120));
    const { memory } = Object(await recallHistory([entry("web", COOLDOWN)]));
    expect(memory).toEqual({ web: { lastScaleOutAt: ago(20) } });
  });

  test("does not contain activities that were not requested", async () => {
    log("web", ...noise(3));
    const { memory } = Object(await recallHistory([entry("web", COOLDOWN)]));
    expect(memory).toEqual({});
  });
});

describe("a known scaling", () => {
  const known = { lastScaleInAt: ago(100), lastScaleOutAt: ago(100) };

  test("is replaced by a later scaling in the log, and kept otherwise", async () => {
    log("web", activity("out", 50), activity("in", 150));
    const { memory } = Object(await recallHistory([entry("web", COOLDOWN)], { web: known }));
    expect(memory).toEqual({ web: { lastScaleOutAt: ago(50), lastScaleInAt: ago(100) } });
  });

  test("is kept if the log is empty or not read, and if the scaler does not look back", async () => {
    log("empty");
    const scalers = [entry("empty", COOLDOWN), entry("gone", COOLDOWN), entry("calm")];
    const memory = { empty: known, gone: known, calm: known };
    expect(await recallHistory(scalers, memory)).toMatchObject({ memory });
  });
});

describe("only the logs of groups that look back are read:", () => {
  test.each<[string, Partial<ScalerEntry>, number]>([
    ["no cooldown and no grace", {}, 0],
    ["a cooldown of scale-in", { scaleIn: { cooldown: 60 } }, 1],
    ["a cooldown of scale-out", { scaleOut: { cooldown: 60 } }, 1],
    ["a grace for starting agents", { agentStartupGrace: 60 }, 1],
    ["a cooldown of a disabled direction", { scaleIn: { cooldown: 60, disabled: true } }, 0],
    ["a grace without a threshold", { agentStartupGrace: 60, availabilityThreshold: 0 }, 0],
  ])("%s", async (_, settings, calls) => {
    log("web", activity("out", 30));
    await recallHistory([entry("web", settings)]);
    expect(sandbox.calls).toHaveLength(calls);
  });
});

describe("the log is read only as far back as rules look:", () => {
  test.each<[string, Partial<ScalerEntry>, number]>([
    ["the cooldown of scale-in", { scaleIn: { cooldown: "5m" } }, 300],
    ["the longer of both cooldowns", { scaleIn: { cooldown: 60 }, scaleOut: { cooldown: 90 } }, 90],
    ["a longer grace", { scaleIn: { cooldown: 60 }, agentStartupGrace: "2m" }, 120],
  ])("%s", async (_, settings, seconds) => {
    log("web", activity("in", seconds));
    expect(await recallHistory([entry("web", settings)])).toMatchObject({
      memory: { web: { lastScaleInAt: ago(seconds) } },
    });
    log("web", activity("in", seconds + 1));
    expect(await recallHistory([entry("web", settings)])).toMatchObject({ memory: {} });
  });

  test("an unknown direction counts as that old if cooldowns start at either direction", async () => {
    log("web", activity("out", 60));
    const settings = { ...COOLDOWN, cooldownFromAnyScaling: true };
    expect(await recallHistory([entry("web", settings)])).toMatchObject({
      memory: { web: { lastScaleOutAt: ago(60), lastScaleInAt: ago(300) } },
    });
  });
});

describe("a long log", () => {
  const hour = { scaleIn: { cooldown: "1h" } };

  test("is read to its end if it has at most three pages", async () => {
    log("web", ...noise(299), activity("in", 400));
    const result = await recallHistory([entry("web", hour)]);
    expect(result).toMatchObject({ memory: { web: { lastScaleInAt: ago(400) } } });
    expect(result).not.toHaveProperty("unread");
    expect(sandbox.calls).toHaveLength(3); // 300 activities, 100 a page
  });

  test("is read for three pages; older scalings count as unknown, which is reported", async () => {
    log("web", ...noise(300), activity("in", 400));
    expect(await recallHistory([entry("web", hour)])).toMatchObject({
      memory: {},
      unread: {
        web: {
          error: "HistoryTooLong",
          message: "more than three pages of scaling activities; older ones were not read",
        },
      },
    });
    expect(sandbox.calls).toHaveLength(3);
  });

  test("keeps the scalings of three pages", async () => {
    log("web", activity("out", 1), ...noise(300));
    expect(await recallHistory([entry("web", hour)])).toMatchObject({
      memory: { web: { lastScaleOutAt: ago(1) } },
      unread: { web: { error: "HistoryTooLong" } },
    });
  });

  test("is read until both directions are known", async () => {
    log("web", activity("out", 1), activity("in", 2), ...noise(400));
    const result = await recallHistory([entry("web", hour)]);
    expect(result).toMatchObject({
      memory: { web: { lastScaleOutAt: ago(1), lastScaleInAt: ago(2) } },
    });
    expect(result).not.toHaveProperty("unread");
    expect(sandbox.calls).toHaveLength(1);
  });
});

describe("a log that cannot be read", () => {
  test.each([
    ["Throttling", "AutoScalingThrottled", 2],
    ["AccessDenied", "AutoScalingAccessDenied", 1],
    ["ValidationError", "AutoScalingUnavailable", 1],
  ])("with %s is unknown, with the fault %s", async (awsError, error, calls) => {
    log("web", activity("out", 60));
    sandbox.faults.add({ service: "AutoScaling", fault: { awsError, message: "no" } });
    expect(await recallHistory([entry("web", COOLDOWN)])).toMatchObject({
      loop: { nextPollAt: START },
      memory: {},
      unread: { web: { error, message: `${awsError}: no` } },
    });
    expect(sandbox.calls).toHaveLength(calls);
  });

  test("does not affect other groups", async () => {
    for (const name of ["a", "b", "c"]) log(name, activity("out", 60));
    sandbox.faults.add({
      service: "AutoScaling",
      subject: "b",
      fault: { awsError: "AccessDenied" },
    });
    const scalers = ["a", "b", "c"].map((name) => entry(name, COOLDOWN));
    const result = Object(await recallHistory(scalers));
    expect(Object.keys(result.memory)).toEqual(["a", "c"]);
    expect(Object.keys(result.unread)).toEqual(["b"]);
  });

  test("on its second page is completely unknown", async () => {
    log("web", activity("out", 1), ...noise(150));
    const before = () =>
      sandbox.faults.add({ service: "AutoScaling", fault: { awsError: "AccessDenied" } });
    sandbox.faults.add({ service: "AutoScaling", times: 1, fault: { before } });
    expect(await recallHistory([entry("web", COOLDOWN)])).toMatchObject({
      memory: {},
      unread: { web: { error: "AutoScalingAccessDenied" } },
    });
  });

  test("because each call hangs is abandoned in time, even for a hundred groups", async () => {
    const names = Array.from({ length: 100 }, (_, index) => `group-${index}`);
    sandbox.faults.add({ service: "AutoScaling", fault: "hang" });
    const scalers = names.map((name) => entry(name, COOLDOWN));
    const { result, tookMs } = await runStep("Recall history", eventOf(scalers));
    expect(Object.keys(Object(result).unread)).toEqual(names);
    expect(tookMs).toBeLessThanOrEqual(13_600); // 1.5 s before the end of 15 s
  });

  test.each(INHERITED_NAMES)("is reported for a scaler called %s", async (name) => {
    const { unread } = Object(await recallHistory([entry(name, COOLDOWN)]));
    expect(Object.keys(unread)).toEqual([name]);
    log(name, activity("in", 60));
    const { memory } = Object(await recallHistory([entry(name, COOLDOWN)]));
    expect(Object.entries(memory)).toEqual([[name, { lastScaleInAt: ago(60) }]]);
  });
});

test("the logs of five groups are read at once", async () => {
  const names = Array.from({ length: 12 }, (_, index) => `group-${index}`);
  for (const name of names) log(name, activity("out", 60));
  sandbox.faults.add({ service: "AutoScaling", fault: { before: delay(1000) } });
  await recallHistory(names.map((name) => entry(name, COOLDOWN)));
  const times = listRequestTimes("AutoScaling");
  expect([0, 1000, 2000].map((at) => times.filter((ms) => ms === at).length)).toEqual([5, 5, 2]);
});
