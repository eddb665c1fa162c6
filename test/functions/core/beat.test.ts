import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  currentBeatMs,
  isPublishDue,
  loopSchema,
  nextBeatMs,
} from "../../../functions/core/beat.ts";
import { aTime } from "../../support/arbitraries.ts";
import { NOW } from "../../support/facts.ts";
import { listProblems } from "../../support/problems.ts";

/** Returns the epoch milliseconds of a time of day. */
function at(time: string): number {
  return Date.parse(`2026-01-05T${time}Z`);
}

describe("the next beat", () => {
  test.each([
    {
      that: "is one interval after this beat",
      beat: "09:00:50",
      observed: "09:00:51.200",
      next: "09:01:00",
    },
    {
      that: "is not delayed by a poll that took nearly a whole interval",
      beat: "09:00:50",
      observed: "09:00:59.999",
      next: "09:01:00",
    },
    {
      that: "is after a poll that took a whole interval",
      beat: "09:00:50",
      observed: "09:01:00",
      next: "09:01:10",
    },
    {
      that: "skips the beats that a slow poll missed",
      beat: "09:00:50",
      observed: "09:01:25",
      next: "09:01:30",
    },
    {
      that: "is not the beat of a poll that was early",
      beat: "09:00:50",
      observed: "09:00:49.900",
      next: "09:01:00",
    },
  ])("$that", ({ beat, observed, next }) => {
    const facts = { beatMs: at(beat), observedMs: at(observed), intervalSeconds: 10 };
    expect(nextBeatMs(facts)).toBe(at(next));
  });

  test("is always after this poll, at most an interval away from it, and on the grid", () => {
    const facts = fc.record({
      beatMs: aTime,
      workMs: fc.nat(600_000),
      intervalSeconds: fc.integer({ min: 1, max: 600 }),
    });
    fc.assert(
      fc.property(facts, ({ beatMs, workMs, intervalSeconds }) => {
        const observedMs = beatMs + workMs;
        const nextMs = nextBeatMs({ beatMs, observedMs, intervalSeconds });
        expect(nextMs).toBeGreaterThan(observedMs);
        expect(nextMs).toBeLessThanOrEqual(observedMs + intervalSeconds * 1000);
        expect((nextMs - beatMs) % (intervalSeconds * 1000)).toBe(0);
      }),
    );
  });
});

describe("the next beat of a poll off the beat", () => {
  test.each([
    { that: "is its own, if that is still to come", observed: "09:00:44.100", next: "09:00:50" },
    { that: "is the one after that, if it has passed", observed: "09:00:50", next: "09:01:00" },
  ])("$that", ({ observed, next }) => {
    const facts = { beatMs: at("09:00:50"), observedMs: at(observed), intervalSeconds: 10 };
    expect(nextBeatMs({ ...facts, isOffBeat: true })).toBe(at(next));
  });
});

describe("the beat of a poll", () => {
  const loop = {
    nextPollAt: "2026-01-05T09:00:50Z",
    pollUntil: "2026-01-05T09:04:50Z",
    publishMetrics: true,
  };

  test("is the loop's beat, however late the poll is", () => {
    expect(currentBeatMs(loop, at("09:00:57.300"))).toBe(at("09:00:50"));
  });

  test("is the observed time in whole seconds if there is no loop", () => {
    expect(currentBeatMs(undefined, at("09:00:57.999"))).toBe(at("09:00:57"));
  });
});

describe("metrics are due", () => {
  test.each([
    { that: "on the last beat before a boundary", beat: "09:00:50", next: "09:01:00", due: true },
    {
      that: "on the last beat before a boundary without a beat",
      beat: "09:00:57",
      next: "09:01:07",
      due: true,
    },
    {
      that: "not on the boundary itself, because the beat before publishes",
      beat: "09:01:00",
      next: "09:01:10",
      due: false,
    },
    { that: "not between two boundaries", beat: "09:01:10", next: "09:01:20", due: false },
    {
      that: "once if a poll took longer than the publish interval",
      beat: "09:00:50",
      next: "09:03:20",
      due: true,
    },
  ])("$that", ({ beat, next, due }) => {
    expect(isPublishDue(at(beat), at(next), 60)).toBe(due);
  });

  test("exactly once per publish interval, if beats are not farther apart than that", () => {
    const walk = fc.integer({ min: 1, max: 600 }).chain((publishIntervalSeconds) =>
      fc.record({
        publishIntervalSeconds: fc.constant(publishIntervalSeconds),
        startMs: aTime.map((ms) => Math.floor(ms / 1000) * 1000),
        stepSeconds: fc.array(fc.integer({ min: 1, max: publishIntervalSeconds }), {
          maxLength: 50,
        }),
      }),
    );
    fc.assert(
      fc.property(walk, ({ publishIntervalSeconds, startMs, stepSeconds }) => {
        const publishMs = publishIntervalSeconds * 1000;
        let beatMs = startMs;
        for (const step of stepSeconds) {
          const nextMs = beatMs + step * 1000;
          const boundaryMs = Math.ceil((beatMs + 1) / publishMs) * publishMs; // first one after the beat
          expect(isPublishDue(beatMs, nextMs, publishIntervalSeconds)).toBe(boundaryMs <= nextMs);
          beatMs = nextMs;
        }
      }),
    );
  });

  test("at every beat if beats are farther apart than the publish interval", () => {
    expect(isPublishDue(at("09:00:05"), at("09:01:05"), 10)).toBe(true);
  });
});

test("a loop has a next poll, an end, and publishMetrics", () => {
  expect(
    listProblems(loopSchema, { nextPollAt: NOW, pollUntil: NOW, publishMetrics: true }),
  ).toEqual([]);
  expect(listProblems(loopSchema, {})).toEqual(["nextPollAt: is missing", "pollUntil: is missing"]);
  const loop = { nextPollAt: NOW, pollUntil: NOW };
  expect(listProblems(loopSchema, { ...loop, once: true, allQueueMetrics: false })).toEqual([]);
  expect(listProblems(loopSchema, { ...loop, once: false })).toHaveLength(1); // It is left out.
});
