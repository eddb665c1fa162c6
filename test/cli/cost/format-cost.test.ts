import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { formatCost } from "../../../cli/cost/format-cost.ts";
import type { MonthFacts } from "../../../cli/cost/monthly-cost.ts";

/** With these 2.5404 GB of log, $1.27, one queue's bill is: 0.01 + 2.85 + 0.30 + 1.27 + 0.10 + 0.44. */
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

describe("a month's bill", () => {
  test("has every item of ours beside the reference's", () => {
    expect(lines().slice(0, 9)).toEqual([
      "1 queue in 1 loop, a month, US dollars",
      "                                      ours   reference",
      "  Express requests                    0.01           -",
      "  Express duration, 64 MB             2.85           -",
      expect.stringMatching(/^ {2}Lambda {2,}0\.\d\d {2,}4\.57$/),
      "  log of the state machine            1.27           -",
      expect.stringMatching(/^ {2}log of the functions {2,}0\.\d\d {2,}0\.07$/),
      "  PutMetricData                       0.44        2.63",
      expect.stringMatching(/^ {2}in all {2,}\d\.\d\d {2,}7\.26$/),
    ]);
  });

  test("says whether the aim is reached: one queue is 5 of 7.26 dollars, twenty as cheap would be 0.03", () => {
    expect(lines()[9]).toMatch(/^ {2}0\.\d\d x the reference's; aim: 0\.65 x, missed$/);
    expect(lines({ queues: 20 })[9]).toBe("  0.03 x the reference's; aim: 0.1 x, reached");
  });

  test("has no aim for other numbers, nor where it is computed otherwise", () => {
    for (const given of [{ queues: 7 }, { publishes: false }, { logLevel: "OFF" } as const])
      expect(lines(given)[9]).toMatch(/^ {2}\d\.\d\d x the reference's$/);
  });

  test("tells what is not compared: 12 metrics and 3, alarms, a dashboard", () => {
    expect(lines().slice(10)).toEqual([
      "  custom metrics besides              3.60        0.90",
      expect.stringMatching(/^ {2}12 a queue here, 3 a queue there; with them 1\.\d\d x$/),
      "  besides: 9 alarms and a dashboard, 3.90, less what is free of an account's first 10 and 3",
    ]);
  });
});
