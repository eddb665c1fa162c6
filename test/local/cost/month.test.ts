import { describe, expect, test } from "vitest";
import { sizesOf } from "../../../local/cost/measured.ts";
import {
  type MonthFacts,
  metricsMonth,
  ourMonth,
  referenceMonth,
  total,
} from "../../../local/cost/month.ts";

/** A month is 730 hours: 262,800 polls at 10 s, 43,800 minutes, 10,950 executions of 240 s. */

const BYTES = { quietPoll: 8000, scalingPoll: 16_000, publishingPoll: 18_000 };

function facts(given: Partial<MonthFacts> = {}): MonthFacts {
  return {
    queues: 1,
    loops: [BYTES],
    pollIntervalSeconds: 10,
    publishIntervalSeconds: 60,
    scalingShare: 0,
    publishes: true,
    ...given,
  };
}

function dollars(items: { what: string; dollars: number }[], what: string): number {
  const found = items.find((item) => item.what === what);
  if (found === undefined) throw new RangeError(`no item ${what}`);
  return found.dollars;
}

describe("our month, by hand", () => {
  test("Express: 730 h at 64 MB are 45.625 GB-hours, at $0.06 $2.7375; and 50 x 50 / 120 s of waiting every 240 s", () => {
    const waiting = 1 + (50 * 50) / 120 / 240;
    expect(dollars(ourMonth(facts()), "Express duration, 64 MB")).toBeCloseTo(2.7375 * waiting, 6);
    expect(dollars(ourMonth(facts()), "Express requests")).toBeCloseTo(0.01095, 6); // 10,950 x $1e-6
  });

  test("the log: 262,800 polls of 8,000 bytes and 43,800 with 10,000 more are 2.5404 GB, at $0.50", () => {
    expect(dollars(ourMonth(facts()), "log of the state machine")).toBeCloseTo(1.2702, 4);
  });

  test("a poll in twenty that scales adds 13,140 times 8,000 bytes: $0.05256", () => {
    const more =
      dollars(ourMonth(facts({ scalingShare: 0.05 })), "log of the state machine") -
      dollars(ourMonth(facts()), "log of the state machine");
    expect(more).toBeCloseTo(0.05256, 5);
  });

  test("metrics: 43,800 calls at $0.01 a thousand; none where nothing is published", () => {
    expect(dollars(ourMonth(facts()), "PutMetricData")).toBeCloseTo(0.438, 6);
    expect(dollars(ourMonth(facts({ publishes: false })), "PutMetricData")).toBe(0);
    expect(metricsMonth(facts({ queues: 2 }))).toBeCloseTo(7.2, 6); // 24 x $0.30
    expect(metricsMonth(facts({ publishes: false }))).toBe(0);
  });

  test("two loops cost twice what one costs", () => {
    const one = total(ourMonth(facts()));
    expect(total(ourMonth(facts({ loops: [BYTES, BYTES] })))).toBeCloseTo(2 * one, 9);
  });

  test("half the interval, twice the Lambda calls and the log; the duration stays", () => {
    const [slow, fast] = [10, 5].map((pollIntervalSeconds) =>
      ourMonth(facts({ pollIntervalSeconds, publishes: false })),
    );
    if (slow === undefined || fast === undefined) throw new RangeError("two bills");
    expect(dollars(fast, "log of the state machine")).toBeCloseTo(
      2 * dollars(slow, "log of the state machine"),
      9,
    );
    expect(dollars(fast, "Express duration, 64 MB")).toBe(dollars(slow, "Express duration, 64 MB"));
  });
});

describe("the reference's month, by hand", () => {
  test("43,800 runs of 50 s at 128 MB on x86: 273,750 GB-seconds, $4.5625, and $0.00876 for the runs", () => {
    expect(dollars(referenceMonth(facts()), "Lambda")).toBeCloseTo(4.5625 + 0.00876, 3);
  });

  test("a PutMetricData at each of 262,800 polls: $2.628", () => {
    expect(dollars(referenceMonth(facts()), "PutMetricData")).toBeCloseTo(2.628, 6);
  });

  test("each queue has a scaler of its own", () => {
    const one = total(referenceMonth(facts()));
    expect(total(referenceMonth(facts({ queues: 20 })))).toBeCloseTo(20 * one, 9);
  });
});

test.each([
  [1, [1]],
  [100, [100]],
  [101, [100, 1]],
  [200, [100, 100]],
  [250, [100, 100, 50]],
])("%i queues are cut into loops of at most 100: %j", (queues, sizes) => {
  expect(sizesOf(queues)).toEqual(sizes);
});
