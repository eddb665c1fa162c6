import { describe, expect, test } from "vitest";
import { cancelTimer, Timeline } from "../../../simulation/fleet/timeline.ts";

describe("Timeline", () => {
  test("stands still until it is moved", () => {
    const timeline = new Timeline(1000);
    expect([timeline.nowMs, timeline.nextMs()]).toEqual([1000, Number.POSITIVE_INFINITY]);
    timeline.moveTo(1500);
    expect(timeline.nowMs).toBe(1500);
  });

  test("runs timers in the order of their times, each at its own time", () => {
    const timeline = new Timeline(1000);
    const calls: string[] = [];
    const record = (name: string) => () => calls.push(`${name} at ${timeline.nowMs}`);
    timeline.after(300, record("later"));
    timeline.at(1100, record("sooner"));
    expect(timeline.nextMs()).toBe(1100);
    timeline.runNext();
    expect(timeline.nextMs()).toBe(1300); // 1000 + 300
    timeline.runNext();
    expect(calls).toEqual(["sooner at 1100", "later at 1300"]);
  });

  test("runs timers for the same time in the order in which they were set", () => {
    const timeline = new Timeline(0);
    const calls: number[] = [];
    for (const number of [1, 2, 3, 4, 5]) timeline.at(10, () => calls.push(number));
    for (let left = 5; left > 0; left -= 1) timeline.runNext();
    expect(calls).toEqual([1, 2, 3, 4, 5]);
  });

  test("skips a cancelled timer", () => {
    const timeline = new Timeline(0);
    const calls: string[] = [];
    const first = timeline.at(10, () => calls.push("cancelled"));
    timeline.at(20, () => calls.push("kept"));
    cancelTimer(first);
    cancelTimer(undefined);
    expect(timeline.nextMs()).toBe(20);
    timeline.runNext();
    expect([calls, timeline.nowMs]).toEqual([["kept"], 20]);
  });

  test("runs timers that a timer sets, even for the same time", () => {
    const timeline = new Timeline(0);
    const calls: string[] = [];
    timeline.at(10, () => {
      timeline.after(0, () => calls.push("set by the first"));
      calls.push("first");
    });
    timeline.runNext();
    expect(timeline.nextMs()).toBe(10);
    timeline.runNext();
    expect(calls).toEqual(["first", "set by the first"]);
  });

  test("does nothing if there is no timer", () => {
    const timeline = new Timeline(7);
    timeline.runNext();
    expect(timeline.nowMs).toBe(7);
  });
});
