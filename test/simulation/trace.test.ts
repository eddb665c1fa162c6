import { describe, expect, test } from "vitest";
import { Trace } from "../../simulation/trace.ts";
import { createFleet, createGroupOptions, createJob, msAfterStart } from "../support/fleet.ts";

describe("a trace", () => {
  test("records when jobs lost their instances, and how many since the previous record", () => {
    const jobs = [createJob(0, 1000), createJob(0, 1000), createJob(0, 1000)];
    const fleet = createFleet([createGroupOptions({ desired: 3 })], jobs);
    const web = { name: "web", queues: ["default"], group: "web", agentsPerInstance: 1 };
    const trace = new Trace(fleet, [web], true);
    for (const [seconds, desired] of [
      [10, 3],
      [20, 1],
      [30, 1],
      [40, 0],
    ] as const) {
      fleet.advanceTo(msAfterStart(seconds));
      fleet.setDesiredCapacity("web", desired);
      trace.recordState();
    }
    expect(trace.scalers[0]?.interruptions).toEqual([
      { atMs: msAfterStart(20), jobs: 2 }, // 3 - 1
      { atMs: msAfterStart(40), jobs: 1 },
    ]);
  });
});
