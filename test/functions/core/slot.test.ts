import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextBeatMs } from "../../../functions/core/beat.ts";
import {
  computePhaseSeconds,
  computeSlot,
  SLOT_LEAD_SECONDS,
  SLOT_SECONDS,
} from "../../../functions/core/slot.ts";

/** Returns the epoch milliseconds of a time of day. */
function at(time: string): number {
  return Date.parse(`2026-01-05T${time}Z`);
}

describe("the slot of a loop that was scheduled for 09:00:00 lasts from 09:01:00 to 09:04:00", () => {
  const end = "09:04:00";

  test.each([
    { that: "an execution on time waits for it", now: "09:00:00", first: "09:01:00" },
    { that: "the latest execution starts on the second", now: "09:01:00", first: "09:01:00" },
    {
      that: "an execution that is later than that polls at once, for the last beat",
      now: "09:01:07.400",
      first: "09:01:00",
    },
    {
      that: "an execution that is on a beat takes that",
      now: "09:01:10",
      first: "09:01:10",
    },
    {
      that: "an execution at the very end still polls once",
      now: "09:03:59.999",
      first: "09:03:50",
    },
    {
      that: "an execution that is early waits too",
      now: "08:59:59",
      first: "09:01:00",
    },
  ])("$that", ({ now, first }) => {
    const slot = computeSlot({
      nowMs: at(now),
      scheduledMs: at("09:00:00"),
      slotSeconds: 180,
      intervalSeconds: 10,
      phaseSeconds: 0,
    });
    expect(slot).toEqual({ firstBeatMs: at(first), endMs: at(end) });
  });

  test.each([
    { intervalSeconds: 60, phaseSeconds: 0, first: "09:01:00" }, // on the minute
    { intervalSeconds: 60, phaseSeconds: 55, first: "09:01:55" },
    { intervalSeconds: 10, phaseSeconds: 7, first: "09:01:07" }, // 07, 17, ... 57
    { intervalSeconds: 10, phaseSeconds: 27, first: "09:01:07" }, // 27 s are 7 s and two intervals
    { intervalSeconds: 10, phaseSeconds: 10, first: "09:01:00" }, // 10 s are a whole interval
    { intervalSeconds: 120, phaseSeconds: 0, first: "09:02:00" }, // 09:00:00 is a multiple of 120 s
    { intervalSeconds: 180, phaseSeconds: 0, first: "09:03:00" },
  ])(
    "its first beat is on the grid of the clock: every $intervalSeconds s, with a phase of $phaseSeconds s, at $first",
    ({ intervalSeconds, phaseSeconds, first }) => {
      const scheduledMs = at("09:00:00");
      const slot = computeSlot({
        nowMs: scheduledMs,
        scheduledMs,
        slotSeconds: 180,
        intervalSeconds,
        phaseSeconds,
      });
      expect(slot?.firstBeatMs).toBe(at(first));
    },
  );

  test.each([
    { that: "at its end", now: "09:04:00", intervalSeconds: 10 },
    { that: "an hour late", now: "10:00:00", intervalSeconds: 10 },
    { that: "even shortly after its last beat", now: "09:04:05", intervalSeconds: 45 },
  ])("it is over $that", ({ now, intervalSeconds }) => {
    const slot = computeSlot({
      nowMs: at(now),
      scheduledMs: at("09:00:00"),
      slotSeconds: 180,
      intervalSeconds,
      phaseSeconds: 0,
    });
    expect(slot).toBeUndefined();
  });

  test.each(["09:00:10", "09:02:00"])(
    "it has no beat if the interval is longer than the slot, at %s: the next beat is 09:05:00",
    (now) => {
      const slot = computeSlot({
        nowMs: at(now),
        scheduledMs: at("09:00:00"),
        slotSeconds: 180,
        intervalSeconds: 300,
        phaseSeconds: 0,
      });
      expect(slot).toBeUndefined();
    },
  );
});

describe("an execution that a person starts", () => {
  const byHand = {
    nowMs: at("09:00:07.250"),
    scheduledMs: undefined,
    intervalSeconds: 10,
    phaseSeconds: 3,
  };

  test("polls at once, for the duration of one slot", () => {
    const slot = computeSlot({ ...byHand, slotSeconds: 180 });
    expect(slot).toEqual({ firstBeatMs: at("09:00:07"), endMs: at("09:03:07") });
  });

  test("with a slot of 0 seconds polls exactly once", () => {
    const slot = computeSlot({ ...byHand, slotSeconds: 0 });
    expect(slot).toEqual({ firstBeatMs: at("09:00:07"), endMs: at("09:00:07") });
  });
});

describe("neighbouring slots", () => {
  interface Run {
    scheduledMs: number;
    arrivedMs: number;
    /** The time of each poll, and its beat. */
    polls: { beatMs: number; polledMs: number }[];
  }

  /** Does what the definition does with a slot: waits for the beat, polls, waits for the next beat. */
  function walkSlot(
    slot: { firstBeatMs: number; endMs: number },
    arrivedMs: number,
    intervalSeconds: number,
  ) {
    const polls: Run["polls"] = [];
    let beatMs = slot.firstBeatMs;
    while (beatMs < slot.endMs) {
      const polledMs = Math.max(arrivedMs, beatMs);
      polls.push({ beatMs, polledMs });
      beatMs = nextBeatMs({ beatMs, observedMs: polledMs, intervalSeconds });
    }
    return polls;
  }

  const PERIOD_MS = SLOT_SECONDS * 1000;
  const LEAD_MS = SLOT_LEAD_SECONDS * 1000;

  /** Consecutive scheduled times, and the delay of each loop. */
  interface Day {
    startMs: number;
    lateMs: number[];
    intervalSeconds: number;
    cluster: string;
    startupJitter: number;
  }

  const aDay: fc.Arbitrary<Day> = fc.record({
    startMs: fc.integer({ min: 9_600_000, max: 9_700_000 }).map((period) => period * PERIOD_MS),
    lateMs: fc.array(fc.nat(60_000), { minLength: 2, maxLength: 8 }),
    intervalSeconds: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.constantFrom(5, 10, 15, 30, 60)),
    cluster: fc.string(),
    startupJitter: fc.nat(120),
  });

  function simulateRuns({ startMs, lateMs, intervalSeconds, cluster, startupJitter }: Day): Run[] {
    return lateMs.map((late, index) => {
      const scheduledMs = startMs + index * PERIOD_MS;
      const arrivedMs = scheduledMs + late;
      const phaseSeconds = computePhaseSeconds(cluster, startupJitter);
      const slot = computeSlot({
        nowMs: arrivedMs,
        scheduledMs,
        slotSeconds: 180,
        intervalSeconds,
        phaseSeconds,
      });
      const polls = slot === undefined ? [] : walkSlot(slot, arrivedMs, intervalSeconds);
      return { scheduledMs, arrivedMs, polls };
    });
  }

  /** Returns every beat of a day, in order. */
  function listBeats({ startMs, lateMs, intervalSeconds, cluster, startupJitter }: Day): number[] {
    const phaseSeconds = computePhaseSeconds(cluster, startupJitter) % intervalSeconds;
    const firstMs = startMs + LEAD_MS;
    const endMs = firstMs + lateMs.length * PERIOD_MS;
    const beats: number[] = [];
    for (let second = firstMs / 1000; second < endMs / 1000; second += 1) {
      if ((second - phaseSeconds) % intervalSeconds === 0) beats.push(second * 1000);
    }
    return beats;
  }

  test("never overlap: each polls within its own three minutes, and no beat is polled twice", () => {
    fc.assert(
      fc.property(aDay, (day) => {
        const runs = simulateRuns(day);
        for (const { scheduledMs, polls } of runs) {
          for (const { polledMs } of polls) {
            expect(polledMs).toBeGreaterThanOrEqual(scheduledMs + LEAD_MS);
            expect(polledMs).toBeLessThan(scheduledMs + LEAD_MS + PERIOD_MS);
          }
        }
        const beats = runs.flatMap(({ polls }) => polls.map(({ beatMs }) => beatMs));
        expect(new Set(beats).size).toBe(beats.length);
      }),
    );
  });

  test("leave no gap at starts 0 to 60 s late: every beat is polled on time, as by one loop", () => {
    fc.assert(
      fc.property(aDay, (day) => {
        const polls = simulateRuns(day).flatMap((run) => run.polls);
        expect(polls.map(({ polledMs }) => polledMs)).toEqual(listBeats(day));
      }),
    );
  });

  test("miss only the beats before the start if it is later than 60 s, and poll at once then", () => {
    const aLateDay = aDay.map((day) => ({ ...day, lateMs: day.lateMs.map((late) => late * 3) }));
    fc.assert(
      fc.property(aLateDay, (day) => {
        const grid = listBeats(day);
        for (const { scheduledMs, arrivedMs, polls } of simulateRuns(day)) {
          const startMs = scheduledMs + LEAD_MS;
          const own = grid.filter((ms) => ms >= startMs && ms < startMs + PERIOD_MS);
          const gone = own.filter((ms) => ms <= arrivedMs);
          const joined = gone.slice(-1);
          const expected = [...joined, ...own.filter((ms) => ms > arrivedMs)];
          expect(polls.map(({ beatMs }) => beatMs)).toEqual(expected);
          if (joined.length > 0) expect(polls[0]?.polledMs).toBe(arrivedMs);
        }
      }),
    );
  });
});

describe("the phase of a cluster's beat", () => {
  test("is 0 without jitter", () => {
    expect(computePhaseSeconds("main", 0)).toBe(0);
  });

  // FNV-1a, 32 bits, from its published test vectors: "a" is 0xe40c292c, "foobar" 0xbf9cf968.
  test.each([
    { name: "", hash: 0x811c9dc5 },
    { name: "a", hash: 0xe40c292c },
    { name: "foobar", hash: 0xbf9cf968 },
  ])("is always the same for a name: $name", ({ name, hash }) => {
    expect(computePhaseSeconds(name, 2 ** 32 - 1)).toBe(hash);
    expect(computePhaseSeconds(name, 30)).toBe(hash % 31);
  });

  test("is between 0 and the jitter, inclusive", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(3600), (name, jitterSeconds) => {
        const phase = computePhaseSeconds(name, jitterSeconds);
        expect(phase).toBeGreaterThanOrEqual(0);
        expect(phase).toBeLessThanOrEqual(jitterSeconds);
        expect(Number.isInteger(phase)).toBe(true);
      }),
    );
  });

  test("distributes clusters: a hundred names use each of ten seconds", () => {
    const phases = Array.from({ length: 100 }, (_, index) =>
      computePhaseSeconds(`cluster-${index}`, 9),
    );
    expect(new Set(phases).size).toBe(10);
  });
});
