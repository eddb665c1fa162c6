import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ScalerMemory } from "../../functions/core/memory.ts";
import { runInVirtualTime } from "../../local/engine/virtual-time.ts";
import { createInput, listCalls, sandbox, world } from "../support/sandbox.ts";
import { callState, delay, listRequestTimes, readResult, runStep, START } from "../support/step.ts";

/** What Fetch metrics reads for graceful groups: ids of instances, and what SSM knows about them. */

const A = "i-0000000a";
const B = "i-0000000b";
const C = "i-0000000c";

const GRACEFUL = {
  queue: "default",
  group: "web",
  agentsPerInstance: 1,
  agentStartupGrace: 0,
  scaleIn: { graceful: true },
};

function fetchEvent(memory: ScalerMemory = {}, scaler: object = {}) {
  return {
    input: createInput({ publishMetrics: false, scalers: [{ ...GRACEFUL, ...scaler }] }),
    memory: { web: memory },
  };
}

async function fetchFacts(memory: ScalerMemory = {}, scaler: object = {}) {
  return Object(await readResult("Fetch metrics", fetchEvent(memory, scaler)));
}

/** Sends a command as the loop `main` does, some seconds before {@link START}. Returns its id. */
function send(action: "look" | "stop-if-idle", instances: readonly string[], secondsAgo = 10) {
  vi.useFakeTimers({ now: Date.parse(START) - secondsAgo * 1000, toFake: ["Date"] });
  const verb = action === "look" ? "look" : "stop";
  const common = { document: `main-${verb}`, unit: "buildkite-agent", comment: `main ${verb} web` };
  const command = world.sendCommand({ ...common, action, instances });
  vi.useRealTimers();
  return { command, at: new Date(Date.parse(START) - secondsAgo * 1000).toISOString() };
}

function look(...instances: string[]) {
  return { ...send("look", instances), instances: instances.length };
}

/** The calls with which SSM's record was read. */
function listReads(): string[] {
  return listCalls("SSM").filter((call) => call.startsWith("ListCommandInvocations"));
}

beforeEach(() => {
  vi.stubEnv("SSM_LOOK_DOCUMENT", "main-look");
  vi.stubEnv("SSM_STOP_DOCUMENT", "main-stop");
  world.setGroup("web", { ids: [A, B, C] });
  return () => vi.unstubAllEnvs();
});

describe("a quiet poll of a graceful group", () => {
  test("makes the calls and has the facts of a group that is not graceful", async () => {
    const facts = await fetchFacts();
    const calls = [...listCalls("AutoScaling"), ...listReads()];
    sandbox.calls.length = 0;
    expect(facts).toEqual(await fetchFacts({}, { scaleIn: {} }));
    expect(calls).toEqual(["DescribeAutoScalingGroups"]);
    expect(facts.groups).toEqual({
      web: { desired: 3, min: 0, max: 10, inService: 3, pending: 0 },
    });
  });
});

describe("the instances of a graceful group", () => {
  const at = START;

  test.each<[string, ScalerMemory]>([
    ["has a surplus", { asksInstances: true }],
    ["has open looks", { looks: [{ command: "c", at, instances: 1 }] }],
    ["has planned stops", { stopping: { at, instances: [A] } }],
    ["has leaving instances", { drains: { [A]: { at } } }],
    [
      "has an instance that may be dead",
      { suspects: { [A]: { at, bootId: "b", inactiveAtSeconds: 1 } } },
    ],
    ["is due for a sweep", { sweepAt: at }],
  ])("are read if it %s", async (_, memory) => {
    expect((await fetchFacts(memory)).groups.web.instances.toSorted()).toEqual([A, B, C]);
  });

  test("are read if its tag says that stops are open", async () => {
    world.setTimes("web", "drain=2026-01-05T08:50:00Z desired=3");
    expect((await fetchFacts()).groups.web).toMatchObject({
      times: { drainSince: "2026-01-05T08:50:00Z" },
      instances: expect.arrayContaining([A, B, C]),
    });
  });

  test("do not include those that start or terminate", async () => {
    world.setGroup("web", { ids: [A], desired: 3, pending: 2 });
    expect((await fetchFacts({ asksInstances: true })).groups.web.instances).toEqual([A]);
  });

  test("are at most 200, whose window moves until each had its turn", async () => {
    const ids = Array.from({ length: 450 }, (_, index) => `i-${String(index).padStart(8, "0")}`);
    world.setGroup("web", { max: 500, ids });
    const seen = new Set<string>();
    for (const seconds of [0, 10, 20]) {
      const facts = await runInVirtualTime(Date.parse(START) + seconds * 1000, () =>
        callState("Fetch metrics", fetchEvent({ asksInstances: true })),
      );
      const { instances } = Object(facts).groups.web;
      expect(new Set(instances).size).toBe(200);
      for (const id of instances) seen.add(id);
    }
    expect(seen.size).toBe(450); // three windows of 200, one every 10 s
  });

  test("always include those that leave, however large the group is", async () => {
    const ids = Array.from({ length: 450 }, (_, index) => `i-${String(index).padStart(8, "0")}`);
    world.setGroup("web", { max: 500, ids });
    const leaving = [ids[3], ids[230], ids[449]].map((id) => id ?? "");
    const drains = Object.fromEntries(leaving.map((id) => [id, { at: START }]));
    const { instances } = (await fetchFacts({ drains })).groups.web;
    expect(instances).toEqual(expect.arrayContaining(leaving));
  });
});

describe("answers", () => {
  test("are those to the looks in memory", async () => {
    world.instances.script(B, { jobs: 2 });
    const looks = [look(A, B), look(C)];
    const { answers } = await fetchFacts({ looks });
    expect(Object.keys(answers)).toEqual([A, B, C]);
    expect(answers[B]).toMatchObject({ at: looks[0]?.at, state: "active", jobs: 2 });
    expect(listReads()).toEqual(looks.map(({ command }) => `ListCommandInvocations ${command}`));
  });

  test("of an instance that has left the group are dropped", async () => {
    const looks = [look(A, B)];
    world.setGroup("web", { ids: [B, C] });
    expect(Object.keys((await fetchFacts({ looks })).answers)).toEqual([B]);
  });

  test("are not read for a look that SSM refused for every instance", async () => {
    const at = new Date(Date.parse(START) - 10_000).toISOString();
    await fetchFacts({ looks: [{ command: "", at, instances: 1 }] });
    expect(listReads()).toEqual([]);
  });

  test("to a look of several scalers are read once", async () => {
    world.setGroup("ios", { ids: ["i-0000000d"] });
    const looks = [look(A, "i-0000000d")];
    const scalers = [GRACEFUL, { ...GRACEFUL, group: "ios", queue: "ios" }];
    const event = {
      input: createInput({ scalers }),
      memory: { web: { looks }, ios: { looks } },
    };
    const { answers } = Object(await readResult("Fetch metrics", event));
    expect(Object.keys(answers)).toEqual([A, "i-0000000d"]);
    expect(listReads()).toHaveLength(1);
  });

  test("are not read while the groups' state is unknown, because they could not be used", async () => {
    const looks = [look(A)];
    sandbox.faults.add({ service: "AutoScaling", fault: { awsError: "AccessDenied" } });
    const facts = await fetchFacts({ looks });
    expect(facts).toMatchObject({ groupsFault: { error: "AutoScalingAccessDenied" } });
    expect(facts).not.toHaveProperty("answers");
    expect(listReads()).toEqual([]);
  });
});

describe("stops", () => {
  test("are read from SSM's record if the tag says that some are open: another execution sent them", async () => {
    world.setTimes("web", "drain=2026-01-05T08:59:30Z desired=3");
    const { at } = send("stop-if-idle", [A], 20);
    expect(await fetchFacts()).toMatchObject({
      stops: { [A]: { at, delivered: "yes", answer: { stopped: true, state: "inactive" } } },
    });
    expect(listReads()).toEqual(["ListCommandInvocations main-stop"]);
  });

  test("are read since a minute before the oldest open one, because clocks differ", async () => {
    world.setTimes("web", "drain=2026-01-05T08:55:00Z desired=3");
    send("stop-if-idle", [A], 361); // 08:53:59
    send("stop-if-idle", [B], 359); // 08:54:01
    expect(Object.keys((await fetchFacts()).stops)).toEqual([B]);
  });

  test("are read for a day back if the tag was deleted, because it may have hidden some", async () => {
    world.setTimes("web", undefined);
    send("stop-if-idle", [A], 23 * 3600);
    send("stop-if-idle", [B], 25 * 3600);
    const facts = await fetchFacts();
    expect(facts.groups.web).toMatchObject({ timesUnknown: true });
    expect(Object.keys(facts.stops)).toEqual([A]);
  });

  test("are not read without a tag in a dry run, which stops nothing", async () => {
    world.setTimes("web", undefined);
    const facts = await fetchFacts({}, { dryRun: true });
    expect(facts.groups.web).not.toHaveProperty("instances");
    expect(listReads()).toEqual([]);
  });

  test("of an instance that is gone are dropped: its drain has ended", async () => {
    world.setTimes("web", "drain=2026-01-05T08:59:00Z desired=3");
    send("stop-if-idle", [A, B]);
    world.setGroup("web", { ids: [B, C] });
    expect(Object.keys((await fetchFacts()).stops)).toEqual([B]);
  });
});

describe("SSM that fails", () => {
  const stopping = "drain=2026-01-05T08:59:00Z desired=3";

  test.each([
    ["throttled", { awsError: "ThrottlingException" }, "RunCommandThrottled"],
    ["denied", { awsError: "AccessDeniedException" }, "RunCommandAccessDenied"],
    ["broken off", "reset", "RunCommandUnavailable"],
  ] as const)("is a fault beside the other facts: %s", async (_, fault, error) => {
    world.setTimes("web", stopping);
    world.setQueue("default", { scheduled: 2 });
    const looks = [look(A)];
    sandbox.faults.add({ service: "SSM", action: "ListCommandInvocations", fault });
    const facts = await fetchFacts({ looks });
    expect(facts).toMatchObject({
      queues: { default: { jobs: { scheduled: 2 } } },
      groups: { web: { desired: 3, instances: expect.any(Array) } },
      commandsFault: { error },
    });
    expect(facts).not.toHaveProperty("answers");
    expect(facts).not.toHaveProperty("stops");
  });

  test("for the stops first, and for the answers later, is one fault", async () => {
    world.setTimes("web", stopping);
    const looks = [look(A)];
    const fault = { awsError: "ThrottlingException" };
    sandbox.faults.add({
      service: "SSM",
      action: "ListCommandInvocations",
      fault: { before: delay(1000) },
    });
    sandbox.faults.add({ service: "SSM", subject: "main-stop", fault });
    expect(await fetchFacts({ looks })).toMatchObject({
      commandsFault: { error: "RunCommandThrottled" },
    });
  });

  test("to answer at all delays the poll by 3 s, however many looks are open", async () => {
    world.setTimes("web", stopping);
    const looks = [look(A), look(B), look(C)];
    sandbox.calls.length = 0;
    sandbox.faults.add({ service: "SSM", action: "ListCommandInvocations", fault: "hang" });
    const { result, tookMs } = await runStep("Fetch metrics", fetchEvent({ looks }));
    expect(result).toMatchObject({ commandsFault: { error: "RunCommandUnavailable" } });
    expect(listRequestTimes("SSM")).toEqual([0, 0, 0, 0]);
    expect(tookMs).toBeGreaterThanOrEqual(3000);
    expect(tookMs).toBeLessThan(3500);
  });
});
