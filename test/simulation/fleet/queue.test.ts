import { describe, expect, test } from "vitest";
import { Queue } from "../../../simulation/fleet/queue.ts";
import { createJob, msAfterStart } from "../../support/fleet.ts";

describe("Queue", () => {
  test("counts like Buildkite: busy agents are the ones that run its jobs", () => {
    const queue = new Queue("default");
    for (const seconds of [0, 1, 2]) queue.schedule(createJob(seconds, 60));
    queue.start(msAfterStart(5));
    queue.waiting = 4;
    queue.idle = 2;
    expect(queue.facts()).toEqual({
      jobs: { scheduled: 2, running: 1, waiting: 4 }, // 3 - 1, 1
      agents: { idle: 2, busy: 1, total: 3 }, // 2 + 1
    });
  });

  test("starts its oldest job and records how long it waited", () => {
    const queue = new Queue("default");
    const [first, second] = [createJob(0, 60), createJob(3, 60)];
    for (const each of [first, second]) queue.schedule(each);
    expect([queue.start(msAfterStart(10)), queue.start(msAfterStart(10))]).toEqual([first, second]);
    expect(queue.waitsMs).toEqual([10_000, 7_000]); // 10 - 0, 10 - 3
  });

  test("starts nothing if no job is scheduled", () => {
    const queue = new Queue("default");
    expect(queue.start(msAfterStart(0))).toBeUndefined();
    expect([queue.running, queue.waitsMs]).toEqual([0, []]);
  });

  test("records how long a cold start takes until the scale-out and until a job runs", () => {
    const queue = new Queue("default");
    queue.recordScaleOutFromZero(msAfterStart(1));
    for (const seconds of [2, 5]) queue.schedule(createJob(seconds, 60));
    queue.recordScaleOutFromZero(msAfterStart(8));
    for (const seconds of [78, 79]) queue.start(msAfterStart(seconds));
    expect(queue.reactionsMs).toEqual([6_000]); // 8 - 2; at 1 there was no job.
    expect(queue.coldStartsMs).toEqual([76_000]); // 78 - 2, once.
  });

  test("is empty when every job has ended", () => {
    const queue = new Queue("default");
    expect(queue.isEmpty()).toBe(true);
    queue.schedule(createJob(0, 60));
    expect(queue.isEmpty()).toBe(false);
    queue.start(msAfterStart(0));
    expect(queue.isEmpty()).toBe(false);
    queue.end();
    expect(queue.isEmpty()).toBe(true);
    queue.waiting = 1;
    expect(queue.isEmpty()).toBe(false);
  });

  test("restarts an interrupted job before all others and does not record its wait again", () => {
    const queue = new Queue("default");
    const [interrupted, next] = [createJob(0, 60), createJob(1, 60)];
    for (const each of [interrupted, next]) queue.schedule(each);
    queue.start(msAfterStart(2));
    queue.restart(interrupted);
    expect([queue.running, queue.interrupted, queue.scheduled.size]).toEqual([0, 1, 2]);
    expect([queue.start(msAfterStart(50)), queue.start(msAfterStart(50))]).toEqual([
      interrupted,
      next,
    ]);
    expect(queue.waitsMs).toEqual([2_000, 49_000]); // 2 - 0 once, 50 - 1
  });

  test("counts a job that is interrupted twice as two interruptions and one wait", () => {
    const queue = new Queue("default");
    const interrupted = createJob(0, 60);
    queue.schedule(interrupted);
    for (const seconds of [2, 50, 90]) {
      queue.start(msAfterStart(seconds));
      if (seconds < 90) queue.restart(interrupted);
    }
    queue.end();
    expect([queue.interrupted, queue.ended, queue.running, queue.waitsMs]).toEqual([
      2,
      1,
      0,
      [2_000],
    ]);
  });
});
