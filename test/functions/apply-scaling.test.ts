import { describe, expect, test } from "vitest";
import { TIMES_TAG } from "../../functions/core/group-times.ts";
import type { Memory } from "../../functions/core/memory.ts";
import type { Change } from "../../functions/core/plan.ts";
import { INHERITED_NAMES } from "../support/arbitraries.ts";
import { listCalls, sandbox, world } from "../support/sandbox.ts";
import { delay, listRequestTimes, readResult, runStep, START } from "../support/step.ts";

/** The time of the decision: before the handler is called. */
const DECIDED_AT = "2026-01-05T08:59:59.400Z";
const EARLIER = "2026-01-05T08:30:00.000Z";

function eventOf(changes: readonly Change[], memory: Memory = {}) {
  const carry = { settings: { pollIntervalSeconds: 10 }, loop: { nextPollAt: START }, memory };
  return { loop: "main", plan: { decidedAt: DECIDED_AT, changes }, carry };
}

function applyScaling(changes: readonly Change[], memory?: Memory) {
  return readResult("Apply scaling", eventOf(changes, memory));
}

function out(scaler: string, to: number): Change {
  return { scaler, group: scaler, action: "scale-out", from: to - 1, to };
}

function scaleIn(scaler: string, to: number): Change {
  return { scaler, group: scaler, action: "scale-in", from: to + 1, to };
}

/** Creates groups. Returns their names. */
function groups(count: number): string[] {
  const names = Array.from({ length: count }, (_, index) => `group-${index}`);
  for (const name of names) world.setGroup(name, { desired: 2 });
  return names;
}

describe("a plan's changes", () => {
  test("set absolute capacities, and are returned", async () => {
    world.setGroup("web", { desired: 2 });
    expect(await applyScaling([out("web", 5)])).toEqual({
      settings: { pollIntervalSeconds: 10 },
      loop: { nextPollAt: START },
      memory: { web: { lastScaleOutAt: DECIDED_AT } },
      applied: { web: { set: 5 } },
    });
    expect(world.commands).toEqual([{ group: "web", desired: 5 }]);
  });

  test("apply to the group, and are returned under the scaler's name", async () => {
    world.setGroup("web-asg", { desired: 2 });
    const change = { ...out("web", 5), group: "web-asg" };
    expect(await applyScaling([change])).toMatchObject({
      memory: { web: { lastScaleOutAt: DECIDED_AT } },
      applied: { web: { set: 5 } },
    });
    expect(listCalls("AutoScaling")).toEqual(["SetDesiredCapacity web-asg", "CreateOrUpdateTags"]);
  });

  test("ignore the group's own cooldown, which the sandbox enforces", async () => {
    world.setGroup("web", { desired: 2 });
    expect(await applyScaling([scaleIn("web", 1)])).toMatchObject({ applied: { web: { set: 1 } } });
    expect(world.group("web")).toMatchObject({ desired: 1 });
  });

  test("start with the scale-outs, because jobs wait for them", async () => {
    for (const name of ["a", "b", "c", "d"]) world.setGroup(name, { desired: 4 });
    await applyScaling([scaleIn("a", 1), out("b", 5), scaleIn("c", 2), out("d", 6)]);
    expect(world.commands.map(({ group }) => group)).toEqual(["b", "d", "a", "c"]);
  });

  test("run ten at a time", async () => {
    const names = groups(25);
    sandbox.faults.add({ service: "AutoScaling", fault: { before: delay(1000) } });
    const { tookMs } = await runStep("Apply scaling", eventOf(names.map((name) => out(name, 3))));
    const times = listRequestTimes("AutoScaling");
    expect([0, 1000, 2000].map((at) => times.filter((ms) => ms === at).length)).toEqual([
      10, 10, 5,
    ]);
    expect(tookMs).toBe(4000); // 10 + 10 + 5 and one for the tags, a second each
    expect(world.commands).toHaveLength(25);
  });

  test("make no call if there are none", async () => {
    expect(await applyScaling([], { web: { lastScaleInAt: EARLIER } })).toMatchObject({
      memory: { web: { lastScaleInAt: EARLIER } },
      applied: {},
    });
    expect(sandbox.calls).toEqual([]);
  });

  test("can be repeated: the same event sets and records the same", async () => {
    world.setGroup("web", { desired: 2 });
    const first = await applyScaling([out("web", 5)]);
    expect(await applyScaling([out("web", 5)])).toEqual(first);
    expect(world.group("web")?.desired).toBe(5);
  });

  test.each(INHERITED_NAMES)("are returned under the name %s", async (name) => {
    world.setGroup(name, { desired: 2 });
    const { applied, memory } = Object(await applyScaling([out(name, 3)]));
    expect(Object.entries(applied)).toEqual([[name, { set: 3 }]]);
    expect(Object.entries(memory)).toEqual([[name, { lastScaleOutAt: DECIDED_AT }]]);
  });
});

describe("cooldowns", () => {
  test("start at the decision, for each direction, and keep what was recorded before", async () => {
    for (const name of ["a", "b"]) world.setGroup(name, { desired: 4 });
    const known = { lastScaleInAt: EARLIER, lastScaleOutAt: EARLIER };
    const memory = { a: known, b: known, c: known };
    expect(await applyScaling([out("a", 5), scaleIn("b", 3)], memory)).toMatchObject({
      memory: {
        a: { lastScaleInAt: EARLIER, lastScaleOutAt: DECIDED_AT },
        b: { lastScaleInAt: DECIDED_AT, lastScaleOutAt: EARLIER },
        c: known,
      },
    });
  });

  test("do not start if a change was refused", async () => {
    const memory = { gone: { lastScaleOutAt: EARLIER } };
    const result = await applyScaling([out("gone", 5), out("new", 1)], memory);
    expect(Object(result).memory).toEqual(memory);
  });
});

describe("a change that fails", () => {
  test("does not prevent other changes", async () => {
    for (const name of ["a", "c", "d"]) world.setGroup(name, { desired: 2 });
    const changes = [out("a", 3), out("gone", 3), out("c", 3), scaleIn("d", 1)];
    const result = await applyScaling(changes);
    expect(result).toMatchObject({
      applied: {
        a: { set: 3 },
        gone: { fault: { error: "GroupNotFound" } },
        c: { set: 3 },
        d: { set: 1 },
      },
    });
    expect(Object.keys(Object(result).memory)).toEqual(["a", "c", "d"]);
  });

  test("is out of bounds if the maximum was lowered after the poll; it is not a missing group", async () => {
    world.setGroup("web", { desired: 2, max: 4 });
    const { applied } = Object(await applyScaling([out("web", 5)]));
    expect(applied.web.fault).toEqual({
      error: "CapacityOutOfBounds",
      message:
        "somebody changed the limits of web meanwhile: " +
        "New SetDesiredCapacity value 5 is above max value 4 for the AutoScalingGroup.",
    });
    expect(listCalls("AutoScaling")).toHaveLength(1);
    expect(world.commands).toEqual([]);
  });

  test("is out of bounds if the minimum was raised after the poll", async () => {
    world.setGroup("web", { desired: 2 });
    const before = () => world.setLimits("web", { min: 2, max: 10 });
    sandbox.faults.add({ service: "AutoScaling", fault: { before } });
    expect(await applyScaling([scaleIn("web", 1)])).toMatchObject({
      applied: { web: { fault: { error: "CapacityOutOfBounds" } } },
    });
  });

  test("names the group and the region if the group no longer exists", async () => {
    const { applied } = Object(await applyScaling([out("gone", 5)]));
    expect(applied.gone.fault).toEqual({
      error: "GroupNotFound",
      message: "there is no Auto Scaling group gone in eu-west-1",
    });
    expect(listCalls("AutoScaling")).toHaveLength(1);
  });

  test.each([
    ["Throttling", 400, "AutoScalingThrottled", 2],
    ["AccessDenied", 403, "AutoScalingAccessDenied", 1],
    ["SignatureDoesNotMatch", 403, "AutoScalingAccessDenied", 1],
    ["AuthFailure", 401, "AutoScalingAccessDenied", 1],
    ["OptInRequired", 403, "AutoScalingAccessDenied", 1],
    ["RequestExpired", 400, "AutoScalingAccessDenied", 1],
    ["ScalingActivityInProgress", 400, "CapacityRefused", 1],
    ["ResourceContention", 500, "CapacityRefused", 2],
    ["ValidationError", 400, "CapacityRefused", 1],
  ])("with %s (%i) is %s after %i calls", async (awsError, status, error, calls) => {
    world.setGroup("web", {});
    sandbox.faults.add({ service: "AutoScaling", fault: { awsError, status, message: "no" } });
    const { applied } = Object(await applyScaling([out("web", 5)]));
    expect(applied.web).toEqual({ fault: { error, message: expect.stringMatching(/: no$/) } });
    expect(listCalls("AutoScaling")).toHaveLength(calls);
  });

  test.each(["ValidationError", "ScalingActivityInProgress"])(
    "with %s names a group that is being deleted",
    async (awsError) => {
      world.setGroup("web", {});
      const message = "AutoScalingGroup 'web' is pending delete";
      sandbox.faults.add({ service: "AutoScaling", fault: { awsError, message } });
      const { applied } = Object(await applyScaling([out("web", 5)]));
      expect(applied.web.fault).toEqual({
        error: "GroupBeingDeleted",
        message: `the Auto Scaling group web is being deleted: ${message}`,
      });
    },
  );

  test.each([
    ["throttling", { awsError: "Throttling" }],
    ["a broken connection", "reset"],
    ["a call that hangs", "hang"],
  ] as const)("with %s and then does not is made", async (_, fault) => {
    world.setGroup("web", {});
    sandbox.faults.add({ service: "AutoScaling", times: 1, fault });
    expect(await applyScaling([out("web", 5)])).toMatchObject({ applied: { web: { set: 5 } } });
    expect(world.commands).toEqual([{ group: "web", desired: 5 }]);
  });
});

describe("a change whose answer is lost may have been made, so it", () => {
  const SET = { service: "AutoScaling", action: "SetDesiredCapacity" } as const;
  const DIRECTIONS = [
    ["out", out("web", 5), "out=2026-01-05T08:59:59Z desired=4>5", "lastScaleOutAt"],
    ["in", scaleIn("web", 3), "in=2026-01-05T08:59:59Z desired=4>3", "lastScaleInAt"],
  ] as const;
  const LOST = [
    ["a closed connection", "lost"],
    ["no answer", "hang"],
    ["a failure of AWS", { awsError: "InternalFailure", status: 500 }],
  ] as const;

  for (const [direction, change, tag, time] of DIRECTIONS) {
    test.each(LOST)(`starts the cooldown of a scale-${direction}: %s`, async (_, fault) => {
      world.setGroup("web", { desired: 4 });
      sandbox.faults.add({ ...SET, fault });
      const { memory, applied } = Object(await applyScaling([change]));
      expect(memory).toEqual({ web: { [time]: DECIDED_AT } });
      expect(applied.web).toMatchObject({
        fault: { error: "AutoScalingUnavailable" },
        unconfirmed: true,
      });
      // Both capacities: whichever the next poll finds, nobody else set it.
      expect(world.group("web")?.tags.get(TIMES_TAG)).toBe(tag);
    });
  }

  test.each(["Throttling", "ValidationError"])(
    "starts the cooldown if only the first of two attempts is lost, and %s refuses the second",
    async (awsError) => {
      world.setGroup("web", { desired: 4 });
      sandbox.faults.add({ ...SET, fault: { awsError, message: "no" } });
      sandbox.faults.add({ ...SET, times: 1, fault: "lost" });
      const { memory, applied } = Object(await applyScaling([scaleIn("web", 3)]));
      expect(world.group("web")?.desired).toBe(3); // The first attempt was carried out.
      expect(memory).toEqual({ web: { lastScaleInAt: DECIDED_AT } });
      expect(applied.web).toEqual({
        fault: {
          error: "AutoScalingUnavailable",
          message: `one attempt had no answer, and another one was refused: ${awsError}: no`,
        },
        unconfirmed: true,
      });
      expect(world.group("web")?.tags.get(TIMES_TAG)).toBe("in=2026-01-05T08:59:59Z desired=4>3");
    },
  );

  test("starts the cooldown if the answer is empty, as from a proxy in AWS's place", async () => {
    world.setGroup("web", { desired: 4 });
    sandbox.faults.add({ ...SET, fault: { answer: { status: 200, body: "" } } });
    const { memory, applied } = Object(await applyScaling([scaleIn("web", 3)]));
    expect(memory).toEqual({ web: { lastScaleInAt: DECIDED_AT } });
    expect(applied.web).toEqual({
      fault: {
        error: "AutoScalingInvalidAnswer",
        message: "Auto Scaling's answer makes no sense: it is empty",
      },
      unconfirmed: true,
    });
    expect(world.group("web")?.tags.get(TIMES_TAG)).toBe("in=2026-01-05T08:59:59Z desired=4>3");
  });

  test("starts none if AWS says that it was not made", async () => {
    world.setGroup("web", { desired: 4 });
    sandbox.faults.add({ ...SET, fault: { awsError: "ScalingActivityInProgress" } });
    const { memory, applied } = Object(await applyScaling([scaleIn("web", 3)]));
    expect(memory).toEqual({});
    expect(applied.web).not.toHaveProperty("unconfirmed");
    expect(world.group("web")?.tags.get(TIMES_TAG)).toBe("desired=4");
  });
});

describe("calls that hang", () => {
  test("are abandoned after 5 s, twice, and the other changes are made", async () => {
    world.setGroup("web", { desired: 2 });
    sandbox.faults.add({ service: "AutoScaling", subject: "stuck", fault: "hang" });
    const event = eventOf([out("stuck", 3), out("web", 3)]);
    const { result, tookMs } = await runStep("Apply scaling", event);
    expect(result).toMatchObject({
      applied: { stuck: { fault: { error: "AutoScalingUnavailable" } }, web: { set: 3 } },
    });
    expect(tookMs).toBeGreaterThanOrEqual(10_000); // 5 s twice
    expect(tookMs).toBeLessThan(12_500);
  });

  test("are not repeated after the slot's end", async () => {
    world.setGroup("web", { desired: 20 });
    sandbox.faults.add({ service: "AutoScaling", action: "SetDesiredCapacity", fault: "hang" });
    const event = eventOf([scaleIn("web", 2)]);
    const carry = { ...event.carry, loop: { pollUntil: "2026-01-05T09:00:04Z" } };
    const { tookMs } = await runStep("Apply scaling", { ...event, carry });
    // Without the slot's end, the second attempt would follow after 5 s.
    expect(listCalls("AutoScaling").filter((call) => call.startsWith("Set"))).toHaveLength(1);
    expect(tookMs).toBeLessThan(4100);
  });

  test("end in time however many there are, and every change is reported", async () => {
    const names = groups(100);
    sandbox.faults.add({ service: "AutoScaling", fault: "hang" });
    const event = eventOf(names.map((name) => out(name, 3)));
    const { result, tookMs } = await runStep("Apply scaling", event);
    const { applied, memory } = Object(result);
    expect(Object.keys(applied)).toHaveLength(100);
    expect(applied["group-99"]).toEqual({
      fault: { error: "AutoScalingUnavailable", message: expect.any(String) },
    });
    // Two rounds of ten calls were sent. The others had no time left, and count for nothing.
    expect(Object.keys(memory)).toEqual(names.slice(0, 20));
    expect(tookMs).toBeLessThanOrEqual(11_600); // 1.5 s before the end of 13 s
  });
});

describe("an event that is not a plan", () => {
  test.each([
    ["a negative capacity", { ...out("web", 5), to: -1 }],
    ["half an instance", { ...out("web", 5), to: 1.5 }],
    ["no change", { ...out("web", 5), action: "none" }],
  ])("is refused without a call: %s", async (_, change) => {
    const event = { ...eventOf([]), plan: { decidedAt: DECIDED_AT, changes: [change] } };
    await expect(readResult("Apply scaling", event)).rejects.toMatchObject({
      name: "InvalidInput",
    });
    expect(sandbox.calls).toEqual([]);
  });
});

describe("a loop that listens for events", () => {
  const listen = { listenSeconds: 9, relistenUntil: "2026-01-05T09:00:01Z" }; // until 09:00:10

  function apply() {
    world.setGroup("web", { desired: 2 });
    const event = eventOf([out("web", 5)]);
    return readResult("Apply scaling", { ...event, carry: { ...event.carry, listen } });
  }

  test("is told how long it may do so still", async () => {
    sandbox.faults.add({ service: "AutoScaling", fault: { before: delay(1500) } });
    // A raise and then the tag: 3 s.
    expect(await apply()).toMatchObject({
      listen: { listenSeconds: 6, relistenUntil: "2026-01-05T09:00:04Z" },
    });
  });

  test("does not listen if no time is left", async () => {
    sandbox.faults.add({ service: "AutoScaling", fault: { before: delay(4500) } });
    expect(await apply()).not.toHaveProperty("listen");
  });
});
