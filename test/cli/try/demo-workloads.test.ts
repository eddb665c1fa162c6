import { describe, expect, test } from "vitest";
import { generateJobs, WORKLOADS } from "../../../cli/try/demo-workloads.ts";
import { at, START_MS } from "../../support/fleet.ts";

const QUEUES = ["a", "b", "c", "d"];

function jobsOf(workload: (typeof WORKLOADS)[number], { seed = 1, queues = QUEUES } = {}) {
  return [...generateJobs(queues, workload, { seed, fromMs: START_MS, toMs: at(180) })];
}

/** When a queue's jobs come, in seconds after the start. */
function secondsOf(queue: string, workload: (typeof WORKLOADS)[number]): number[] {
  return jobsOf(workload)
    .filter((job) => job.queue === queue)
    .map(({ scheduledMs }) => (scheduledMs - START_MS) / 1000);
}

describe.each(WORKLOADS)("the jobs of a tryout with the workload %s", (workload) => {
  const jobs = jobsOf(workload);

  test("come to every queue within seconds", () => {
    for (const queue of QUEUES) {
      const [first] = jobs.filter((job) => job.queue === queue);
      expect(first?.scheduledMs).toBeLessThanOrEqual(at(3));
    }
  });

  test("come in the order in which they appear, within the span", () => {
    const times = jobs.map(({ scheduledMs }) => scheduledMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(0)).toBeGreaterThanOrEqual(START_MS);
    expect(times.at(-1)).toBeLessThan(at(180));
  });

  test("are the same for the same seed, others for another", () => {
    expect(jobsOf(workload)).toEqual(jobs);
    expect(jobsOf(workload, { seed: 2 })).not.toEqual(jobs);
  });

  test("of one queue are the same, whatever other queues there are", () => {
    const alone = jobsOf(workload, { queues: ["a"] });
    expect(jobs.filter(({ queue }) => queue === "a")).toEqual(alone);
  });
});

describe("a mix", () => {
  test("gives each queue a habit in turn: steady, bursts, rare and long, and again", () => {
    const burst = [...new Set(secondsOf("b", "mix"))];
    expect(burst).toEqual([2, 72, 142]); // 2 + k x 70, below 180
    expect([...new Set(secondsOf("c", "mix"))]).toEqual([3, 93]); // 3 + k x 90
    for (const queue of ["a", "d"]) {
      // 10 jobs a minute for three minutes, and 3 or 4 at the start.
      expect(secondsOf(queue, "mix").length).toBeGreaterThan(18);
      expect(secondsOf(queue, "mix").filter((second) => second === 1).length).toBeGreaterThan(2);
    }
  });

  test("brings a queue the same jobs as if its habit were everybody's", () => {
    expect(secondsOf("a", "mix")).toEqual(secondsOf("a", "steady"));
    expect(secondsOf("b", "mix")).toEqual(secondsOf("b", "bursts"));
    expect(secondsOf("c", "mix")).toEqual(secondsOf("c", "rare-long"));
  });
});
