import fc from "fast-check";
import { expect, test } from "vitest";
import { type EventDelivery, sampleArrivalsMs } from "../../../simulation/events/delivery.ts";
import { EventArrivals } from "../../../simulation/events/event-arrivals.ts";
import { appearanceMs, type Job } from "../../../simulation/fleet/options.ts";
import { randomStream } from "../../../simulation/fleet/random.ts";

function listArrivals(jobs: Iterable<Job>, delivery: EventDelivery, seed = 1): number[] {
  const arrivals = new EventArrivals(jobs, delivery, randomStream(seed, "events"));
  const times: number[] = [];
  for (;;) {
    const nextMs = arrivals.nextMs();
    const arrival = arrivals.take();
    if (arrival === undefined) return times;
    expect(arrival.atMs).toBe(nextMs);
    times.push(arrival.atMs);
  }
}

const DELIVERY: EventDelivery = { delay: { from: 0, to: 30 }, lost: 0.2, doubled: 0.3 };

test("events arrive in the order of their arrival, each job's as often as it was drawn", () => {
  const jobArbitrary = fc
    .record({
      queue: fc.constant("web"),
      scheduledMs: fc.nat(100_000),
      durationMs: fc.constant(1000),
      waitedMs: fc.constantFrom(0, 0, 20_000),
    })
    .map(({ waitedMs, ...job }) => ({ ...job, waitingSinceMs: job.scheduledMs - waitedMs }));
  fc.assert(
    fc.property(fc.array(jobArbitrary), fc.nat(1000), (unordered, seed) => {
      const jobs = unordered.sort((a, b) => appearanceMs(a) - appearanceMs(b));
      const random = randomStream(seed, "events");
      const expected = jobs
        .flatMap((job) => sampleArrivalsMs(job, DELIVERY, random))
        .sort((a, b) => a - b);
      expect(listArrivals(jobs, DELIVERY, seed)).toEqual(expected);
    }),
  );
});

test("jobs are read no earlier than needed: a list without an end is allowed", () => {
  function* jobs(): Iterable<Job> {
    for (let scheduledMs = 0; ; scheduledMs += 1000)
      yield { queue: "web", scheduledMs, durationMs: 1 };
  }
  const arrivals = new EventArrivals(jobs(), { delay: 0.3 }, randomStream(1, "events"));
  expect([arrivals.take()?.atMs, arrivals.take()?.atMs]).toEqual([300, 1300]);
});

test("a share of the events is lost, and a share comes twice", () => {
  const jobs = Array.from({ length: 10_000 }, (_, index) => ({
    queue: "web",
    scheduledMs: index,
    durationMs: 1,
  }));
  const times = listArrivals(jobs, { delay: 1, lost: 0.2, doubled: 0.5 });
  const first = new Set(times);
  expect(first.size / jobs.length).toBeCloseTo(0.8, 1);
  expect((times.length - first.size) / first.size).toBeCloseTo(0.5, 1);
});
