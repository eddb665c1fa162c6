import { describe, expect, test } from "vitest";
import { DEMO_WORKLOADS, generateDemoJobs } from "../../../cli/try/demo-workloads.ts";
import { msAfterStart, START_MS } from "../../support/fleet.ts";

const QUEUES = ["a", "b", "c", "d"];

function generate(workload: (typeof DEMO_WORKLOADS)[number], { seed = 1, queues = QUEUES } = {}) {
  return [
    ...generateDemoJobs(queues, workload, { seed, fromMs: START_MS, toMs: msAfterStart(180) }),
  ];
}

/** The times of a queue's jobs, in seconds after the start. */
function listSeconds(queue: string, workload: (typeof DEMO_WORKLOADS)[number]): number[] {
  return generate(workload)
    .filter((job) => job.queue === queue)
    .map(({ scheduledMs }) => (scheduledMs - START_MS) / 1000);
}

describe.each(DEMO_WORKLOADS)("the jobs of a tryout with the workload %s", (workload) => {
  const jobs = generate(workload);

  test("start in every queue within seconds", () => {
    for (const queue of QUEUES) {
      const [first] = jobs.filter((job) => job.queue === queue);
      expect(first?.scheduledMs).toBeLessThanOrEqual(msAfterStart(3));
    }
  });

  test("are ordered by time and within the span", () => {
    const times = jobs.map(({ scheduledMs }) => scheduledMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(0)).toBeGreaterThanOrEqual(START_MS);
    expect(times.at(-1)).toBeLessThan(msAfterStart(180));
  });

  test("are the same for the same seed, and different for another seed", () => {
    expect(generate(workload)).toEqual(jobs);
    expect(generate(workload, { seed: 2 })).not.toEqual(jobs);
  });

  test("of one queue do not depend on the other queues", () => {
    const alone = generate(workload, { queues: ["a"] });
    expect(jobs.filter(({ queue }) => queue === "a")).toEqual(alone);
  });
});

describe("the workload mix", () => {
  test("uses the patterns in turn, one per queue", () => {
    const burst = [...new Set(listSeconds("b", "mix"))];
    expect(burst).toEqual([2, 72, 142]); // 2 + k x 70, below 180
    expect([...new Set(listSeconds("c", "mix"))]).toEqual([3, 93]); // 3 + k x 90
    for (const queue of ["a", "d"]) {
      // 10 jobs a minute for three minutes, and 3 or 4 at the start.
      expect(listSeconds(queue, "mix").length).toBeGreaterThan(18);
      expect(listSeconds(queue, "mix").filter((second) => second === 1).length).toBeGreaterThan(2);
    }
  });

  test("creates the same jobs for a queue as its pattern alone", () => {
    expect(listSeconds("a", "mix")).toEqual(listSeconds("a", "steady"));
    expect(listSeconds("b", "mix")).toEqual(listSeconds("b", "bursts"));
    expect(listSeconds("c", "mix")).toEqual(listSeconds("c", "rare-long"));
  });
});
