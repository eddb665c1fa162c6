import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { executionSeconds } from "../../../cli/cost/execution-seconds.ts";
import { listLoopSizes } from "../../../cli/cost/measure-loops.ts";
import {
  ALARMS,
  computeMetricsMonth,
  computeMonitoringMonth,
  computeOwnMonth,
  computeReferenceMonth,
  countMonth,
  MEMORY_MB,
  type MonthFacts,
  sumBeyondFreeTiers,
  sumItems,
} from "../../../cli/cost/monthly-cost.ts";
import { PRICES } from "../../../cli/cost/prices.ts";
import { buildLoopAlarms } from "../../../deploy/alarms.ts";

/** A month is 730 hours: 262,800 polls at 10 s, 43,800 minutes, 14,600 executions of 180 s. */

const BYTES = {
  opening: 0,
  quietPoll: 8000,
  scalingPoll: 16_000,
  publishingPoll: 18_000,
  listening: 0,
};

function facts(given: Partial<MonthFacts> = {}): MonthFacts {
  return {
    queues: 1,
    loops: [BYTES],
    pollIntervalSeconds: 10,
    publishIntervalSeconds: 60,
    scalingShare: 0,
    publishes: true,
    logLevel: "ALL",
    ...given,
  };
}

function dollars(items: { what: string; dollars: number }[], what: string): number {
  const item = items.find((one) => one.what === what);
  if (item === undefined) throw new RangeError(`no item ${what}`);
  return item.dollars;
}

describe("our costs, computed by hand", () => {
  test("Express: 14,600 executions of 200.3 s at 64 MB are 50.770 GB-hours, at $0.06 $3.046", () => {
    // 200 s to the last beat, 0.21 s for its poll, billed in steps of 0.1 s.
    expect(dollars(computeOwnMonth(facts()), "Express duration, 64 MB")).toBeCloseTo(3.04623, 4);
    expect(dollars(computeOwnMonth(facts()), "Express requests")).toBeCloseTo(0.0146, 6); // 14,600 x $1e-6
  });

  test("the log: 262,800 polls of 8,000 bytes and 43,800 with 10,000 more are 2.5404 GB, at $0.50", () => {
    expect(dollars(computeOwnMonth(facts()), "State machine log")).toBeCloseTo(1.2702, 4);
  });

  test("14,600 openings of 10,000 bytes are 0.146 GB more: $0.073", () => {
    const opened = facts({ loops: [{ ...BYTES, opening: 10_000 }] });
    const more =
      dollars(computeOwnMonth(opened), "State machine log") -
      dollars(computeOwnMonth(facts()), "State machine log");
    expect(more).toBeCloseTo(0.073, 6);
  });

  test("a poll in twenty that scales adds 13,140 times 8,000 bytes: $0.05256", () => {
    const more =
      dollars(computeOwnMonth(facts({ scalingShare: 0.05 })), "State machine log") -
      dollars(computeOwnMonth(facts()), "State machine log");
    expect(more).toBeCloseTo(0.05256, 5);
  });

  test("metrics: 43,800 calls at $0.01 a thousand; none without metrics", () => {
    expect(dollars(computeOwnMonth(facts()), "PutMetricData")).toBeCloseTo(0.438, 6);
    expect(dollars(computeOwnMonth(facts({ publishes: false })), "PutMetricData")).toBe(0);
    // 16 and 6 x $0.30
    expect(computeMetricsMonth(facts({ queues: 2 }))).toEqual({
      ours: expect.closeTo(4.8, 6),
      reference: expect.closeTo(1.8, 6),
    });
    expect(computeMetricsMonth(facts({ publishes: false }))).toEqual({ ours: 0, reference: 0 });
  });

  test("two loops cost twice what one costs", () => {
    const one = sumItems(computeOwnMonth(facts()));
    expect(sumItems(computeOwnMonth(facts({ loops: [BYTES, BYTES] })))).toBeCloseTo(2 * one, 9);
  });

  test("half the interval doubles the log; each execution ends 5 s later, because one more beat fits", () => {
    const [slow, fast] = [10, 5].map((pollIntervalSeconds) =>
      computeOwnMonth(facts({ pollIntervalSeconds, publishes: false })),
    );
    if (slow === undefined || fast === undefined) throw new RangeError("two months expected");
    expect(dollars(fast, "State machine log")).toBeCloseTo(
      2 * dollars(slow, "State machine log"),
      9,
    );
    const [slowly, fastly] = [slow, fast].map((bill) => dollars(bill, "Express duration, 64 MB"));
    // 14,600 executions x 5 s = 20.278 h, / 16 GB-hours, x $0.06
    expect((fastly ?? 0) - (slowly ?? 0)).toBeCloseTo(0.07604, 5);
  });
});

describe("with events at 60 moments of an hour", () => {
  const listening = facts({ loops: [{ ...BYTES, listening: 5000 }], eventsPerHour: 60 });

  test("43,800 moments cause 87,600 polls in addition to 262,800 on the beat", () => {
    expect(countMonth(listening).polls).toBeCloseTo(350_400, 6);
  });

  test("SQS: a request for each poll, and two for each moment: 438,000, at $0.50 a million $0.219", () => {
    expect(countMonth(listening).sqsRequests).toBeCloseTo(438_000, 6);
    expect(dollars(computeOwnMonth(listening), "SQS requests")).toBeCloseTo(0.219, 6);
    expect(computeReferenceMonth(listening).at(-1)).toEqual({ what: "SQS requests", dollars: 0 });
    expect(computeOwnMonth(facts()).map(({ what }) => what)).not.toContain("SQS requests");
  });

  test("the log: 350,400 polls of 13,000 bytes and 43,800 with 10,000 more are 4.9932 GB, at $0.50", () => {
    expect(countMonth(listening).logGb).toBeCloseTo(4.9932, 6);
    expect(dollars(computeOwnMonth(listening), "State machine log")).toBeCloseTo(2.4966, 6);
  });

  test("Express: an execution lasts until the end of its slot, 210 s on average", () => {
    // 14,600 x 210 s / 3600 / 16 x $0.06
    const expected = ((14_600 * 210) / 3600 / 16) * 0.06;
    expect(dollars(computeOwnMonth(listening), "Express duration, 64 MB")).toBeCloseTo(expected, 9);
  });

  test("every 20 s there are half as many polls on the beat, and as many of events", () => {
    const slow = facts({ pollIntervalSeconds: 20, eventsPerHour: 60 });
    expect(countMonth(slow).polls).toBeCloseTo(131_400 + 87_600, 6);
  });

  test("monitoring: one alarm and two metrics more, $0.70", () => {
    const { dollars: plain } = computeMonitoringMonth(facts());
    expect(computeMonitoringMonth(listening)).toEqual({
      alarms: 15,
      metrics: 3,
      dollars: expect.closeTo(plain + 0.7, 9),
    });
  });
});

describe("the time from the start of an execution to its last beat", () => {
  test("10 s: from 30 s after the scheduled time on average to 230 s after it", () => {
    expect(executionSeconds(10)).toBeCloseTo(200, 9);
  });

  test("60 s: the slot from T + 60 s to T + 240 s ends with the beat at T + 180 s", () => {
    expect(executionSeconds(60)).toBeCloseTo(150, 9);
  });

  test("480 s: of eight slots three have a beat, at T + 60 s, T + 120 s and T + 180 s", () => {
    expect(executionSeconds(480)).toBeCloseTo((30 + 90 + 150) / 8, 9);
  });
});

test("the functions have the memory that is deployed", () => {
  const file = new URL("../../../serverless.yml", import.meta.url);
  const { functions } = parse(readFileSync(file, "utf8"), { logLevel: "silent" });
  const { fetching, calling, computing } = MEMORY_MB;
  expect(functions).toMatchObject({
    ClaimSlot: { memorySize: computing },
    FetchMetrics: { memorySize: fetching },
    ComputeCapacity: { memorySize: computing },
    ApplyScaling: { memorySize: calling },
    PublishMetrics: { memorySize: calling },
  });
});

describe("monitoring", () => {
  test("costs $0.10 per alarm, $0.30 per loop and $3 for the dashboard: 14 alarms for a loop, 22 for two", () => {
    expect(computeMonitoringMonth(facts())).toEqual({
      alarms: 14,
      metrics: 1,
      dollars: expect.closeTo(4.7, 9),
    });
    const two = computeMonitoringMonth(facts({ loops: [BYTES, BYTES] }));
    expect(two).toEqual({ alarms: 22, metrics: 2, dollars: expect.closeTo(5.8, 9) });
  });

  test("counts the alarms that are deployed", () => {
    const file = new URL("../../../statemachine/alarms.yml", import.meta.url);
    const { Resources } = parse(readFileSync(file, "utf8"), { logLevel: "silent" });
    expect(Object.keys(Resources)).toHaveLength(ALARMS.perStack);
    const scaler = { queue: "q", group: "g", agentsPerInstance: 1, elasticCiMode: true };
    const loop = { name: "main", agentTokenParameter: "/a", scalers: [scaler] };
    const settings = { prefix: "p", actions: [], periodSeconds: 60 };
    const alarms = buildLoopAlarms([loop], [], settings);
    expect(Object.keys(alarms)).toHaveLength(ALARMS.perLoop);
    const events = [{ loop, setting: { bus: "b" }, queueName: "q" }];
    const listening = buildLoopAlarms([loop], events, settings);
    expect(Object.keys(listening)).toHaveLength(ALARMS.perListeningLoop);
  });
});

test.each(["ERROR", "FATAL", "OFF"] as const)(
  "log level %s saves the cost of the state machine's log",
  (logLevel) => {
    const saved =
      sumItems(computeOwnMonth(facts())) - sumItems(computeOwnMonth(facts({ logLevel })));
    expect(saved).toBeCloseTo(1.2702, 4);
  },
);

test("an increase of any fact never lowers the costs", () => {
  const least = sumItems(computeOwnMonth(facts()));
  const dearer: Partial<MonthFacts>[] = [
    { scalingShare: 0.1 },
    { pollIntervalSeconds: 5 },
    { publishIntervalSeconds: 30 },
    { loops: [BYTES, BYTES] },
    { loops: [{ ...BYTES, quietPoll: 8001 }] },
  ];
  for (const change of dearer)
    expect(sumItems(computeOwnMonth(facts(change)))).toBeGreaterThan(least);
});

describe("the costs of buildkite-agent-scaler, computed by hand", () => {
  test("43,800 runs of 50 s at 128 MB on x86: 273,750 GB-seconds, $4.5625, and $0.00876 for the runs", () => {
    const month = computeReferenceMonth(facts());
    expect(dollars(month, "Lambda duration")).toBeCloseTo(4.5625, 4);
    expect(dollars(month, "Lambda requests")).toBeCloseTo(0.00876, 6);
  });

  test("a PutMetricData at each of five polls a minute, 219,000: $2.19", () => {
    expect(dollars(computeReferenceMonth(facts()), "PutMetricData")).toBeCloseTo(2.19, 6);
  });

  test("219,000 polls of 1,100 bytes are 0.2409 GB of log: $0.12045, in all $6.88", () => {
    const month = computeReferenceMonth(facts());
    expect(dollars(month, "Function logs")).toBeCloseTo(0.12045, 6);
    expect(sumItems(month)).toBeCloseTo(6.88, 2); // 4.571 + 0.120 + 2.190
  });

  test("one queue alone is within the free tiers: 273,750 of 400,000 GB-seconds, 0.24 of 5 GB", () => {
    const month = computeReferenceMonth(facts());
    expect(sumBeyondFreeTiers(month, PRICES.lambdaX86GbSecond)).toBe(0);
    const twenty = computeReferenceMonth(facts({ queues: 20 }));
    expect(sumBeyondFreeTiers(twenty, PRICES.lambdaX86GbSecond)).toBeGreaterThan(100);
  });

  test("free requests do not pay for duration, nor free duration for requests", () => {
    const item = (what: string, dollars: number) => [{ what, dollars }];
    // 2,000,000 requests cost $0.40, of which one million is free; no duration is used.
    expect(sumBeyondFreeTiers(item("Lambda requests", 0.4), 1e-5)).toBeCloseTo(0.2, 9);
    // 500,000 GB-seconds at $0.00001 cost $5, of which 400,000 are free; no request is used.
    expect(sumBeyondFreeTiers(item("Lambda duration", 5), 1e-5)).toBeCloseTo(1, 9);
  });

  test("each queue has its own scaler", () => {
    const one = sumItems(computeReferenceMonth(facts()));
    expect(sumItems(computeReferenceMonth(facts({ queues: 20 })))).toBeCloseTo(20 * one, 9);
  });
});

test.each([
  [1, [1]],
  [100, [100]],
  [101, [100, 1]],
  [200, [100, 100]],
  [250, [100, 100, 50]],
])("%i queues are divided into loops of at most 100: %j", (queues, sizes) => {
  expect(listLoopSizes(queues)).toEqual(sizes);
});
