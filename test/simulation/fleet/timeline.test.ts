import { describe, expect, test } from "vitest";
import { cancelTimer, Timeline } from "../../../simulation/fleet/timeline.ts";

describe("a timeline", () => {
  test("stands still until it is told to go on", () => {
    const timeline = new Timeline(1000);
    expect([timeline.nowMs, timeline.nextMs()]).toEqual([1000, Number.POSITIVE_INFINITY]);
    timeline.moveTo(1500);
    expect(timeline.nowMs).toBe(1500);
  });

  test("runs timers in the order of their times, each at its own time", () => {
    const timeline = new Timeline(1000);
    const told: string[] = [];
    const tell = (name: string) => () => told.push(`${name} at ${timeline.nowMs}`);
    timeline.after(300, tell("later"));
    timeline.at(1100, tell("sooner"));
    expect(timeline.nextMs()).toBe(1100);
    timeline.runNext();
    expect(timeline.nextMs()).toBe(1300); // 1000 + 300
    timeline.runNext();
    expect(told).toEqual(["sooner at 1100", "later at 1300"]);
  });

  test("runs timers of one instant in the order in which they were set", () => {
    const timeline = new Timeline(0);
    const told: number[] = [];
    for (const number of [1, 2, 3, 4, 5]) timeline.at(10, () => told.push(number));
    for (let left = 5; left > 0; left -= 1) timeline.runNext();
    expect(told).toEqual([1, 2, 3, 4, 5]);
  });

  test("passes over a timer that was cancelled", () => {
    const timeline = new Timeline(0);
    const told: string[] = [];
    const first = timeline.at(10, () => told.push("cancelled"));
    timeline.at(20, () => told.push("kept"));
    cancelTimer(first);
    cancelTimer(undefined);
    expect(timeline.nextMs()).toBe(20);
    timeline.runNext();
    expect([told, timeline.nowMs]).toEqual([["kept"], 20]);
  });

  test("takes timers that a timer sets, at the same instant too", () => {
    const timeline = new Timeline(0);
    const told: string[] = [];
    timeline.at(10, () => {
      timeline.after(0, () => told.push("set by the first"));
      told.push("first");
    });
    timeline.runNext();
    expect(timeline.nextMs()).toBe(10);
    timeline.runNext();
    expect(told).toEqual(["first", "set by the first"]);
  });

  test("does nothing where nothing is to happen", () => {
    const timeline = new Timeline(7);
    timeline.runNext();
    expect(timeline.nowMs).toBe(7);
  });
});
