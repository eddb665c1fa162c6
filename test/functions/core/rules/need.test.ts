import { describe, expect, test } from "vitest";
import { applyCap, computeNeed } from "../../../../functions/core/rules/need.ts";
import { createSituation, explainStep } from "../../../support/facts.ts";
import { createScaler } from "../../../support/scaler.ts";

describe("need", () => {
  test.each([
    {
      that: "jobs that fill instances exactly",
      demand: 16,
      agentsPerInstance: 4, // 16 / 4 = 4
      instances: 4,
      because: ["16 jobs / 4 agents per instance = 4 instances"],
    },
    {
      that: "one more job needs one more instance",
      demand: 17,
      agentsPerInstance: 4, // 17 / 4 = 4.25, rounded up
      instances: 5,
      because: ["17 jobs / 4 agents per instance = 5 instances"],
    },
    {
      that: "one job needs one instance, however many agents an instance runs",
      demand: 1,
      agentsPerInstance: 30,
      instances: 1,
      because: ["1 job / 30 agents per instance = 1 instance"],
    },
    {
      that: "the cap limits the need, with a reason",
      demand: 15,
      agentsPerInstance: 4, // 15 / 4 = 3.75, rounded up to 4, capped at 3
      maxInstanceCap: 3,
      instances: 3,
      because: ["15 jobs / 4 agents per instance = 4 instances", "at most 3 (maxInstanceCap)"],
    },
    {
      that: "a cap that is just reached has no reason",
      demand: 15,
      agentsPerInstance: 4,
      maxInstanceCap: 4,
      instances: 4,
      because: ["15 jobs / 4 agents per instance = 4 instances"],
    },
    {
      that: "a cap of 0 means no cap",
      demand: 20_000,
      agentsPerInstance: 1,
      maxInstanceCap: 0,
      instances: 20_000,
      because: ["20000 jobs / 1 agent per instance = 20000 instances"],
    },
    {
      that: "no demand needs no instance",
      demand: 0,
      agentsPerInstance: 4,
      instances: 0,
      because: [],
    },
  ])("$that", ({ demand, agentsPerInstance, maxInstanceCap = 0, instances, because }) => {
    const situation = createSituation(createScaler({ agentsPerInstance, maxInstanceCap }), {
      demand: { agents: demand, arithmetic: [] },
    });
    expect(explainStep(computeNeed(0, situation))).toEqual({ instances, reasons: because });
  });
});

test.each([
  { instances: 5, cap: 3, is: 3 },
  { instances: 3, cap: 5, is: 3 },
  { instances: 5, cap: 1, is: 1 },
  { instances: 5, cap: 0, is: 5 },
])("$instances instances with a cap of $cap are $is", ({ instances, cap, is }) => {
  expect(applyCap(instances, cap)).toBe(is);
});
