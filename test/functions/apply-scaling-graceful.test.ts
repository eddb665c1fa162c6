import { beforeEach, describe, expect, test, vi } from "vitest";
import { TIMES_TAG } from "../../functions/core/group-times.ts";
import type { Memory } from "../../functions/core/memory.ts";
import type { Change, InstanceCommand, Plan, Termination } from "../../functions/core/plan.ts";
import { listCalls, sandbox, world } from "../support/sandbox.ts";
import { delay, listRequestTimes, readResult, runStep, START } from "../support/step.ts";

/** What Apply scaling does in graceful groups, and in which order. */

const A = "i-0000000a";
const B = "i-0000000b";
const C = "i-0000000c";
const DECIDED_AT = "2026-01-05T08:59:59.400Z";

function applyEvent(plan: Partial<Plan>, memory: Memory = {}) {
  const carry = { settings: {}, loop: { nextPollAt: START }, memory };
  return { loop: "main", plan: { decidedAt: DECIDED_AT, changes: [], ...plan }, carry };
}

async function applyPlan(plan: Partial<Plan>, memory?: Memory) {
  return Object(await readResult("Apply scaling", applyEvent(plan, memory)));
}

function raise(group: string, to: number): Change {
  return { scaler: group, group, action: "scale-out", from: to - 1, to, graceful: true };
}

function command(group: string, ...instances: string[]): InstanceCommand {
  return { scaler: group, group, unit: "buildkite-agent", instances };
}

function end(group: string, instance: string, decrement = true): Termination {
  return { scaler: group, group, instance, decrement };
}

/** Lists all calls to AWS, oldest first. */
function listAwsCalls(): string[] {
  return sandbox.calls.map(({ action, subject }) => `${action} ${subject}`.trim());
}

/** Creates ids of instances. */
function createIds(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `i-${String(from + index).padStart(8, "0")}`);
}

beforeEach(() => {
  vi.stubEnv("SSM_LOOK_DOCUMENT", "main-look");
  vi.stubEnv("SSM_STOP_DOCUMENT", "main-stop");
  world.setGroup("web", { ids: [A, B, C] });
  return () => vi.unstubAllEnvs();
});

/** A plan with everything in it. */
function planEverything(): Partial<Plan> {
  return {
    changes: [
      { scaler: "plain", group: "plain", action: "scale-in", from: 4, to: 2 },
      raise("busy", 5),
    ],
    times: [{ scaler: "web", group: "web", desired: 3 }],
    terminations: [end("web", A)],
    stops: [command("web", B)],
    looks: [command("web", C)],
  };
}

describe("a plan", () => {
  beforeEach(() => {
    world.setGroup("plain", { desired: 4 });
    world.setGroup("busy", { desired: 2 });
  });

  test("is carried out in order: raises, tags, lowerings, terminations, stops, looks", async () => {
    await applyPlan(planEverything());
    expect(listAwsCalls()).toEqual([
      "DescribeAutoScalingGroups",
      "SetDesiredCapacity busy",
      "CreateOrUpdateTags",
      "SetDesiredCapacity plain",
      "TerminateInstanceInAutoScalingGroup web",
      "SendCommand main-stop",
      "SendCommand main-look",
    ]);
  });

  test("ends nothing and stops nothing if the tags cannot be written, but raises", async () => {
    sandbox.faults.add({
      service: "AutoScaling",
      action: "CreateOrUpdateTags",
      fault: { awsError: "AccessDenied", message: "no" },
    });
    const fault = { error: "TimesNotWritten", message: "AccessDenied: no" };
    expect((await applyPlan(planEverything())).applied).toEqual({
      plain: { fault },
      busy: { set: 5 },
    });
    expect(world.commands).toEqual([{ group: "busy", desired: 5 }]);
    expect(world.terminations).toEqual([]);
    expect(world.instances.sent.map(({ action }) => action)).toEqual(["look"]);
  });

  /** The calls of the plan in their order, and what a plan calls if the slot ends during one of them. */
  const CALLS = [
    ["DescribeAutoScalingGroups", ""],
    ["SetDesiredCapacity", "busy"],
    ["CreateOrUpdateTags", ""],
    ["SetDesiredCapacity", "plain"],
    ["TerminateInstanceInAutoScalingGroup", "web"],
    ["SendCommand", "main-stop"],
    ["SendCommand", "main-look"],
  ] as const;

  test.each(CALLS.map(([action, subject], index) => ({ action, subject, calls: index + 1 })))(
    "sends nothing more if the slot ends during $action $subject, and does not repeat that call",
    async ({ action, subject, calls }) => {
      const service = action === "SendCommand" ? "SSM" : "AutoScaling";
      sandbox.faults.add({ service, action, subject, fault: "hang" });
      const event = applyEvent(planEverything());
      const carry = { ...event.carry, loop: { pollUntil: "2026-01-05T09:00:02Z" } };
      const { tookMs } = await runStep("Apply scaling", { ...event, carry });
      expect(listAwsCalls()).toEqual(CALLS.slice(0, calls).map((call) => call.join(" ").trim()));
      expect(tookMs).toBeLessThanOrEqual(2010);
    },
  );

  test("sends nothing at the slot's end or later, and no change counts as made", async () => {
    const event = applyEvent(planEverything());
    const carry = { ...event.carry, loop: { pollUntil: START } };
    const { applied, memory } = Object(await readResult("Apply scaling", { ...event, carry }));
    const fault = { error: "SlotEnded", message: "the slot ended at 2026-01-05T09:00:00.000Z" };
    expect(applied).toEqual({ plain: { fault }, busy: { fault } });
    expect(memory).toEqual({});
    expect(sandbox.calls).toEqual([]);
  });

  test("that is carried out twice changes nothing more", async () => {
    const first = await applyPlan(planEverything());
    const groups = ["plain", "busy"].map((name) => world.group(name));
    const again = await applyPlan({ ...planEverything(), terminations: [] });
    expect(again.applied).toEqual(first.applied);
    expect(["plain", "busy"].map((name) => world.group(name))).toEqual(groups);
  });

  test("with an SSM that hangs raises at once, and ends in time", async () => {
    sandbox.faults.add({ service: "SSM", fault: "hang" });
    const ids = createIds(200);
    world.setGroup("web", { max: 300, ids });
    const plan = { ...planEverything(), terminations: [], looks: [command("web", ...ids)] };
    const { tookMs } = await runStep("Apply scaling", applyEvent(plan));
    expect(world.commands[0]).toEqual({ group: "busy", desired: 5 });
    expect(listRequestTimes("AutoScaling")).toEqual([0, 0, 0, 0]);
    expect(listRequestTimes("SSM")).toHaveLength(5); // one stop, then four looks side by side
    expect(tookMs).toBeLessThan(7000); // 3 s each
  });
});

describe("a raise of a graceful group", () => {
  test("is skipped if the group has grown as far meanwhile: setting it would end instances with jobs", async () => {
    world.setGroup("web", { desired: 7 });
    expect((await applyPlan({ changes: [raise("web", 5)] })).applied).toEqual({ web: { set: 7 } });
    expect(world.commands).toEqual([]);
    expect(world.group("web")?.desired).toBe(7);
  });

  test.each([
    [4, []],
    [3, [{ group: "web", desired: 4 }]],
  ])("to 4 of a group of %i sets %j", async (desired, commands) => {
    world.setGroup("web", { desired });
    expect((await applyPlan({ changes: [raise("web", 4)] })).applied).toEqual({ web: { set: 4 } });
    expect(world.commands).toEqual(commands);
  });

  test("needs one more call, however many groups are raised", async () => {
    const names = ["a", "b", "c"];
    for (const name of names) world.setGroup(name, { desired: 1 });
    await applyPlan({ changes: names.map((name) => raise(name, 2)) });
    expect(listCalls("AutoScaling").filter((call) => call.startsWith("Describe"))).toHaveLength(1);
    expect(world.commands).toHaveLength(3);
  });

  test("waits for the next poll if the groups cannot be read; other groups are raised", async () => {
    world.setGroup("plain", { desired: 1 });
    const plain: Change = { ...raise("plain", 2), graceful: undefined };
    sandbox.faults.add({
      service: "AutoScaling",
      action: "DescribeAutoScalingGroups",
      fault: { awsError: "AccessDenied" },
    });
    const { applied } = await applyPlan({ changes: [raise("web", 5), plain] });
    expect(applied).toMatchObject({
      web: { fault: { error: "AutoScalingAccessDenied" } },
      plain: { set: 2 },
    });
    expect(world.commands).toEqual([{ group: "plain", desired: 2 }]);
  });

  test("is not sent if the group is gone meanwhile, and has that fault", async () => {
    const { applied } = await applyPlan({ changes: [raise("gone", 5)] });
    expect(applied).toMatchObject({ gone: { fault: { error: "GroupNotFound" } } });
    expect(listCalls("AutoScaling")).toEqual(["DescribeAutoScalingGroups"]);
  });
});

describe("the tags", () => {
  function readTag(group: string): string | undefined {
    return world.group(group)?.tags.get(TIMES_TAG);
  }

  test("of a group that is gone are not written again after its scale-in failed", async () => {
    const change: Change = { scaler: "gone", group: "gone", action: "scale-in", from: 4, to: 2 };
    const { applied } = await applyPlan({ changes: [change] });
    expect(applied).toMatchObject({ gone: { fault: { error: "GroupNotFound" } } });
    expect(listCalls("AutoScaling")).toEqual(["CreateOrUpdateTags"]);
  });

  test("are written in one call, with what is remembered", async () => {
    world.setGroup("ios", { desired: 2 });
    const memory: Memory = {
      web: { surplusSince: "2026-01-05T08:59:49.000Z", drainSince: DECIDED_AT },
      ios: { lastScaleInAt: "2026-01-05T08:30:00.000Z" },
    };
    const times = [
      { scaler: "web", group: "web", desired: 3 },
      { scaler: "ios", group: "ios", desired: 2 },
    ];
    await applyPlan({ times }, memory);
    expect(readTag("web")).toBe(
      "surplus=2026-01-05T08:59:49Z drain=2026-01-05T08:59:59Z desired=3",
    );
    expect(readTag("ios")).toBe("in=2026-01-05T08:30:00Z desired=2");
    expect(listCalls("AutoScaling")).toEqual(["CreateOrUpdateTags"]);
  });

  test("say that a scale-in is being made before it is made, so that a crash in between is known", async () => {
    const fault = { before: () => expect(readTag("plain")).toContain("desired=4>2") };
    world.setGroup("plain", { desired: 4 });
    sandbox.faults.add({ service: "AutoScaling", action: "SetDesiredCapacity", fault });
    const lower: Change = { scaler: "plain", group: "plain", action: "scale-in", from: 4, to: 2 };
    expect((await applyPlan({ changes: [lower] })).applied).toEqual({ plain: { set: 2 } });
    expect(readTag("plain")).toBe("in=2026-01-05T08:59:59Z desired=4>2");
  });

  test("do not say that a raise was made if it was refused", async () => {
    world.setGroup("web", { max: 4, desired: 3 });
    world.setTimes("web", "desired=3");
    await applyPlan({ changes: [raise("web", 5)] });
    expect(readTag("web")).toBe("desired=3");
  });
});

describe("stops", () => {
  test("are for idle instances only, unless the plan says that they may be busy", async () => {
    world.instances.script(A, { jobs: 1 });
    world.instances.script(B, { jobs: 1 });
    const busy = { ...command("web", B), busy: true };
    await applyPlan({ stops: [command("web", A), busy] });
    expect(world.instances.sent).toMatchObject([
      { action: "stop-if-idle", instances: [A], comment: "main stop web" },
      { action: "stop", instances: [B], comment: "main stop web" },
    ]);
  });

  test("of small groups share a command: 60 groups of two are three commands", async () => {
    const groups = Array.from({ length: 60 }, (_, index) => `group-${index}`);
    const stops = groups.map((group, index) => {
      const ids = createIds(2, index * 2);
      world.setGroup(group, { ids });
      return command(group, ...ids);
    });
    await applyPlan({ stops });
    const sizes = world.instances.sent.map(({ instances }) => instances.length);
    expect(sizes.toSorted((a, b) => b - a)).toEqual([50, 50, 20]); // 120
  });

  test("that SSM refuses do not prevent other stops", async () => {
    const others = createIds(50);
    world.setGroup("big", { max: 50, ids: others });
    const stops = [command("big", ...others), { ...command("web", A), unit: "other" }];
    sandbox.faults.add({ service: "SSM", times: 1, fault: { awsError: "ThrottlingException" } });
    await applyPlan({ stops });
    expect(world.instances.sent).toMatchObject([{ instances: [A] }]);
  });

  test("never lower a desired capacity", async () => {
    await applyPlan({ stops: [command("web", A, B)] });
    expect(world.commands).toEqual([]);
    expect(world.group("web")?.desired).toBe(3);
  });
});

describe("terminations", () => {
  test("of one group are one call for those that fare alike", async () => {
    const terminations = [end("web", A), end("web", B, false), end("web", C)];
    await applyPlan({ terminations });
    expect(world.terminations).toEqual([
      { group: "web", instances: [A, C], decrement: true },
      { group: "web", instances: [B], decrement: false },
    ]);
  });

  test("that are refused do not prevent stops", async () => {
    world.setGroup("web", { min: 3, ids: [A, B, C] });
    await applyPlan({ terminations: [end("web", A)], stops: [command("web", B)] });
    expect(world.terminations).toEqual([]);
    expect(world.instances.sent).toMatchObject([{ action: "stop-if-idle", instances: [B] }]);
  });
});

describe("looks", () => {
  test("are remembered for each scaler with the command and the time of the decision", async () => {
    world.setGroup("ios", { ids: ["i-0000000d"] });
    const { memory } = await applyPlan({
      looks: [command("web", A, B), command("ios", "i-0000000d")],
    });
    const [{ command: id }] = memory.web.looks;
    expect(memory).toEqual({
      web: { looks: [{ command: id, at: DECIDED_AT, instances: 2 }] },
      ios: { looks: [{ command: id, at: DECIDED_AT, instances: 1 }] },
    });
    expect(world.invocations({ commandId: id })).toHaveLength(3);
  });

  test("are added to those that are still open", async () => {
    const open = { command: "before", at: START, instances: 1 };
    const { memory } = await applyPlan({ looks: [command("web", A)] }, { web: { looks: [open] } });
    expect(memory.web.looks).toHaveLength(2);
    expect(memory.web.looks[0]).toEqual(open);
  });

  test.each([
    ["SSM throttles", { awsError: "ThrottlingException" }],
    ["SSM hangs", "hang"],
    ["the connection breaks", "reset"],
  ] as const)("that were not sent are not remembered: %s", async (_, fault) => {
    sandbox.faults.add({ service: "SSM", fault });
    const { memory, applied } = await applyPlan({ looks: [command("web", A)] });
    expect(memory).toEqual({});
    expect(applied).toEqual({});
  });

  test("at instances of which SSM knows none are remembered, so that they count as silent", async () => {
    world.instances.script(A, { isKnown: false });
    const { memory } = await applyPlan({ looks: [command("web", A)] });
    expect(memory.web.looks).toEqual([{ command: "", at: DECIDED_AT, instances: 1 }]);
    expect(world.instances.sent).toEqual([]);
  });

  test("that SSM takes late are remembered", async () => {
    sandbox.faults.add({ service: "SSM", fault: { before: delay(2900) } });
    const { memory } = await applyPlan({ looks: [command("web", A)] });
    expect(memory.web.looks).toHaveLength(1);
  });
});
