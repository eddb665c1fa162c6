import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { formatCost } from "../../../cli/cost/format-cost.ts";
import type { MonthFacts } from "../../../cli/cost/monthly-cost.ts";

/** One queue: 2.5404 GB of log, $1.27; the items are 0.01 + 2.85 + 0.30 + 1.27 + 0.10 + 0.44. */
const FACTS: MonthFacts = {
  queues: 1,
  loops: [
    { opening: 0, quietPoll: 8000, scalingPoll: 16_000, publishingPoll: 18_000, listening: 0 },
  ],
  pollIntervalSeconds: 10,
  publishIntervalSeconds: 60,
  scalingShare: 0,
  publishes: true,
  logLevel: "ALL",
};

function lines(given: Partial<MonthFacts> = {}): string[] {
  return formatCost({ ...FACTS, ...given }).map((line) => stripVTControlCharacters(line));
}

/** The line with the ratio. */
function ratioLine(given: Partial<MonthFacts> = {}): string | undefined {
  return lines(given).find((line) => line.includes(" x the cost of "));
}

describe("the costs of a month", () => {
  test("lists every item of both", () => {
    expect(lines().slice(0, 10)).toEqual([
      "1 queue in 1 loop, US dollars per month",
      "                             scaling loop  agent-scaler",
      "  Express requests                   0.01             -",
      "  Express duration, 64 MB            3.05             -",
      expect.stringMatching(/^ {2}Lambda requests {2,}0\.\d\d {2,}0\.01$/),
      expect.stringMatching(/^ {2}Lambda duration {2,}0\.\d\d {2,}4\.56$/),
      "  State machine log                  1.27             -",
      expect.stringMatching(/^ {2}Function logs {2,}0\.\d\d {2,}0\.12$/),
      "  PutMetricData                      0.44          2.19",
      expect.stringMatching(/^ {2}total {2,}\d\.\d\d {2,}6\.88$/),
    ]);
  });

  test("says the ratio for every number of queues", () => {
    for (const given of [{}, { queues: 20 }, { publishes: false }])
      expect(ratioLine(given)).toMatch(/^ {2}\d\.\d\d x the cost of buildkite-agent-scaler$/);
  });

  test("says what is left beyond free tiers: for one queue only Express here, and nothing there", () => {
    // 0.0146 + 3.0462 dollars of Express; 2.5 GB of state log and 0.2 of function logs are below 5 GB
    expect(lines()[12]).toBe(
      "  if nothing else in the account uses its free tiers: about 3.06 and 0.00; Express has no free tier",
    );
  });

  test("says what a month amounts to", () => {
    expect(lines()[13]).toBe(
      "  262,800 polls with at least two calls each, 2.5 GB of state machine log",
    );
    expect(lines({ eventsPerHour: 60 })).toContain(
      "  350,400 polls with at least two calls each, 438,000 requests to SQS, 3.2 GB of state machine log",
    );
  });

  test("lists what is not in the total: 8 metrics and 3 metrics, alarms, a dashboard", () => {
    expect([lines()[10], ...lines().slice(14)]).toEqual([
      "  not in the total: metrics          2.40          0.90",
      expect.stringMatching(/^ {2}8 and 3 metrics per queue; \d\.\d\d x including metrics$/),
      "  not in the total: 14 alarms, 1 metric of loops and a dashboard, 4.70; 10 alarms and 3 dashboards per account are free",
    ]);
  });
});
