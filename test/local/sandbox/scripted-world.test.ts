import { describe, expect, test } from "vitest";
import { createScriptedWorld, type ScriptedWorld } from "../../../local/sandbox/scripted-world.ts";
import { UnknownInstances, type WorldCommand } from "../../../simulation/fleet/world.ts";

describe("a scripted world", () => {
  test("contains what was set and nothing else", () => {
    const world = createScriptedWorld();
    world.setQueue("default", { scheduled: 1, idle: 2, busy: 3 });
    world.setGroup("web", { desired: 3, inService: 1, pending: 2 });
    expect(world.queues().get("default")).toEqual({
      jobs: { scheduled: 1, running: 0, waiting: 0 },
      agents: { idle: 2, busy: 3, total: 5 }, // 2 + 3
    });
    const states = world.group("web")?.instances.map(({ lifecycleState }) => lifecycleState);
    expect(states).toEqual(["InService", "Pending", "Pending"]);
    expect(new Set(world.group("web")?.instances.map(({ id }) => id)).size).toBe(3);
    expect(world.group("ios")).toBeUndefined();
    expect(world.groupNames()).toEqual(["web"]);
  });

  test("changes a capacity at once, within the limits only", () => {
    const world = createScriptedWorld();
    world.setGroup("web", { min: 1, max: 4, desired: 2, inService: 1, pending: 1 });
    world.setDesiredCapacity("web", 4);
    expect(world.group("web")).toMatchObject({ min: 1, max: 4, desired: 4 });
    expect(world.group("web")?.instances).toHaveLength(4);
    expect(() => world.setDesiredCapacity("web", 5)).toThrow(RangeError);
    expect(() => world.setDesiredCapacity("web", 0)).toThrow(RangeError);
    expect(() => world.setDesiredCapacity("gone", 1)).toThrow("there is no group gone");
    expect(world.commands).toEqual([{ group: "web", desired: 4 }]);
  });

  test.each([
    [{ min: 3, max: 9 }, 3],
    [{ min: 0, max: 1 }, 1],
    [{ min: 0, max: 9 }, 2],
  ])("adjusts the desired capacity if the limits change to %j", (limits, desired) => {
    const world = createScriptedWorld();
    world.setGroup("web", { desired: 2 });
    world.setLimits("web", limits);
    expect(world.group("web")).toMatchObject({ ...limits, desired });
    expect(world.commands).toEqual([]);
  });

  test("loses a group that is removed, and everything when it is cleared", () => {
    const world = createScriptedWorld();
    for (const name of ["a", "b"]) world.setGroup(name, {});
    world.setQueue("default", {});
    world.removeGroup("a");
    expect(world.groupNames()).toEqual(["b"]);
    world.setDesiredCapacity("b", 1);
    world.clear();
    expect([world.groupNames(), [...world.queues()], world.commands]).toEqual([[], [], []]);
  });

  test("has different ids in different groups, and the ids that were set", () => {
    const world = createScriptedWorld();
    world.setGroup("web", { desired: 2 });
    world.setGroup("ios", { desired: 2 });
    world.setGroup("mac", { ids: ["i-0000000a"], pending: 1 });
    expect(new Set(["web", "ios", "mac"].flatMap((name) => listIds(world, name))).size).toBe(6);
    expect(listIds(world, "mac")[0]).toBe("i-0000000a");
    expect(world.group("mac")).toMatchObject({ desired: 1 });
  });

  test("has a new instance in the place of one that is terminated, unless desired capacity falls", () => {
    const world = createScriptedWorld();
    world.setGroup("web", { min: 1, ids: ["i-0000000a", "i-0000000b", "i-0000000c"] });
    world.terminateInstances("web", ["i-0000000a"], true);
    expect(listIds(world, "web")).toEqual(["i-0000000b", "i-0000000c"]);
    world.terminateInstances("web", ["i-0000000b"], false);
    expect(world.group("web")?.desired).toBe(2); // 3 - 1
    expect(listIds(world, "web")).toHaveLength(2);
    expect(listIds(world, "web")).not.toContain("i-0000000b");
    expect(() => world.terminateInstances("web", listIds(world, "web"), true)).toThrow(RangeError);
    expect(world.terminations.map(({ decrement }) => decrement)).toEqual([true, false]);
  });
});

function listIds(world: ScriptedWorld, group: string): string[] {
  return (world.group(group)?.instances ?? []).map(({ id }) => id);
}

describe("a command to instances of a scripted world", () => {
  const A = "i-0000000a";
  const COMMAND = {
    document: "look",
    action: "look",
    unit: "agent",
    comment: "main look",
  } as const;

  function createWorld(): ScriptedWorld {
    const world = createScriptedWorld();
    world.setGroup("web", { ids: [A, "i-0000000b"] });
    return world;
  }

  /** What an instance prints for an action. */
  function runAction(world: ScriptedWorld, action: WorldCommand["action"]): unknown {
    const commandId = world.sendCommand({ ...COMMAND, action, instances: [A] });
    const [invocation] = world.invocations({ commandId });
    return JSON.parse(invocation?.output ?? "");
  }

  test("returns what was scripted", () => {
    const world = createWorld();
    world.instances.script(A, { state: "failed", uptimeSeconds: 90, inactiveAtSeconds: 80 });
    expect(runAction(world, "look")).toEqual({
      v: 1,
      platform: "linux",
      state: "failed",
      jobs: 0,
      up: 90,
      boot: "first-boot",
      inactive: 80,
    });
  });

  test.each([
    ["stop-if-idle", 0, { state: "inactive", stopped: true }],
    ["stop-if-idle", 1, { state: "active", stopped: false }],
    ["stop", 1, { state: "deactivating", stopped: true, jobs: 1 }],
  ] as const)("%s of an instance with %i jobs", (action, jobs, expected) => {
    const world = createWorld();
    world.instances.script(A, { jobs });
    expect(runAction(world, action)).toMatchObject(expected);
    expect(runAction(world, "look")).toMatchObject({ state: expected.state });
  });

  test("stops nothing on Windows", () => {
    const world = createWorld();
    world.instances.script(A, { platform: "windows" });
    expect(runAction(world, "stop")).toMatchObject({ state: "active", stopped: false });
  });

  test("is refused as a whole for an instance that SSM does not know", () => {
    const world = createWorld();
    world.instances.script(A, { isKnown: false });
    const send = () =>
      world.sendCommand({ ...COMMAND, instances: [A, "i-0000000b", "i-0000dead"] });
    expect(send).toThrow(new UnknownInstances([A, "i-0000dead"]));
    expect(world.instances.sent).toEqual([]);
  });

  test.each([
    ["silent", "InProgress", "InProgress"],
    ["undeliverable", "TimedOut", "DeliveryTimedOut"],
  ] as const)(
    "that is %s is %s with %s, and changes nothing",
    (commands, status, statusDetails) => {
      const world = createWorld();
      world.instances.script(A, { commands });
      const commandId = world.sendCommand({ ...COMMAND, action: "stop", instances: [A] });
      expect(world.invocations({ commandId })).toMatchObject([
        { status, statusDetails, output: "" },
      ]);
      world.instances.script(A, { commands: "answers" });
      expect(runAction(world, "look")).toMatchObject({ state: "active" });
    },
  );

  test("is on record by document and time, newest first", () => {
    const world = createWorld();
    for (const document of ["stop", "look", "stop"]) {
      world.sendCommand({ ...COMMAND, document, instances: [A] });
    }
    const nowMs = Date.now();
    const stops = world.invocations({ document: "stop", afterMs: nowMs - 60_000 });
    expect(stops.map(({ commandId }) => commandId.slice(-1))).toEqual(["3", "1"]);
    expect(world.invocations({ document: "stop", afterMs: nowMs + 60_000 })).toEqual([]);
  });
});
