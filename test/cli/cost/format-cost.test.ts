import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { formatCost } from "../../../cli/cost/format-cost.ts";
import type { MonthFacts } from "../../../cli/cost/monthly-cost.ts";

/** One queue: 2.5404 GB of log, $1.27; the items are 0.01 + 2.85 + 0.30 + 1.27 + 0.10 + 0.44. */
const FACTS: MonthFacts = {
  queues: 1,
  loops: [{ quietPoll: 8000, scalingPoll: 16_000, publishingPoll: 18_000 }],
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
    expect(lines().slice(0, 9)).toEqual([
      "1 queue in 1 loop, US dollars per month",
      "                             scaling loop  agent-scaler",
      "  Express requests                   0.01             -",
      "  Express duration, 64 MB            3.05             -",
      expect.stringMatching(/^ {2}Lambda {2,}0\.\d\d {2,}4\.57$/),
      "  State machine log                  1.27             -",
      expect.stringMatching(/^ {2}Function logs {2,}0\.\d\d {2,}0\.07$/),
      "  PutMetricData                      0.44          2.63",
      expect.stringMatching(/^ {2}total {2,}\d\.\d\d {2,}7\.26$/),
    ]);
  });

  test("says whether the goal is reached: 5 of 7.26 dollars for one queue; the same for 20 queues is 0.04", () => {
    expect(ratioLine()).toMatch(
      /^ {2}0\.\d\d x the cost of buildkite-agent-scaler; goal: 0\.65 x, missed$/,
    );
    expect(ratioLine({ queues: 20 })).toBe(
      "  0.04 x the cost of buildkite-agent-scaler; goal: 0.1 x, reached",
    );
  });

  test("has no goal for other numbers of queues or other options", () => {
    for (const given of [{ queues: 7 }, { publishes: false }, { logLevel: "OFF" } as const])
      expect(ratioLine(given)).toMatch(/^ {2}\d\.\d\d x the cost of buildkite-agent-scaler$/);
  });

  test("lists what is not in the total: 12 metrics and 3 metrics, alarms, a dashboard", () => {
    expect([lines()[9], ...lines().slice(11)]).toEqual([
      "  not in the total: metrics          3.60          0.90",
      expect.stringMatching(/^ {2}12 and 3 metrics per queue; 1\.\d\d x including metrics$/),
      "  not in the total: 13 alarms, a metric for each loop and a dashboard, 4.60; 10 alarms and 3 dashboards per account are free",
    ]);
  });
});
