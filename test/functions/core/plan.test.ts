import { describe, expect, test } from "vitest";
import {
  addChange,
  batchCommands,
  type Change,
  groupTerminations,
  type InstanceCommand,
  type Termination,
} from "../../../functions/core/plan.ts";
import { NOW, secondsAgo } from "../../support/facts.ts";

/** Creates ids of instances. */
function createIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `i-${index}`);
}

describe("the times of a group with a change", () => {
  const scaleIn: Change = { scaler: "a", group: "a", action: "scale-in", from: 5, to: 3 };
  const scaleOut: Change = { scaler: "a", group: "a", action: "scale-out", from: 5, to: 8 };
  const decidedAt = NOW;
  const times = { lastScaleInAt: secondsAgo(60), lastScaleOutAt: secondsAgo(90) };

  test("begin the cooldown of its direction and name the new desired capacity", () => {
    expect(addChange(times, scaleIn, { decidedAt, isMade: true })).toEqual({
      ...times,
      lastScaleInAt: NOW,
      desired: 3,
    });
    expect(addChange(times, scaleOut, { decidedAt, isMade: true })).toEqual({
      ...times,
      lastScaleOutAt: NOW,
      desired: 8,
    });
  });

  test("name both capacities unless the change is known to be made", () => {
    const { desired, desiredBefore } = addChange({}, scaleIn, { decidedAt, isMade: false });
    expect({ desired, desiredBefore }).toEqual({ desired: 3, desiredBefore: 5 });
  });
});

describe("terminations are grouped into calls", () => {
  const end = (group: string, instance: string, decrement = true): Termination => ({
    scaler: group,
    group,
    instance,
    decrement,
  });

  test("of one group whose instances fare alike", () => {
    const calls = groupTerminations([
      end("a", "i-1"),
      end("b", "i-2"),
      end("a", "i-3", false),
      end("a", "i-4"),
    ]);
    expect(calls).toEqual([
      { group: "a", decrement: true, instances: ["i-1", "i-4"] },
      { group: "b", decrement: true, instances: ["i-2"] },
      { group: "a", decrement: false, instances: ["i-3"] },
    ]);
  });

  test.each([
    [100, [100]],
    [101, [100, 1]],
    [250, [100, 100, 50]],
  ])("%i of one group into calls of %j", (count, sizes) => {
    const calls = groupTerminations(createIds(count).map((id) => end("a", id)));
    expect(calls.map(({ instances }) => instances.length)).toEqual(sizes);
    expect(calls.flatMap(({ instances }) => instances)).toEqual(createIds(count));
  });
});

describe("commands are cut into batches", () => {
  const command = (scaler: string, more: Partial<InstanceCommand> = {}): InstanceCommand => ({
    scaler,
    group: scaler,
    unit: "buildkite-agent",
    instances: [`i-${scaler}`],
    ...more,
  });

  test("that mix the groups of one unit, and count each scaler's instances", () => {
    const batches = batchCommands([
      command("a"),
      command("b", { instances: ["i-1", "i-2"] }),
      command("c", { unit: "other" }),
      command("d", { busy: true }),
      command("e"),
    ]);
    expect(batches).toEqual([
      {
        unit: "buildkite-agent",
        busy: false,
        instances: ["i-a", "i-1", "i-2", "i-e"],
        scalers: [
          { scaler: "a", instances: 1 },
          { scaler: "b", instances: 2 },
          { scaler: "e", instances: 1 },
        ],
      },
      {
        unit: "other",
        busy: false,
        instances: ["i-c"],
        scalers: [{ scaler: "c", instances: 1 }],
      },
      {
        unit: "buildkite-agent",
        busy: true,
        instances: ["i-d"],
        scalers: [{ scaler: "d", instances: 1 }],
      },
    ]);
  });

  test.each([
    [50, [50]],
    [51, [50, 1]],
    [120, [50, 50, 20]],
  ])("%i instances of one unit into batches of %j", (count, sizes) => {
    const batches = batchCommands([command("a", { instances: createIds(count) })]);
    expect(batches.map(({ instances }) => instances.length)).toEqual(sizes);
    expect(batches.flatMap(({ scalers }) => scalers.map((each) => each.instances))).toEqual(sizes);
    expect(batches.flatMap(({ instances }) => instances)).toEqual(createIds(count));
  });
});
