import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { computeDemand, takeShare } from "../../../../functions/core/rules/demand.ts";
import { createJobs } from "../../../support/facts.ts";
import { createScaler } from "../../../support/scaler.ts";

describe("demand", () => {
  test.each([
    {
      that: "scheduled and running jobs need an agent each",
      jobs: { scheduled: 12, running: 3 },
      agents: 15,
      because: "12 scheduled + 3 running = 15 jobs",
    },
    {
      that: "waiting jobs do not count unless they are included",
      jobs: { scheduled: 2, running: 1, waiting: 50 },
      agents: 3,
      because: "2 scheduled + 1 running = 3 jobs",
    },
    {
      that: "waiting jobs count instead of running jobs if there are more of them",
      includeWaiting: true,
      jobs: { scheduled: 2, running: 1, waiting: 50 },
      agents: 52,
      because: "2 scheduled + 50 waiting = 52 jobs",
    },
    {
      that: "as many waiting as running jobs: running jobs count",
      includeWaiting: true,
      jobs: { scheduled: 2, running: 7, waiting: 7 },
      agents: 9,
      because: "2 scheduled + 7 running = 9 jobs",
    },
    {
      that: "fewer waiting than running jobs: running jobs count",
      includeWaiting: true,
      jobs: { scheduled: 2, running: 9, waiting: 8 },
      agents: 11,
      because: "2 scheduled + 9 running = 11 jobs",
    },
    {
      that: "a single job is one job",
      jobs: { running: 1 },
      agents: 1,
      because: "0 scheduled + 1 running = 1 job",
    },
    {
      that: "no jobs need no agent",
      jobs: {},
      agents: 0,
      because: "0 scheduled + 0 running = 0 jobs",
    },
  ])("$that", ({ jobs, includeWaiting = false, agents, because }) => {
    const demand = computeDemand(createJobs(jobs), createScaler({ includeWaiting }));
    expect(demand).toEqual({ agents, arithmetic: [because] });
  });

  test("a share of the demand has the whole demand in its reason", () => {
    const demand = computeDemand(
      createJobs({ scheduled: 4, running: 3 }),
      createScaler({ demandShare: 0.25 }),
    );
    expect(demand).toEqual({
      agents: 2, // 7 x 0.25 = 1.75, rounded up
      arithmetic: ["4 scheduled + 3 running = 7 jobs", "this group's share: 7 x 0.25 = 2 jobs"],
    });
  });
});

describe("a share of a count", () => {
  test.each([
    { that: "is rounded up", count: 15, share: 0.5, is: 8 }, // 7.5
    { that: "is exact if it is a whole number", count: 10, share: 0.7, is: 7 },
    { that: "is not rounded up because of a binary fraction", count: 100, share: 0.07, is: 7 }, // 7.000000000000001
    { that: "loses no job to a binary fraction", count: 3, share: 1 / 3, is: 1 },
    { that: "of one job is one job, however small the share", count: 1, share: 1e-10, is: 1 },
    { that: "of 0 jobs is 0", count: 0, share: 0.3, is: 0 },
    { that: "of 1 is the whole", count: 7, share: 1, is: 7 },
    {
      that: "of 1 is the whole of the largest count",
      count: 2 ** 53 - 1,
      share: 1,
      is: 2 ** 53 - 1,
    },
  ])("$that: $count x $share = $is", ({ count, share, is }) => {
    expect(takeShare(count, share)).toBe(is);
  });

  test("in whole per cent equals the result of integer arithmetic", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 100 }), (count, percent) => {
        expect(takeShare(count, percent / 100)).toBe(Math.floor((count * percent + 99) / 100));
      }),
    );
  });

  test("of two groups with one queue covers every job", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 99 }), (count, percent) => {
        const both = takeShare(count, percent / 100) + takeShare(count, (100 - percent) / 100);
        expect(both - count).toBeOneOf([0, 1]);
      }),
    );
  });
});
