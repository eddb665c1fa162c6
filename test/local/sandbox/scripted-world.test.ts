import { describe, expect, test } from "vitest";
import { createScriptedWorld } from "../../../local/sandbox/scripted-world.ts";

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
});
