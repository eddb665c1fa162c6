import { expect, test } from "vitest";
import { EventArrivals } from "../../../simulation/events/event-arrivals.ts";
import { EventFeed } from "../../../simulation/events/event-feed.ts";
import { randomStream } from "../../../simulation/fleet/random.ts";

const START = Date.parse("2026-01-05T09:00:00Z");

/** A feed of jobs that are scheduled some milliseconds after the start. Every event takes 300 ms. */
function createFeed(times: number[], queue = "web"): EventFeed {
  const jobs = times.map((ms) => ({ queue, scheduledMs: START + ms, durationMs: 1 }));
  const arrivals = new EventArrivals(jobs, { delay: 0.3 }, randomStream(1, "events"));
  return new EventFeed(arrivals, new Set(["web"]));
}

/** Listens again and again, and returns the seconds after the start and the second in each message. */
function listen(feed: EventFeed, fromMs: number, untilMs: number): [number, string][] {
  const heard: [number, string][] = [];
  for (let at = START + fromMs; ; ) {
    const message = feed.hear(at, START + untilMs);
    if (message === undefined) return heard;
    heard.push([message.atMs - START, message.body]);
    at = message.atMs;
  }
}

test("a message is heard when its event arrives", () => {
  expect(listen(createFeed([500, 2900]), 0, 10_000)).toEqual([
    [800, '{"at":"2026-01-05T09:00:00Z"}'],
    [3200, '{"at":"2026-01-05T09:00:02Z"}'],
  ]);
});

test("a message that came before is heard at once, unless it is older than a minute", () => {
  expect(listen(createFeed([500, 40_000]), 90_000, 100_000)).toEqual([
    [90_000, '{"at":"2026-01-05T09:00:40Z"}'],
  ]);
});

test("nothing is heard after the end, and it is there for the next one that listens", () => {
  const feed = createFeed([5000]);
  expect(listen(feed, 0, 5299)).toEqual([]);
  expect(listen(feed, 6000, 7000)).toEqual([[6000, '{"at":"2026-01-05T09:00:05Z"}']]);
});

test("a thousand events of a second are one message", () => {
  const times = Array.from({ length: 1000 }, (_, index) => 3000 + (index % 1000));
  expect(listen(createFeed(times), 0, 10_000)).toHaveLength(1);
});

test("jobs of other queues are not heard", () => {
  expect(listen(createFeed([500], "other"), 0, 10_000)).toEqual([]);
});
