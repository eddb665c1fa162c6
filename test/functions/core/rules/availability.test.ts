import { describe, expect, test } from "vitest";
import { boostForMissingAgents } from "../../../../functions/core/rules/availability.ts";
import type { ScalerEntry } from "../../../../functions/core/scaler-entry.ts";
import {
  createAgents,
  createGroup,
  createSituation,
  explainStep,
  secondsAgo,
} from "../../../support/facts.ts";
import { createScaler } from "../../../support/scaler.ts";

interface Case {
  that: string;
  /** Number of connected agents. */
  agents: number;
  group: Parameters<typeof createGroup>[0];
  need: number;
  demand?: number;
  lastScaleOutAt?: string;
  entry?: Partial<ScalerEntry>;
  instances: number;
  because?: string[];
}

/** Defaults: four agents per instance, threshold 0.5, no grace. */
function boost({ agents, group, need, demand = 4, lastScaleOutAt, entry }: Case) {
  const situation = createSituation(createScaler({ agentsPerInstance: 4, ...entry }), {
    demand: { agents: demand, arithmetic: [] },
    agents: createAgents(agents),
    group: createGroup(group),
    memory: lastScaleOutAt === undefined ? {} : { lastScaleOutAt },
  });
  return explainStep(boostForMissingAgents(need, situation));
}

describe("availability", () => {
  test.each<Case>([
    {
      that: "too few agents connected: one instance more than desired",
      agents: 3, // 3 / (2 x 4) = 0.375, under 0.5
      group: { desired: 2 },
      need: 1,
      instances: 3,
      because: ["3 of 8 agents connected, under 0.5: at least 3 instances"],
    },
    {
      that: "just enough agents connected: the need is kept",
      agents: 4, // 4 / 8 = 0.5, not under 0.5
      group: { desired: 2 },
      need: 1,
      instances: 1,
    },
    {
      that: "a need of more than desired + 1 is kept",
      agents: 0,
      group: { desired: 2 },
      need: 7,
      instances: 7,
    },
    {
      that: "a need of desired + 1 has no additional reason",
      agents: 0,
      group: { desired: 2 },
      need: 3,
      instances: 3,
    },
    {
      that: "no additional instance while the group launches instances",
      agents: 0, // of 1 x 4
      group: { desired: 2, inService: 1, pending: 1 },
      need: 1,
      instances: 1,
    },
    {
      that: "no additional instance while the group terminates instances",
      agents: 0,
      group: { desired: 2, inService: 3 },
      need: 1,
      instances: 1,
    },
    {
      that: "no additional instance while no instance is in service",
      agents: 0,
      group: { desired: 2, inService: 0, pending: 2 },
      need: 1,
      instances: 1,
    },
    {
      that: "an empty group expects no agents",
      agents: 0,
      group: { desired: 0 },
      need: 1,
      instances: 1,
    },
    {
      that: "without jobs, missing agents do not add an instance",
      agents: 0,
      group: { desired: 2 },
      need: 0,
      demand: 0,
      instances: 0,
    },
    {
      that: "a threshold of 0 turns the rule off",
      agents: 0,
      group: { desired: 2 },
      need: 1,
      entry: { availabilityThreshold: 0 },
      instances: 1,
    },
    {
      that: "a threshold of 1 requires every agent",
      agents: 7, // 7 / 8 = 0.875, under 1
      group: { desired: 2 },
      need: 2,
      entry: { availabilityThreshold: 1 },
      instances: 3,
      because: ["7 of 8 agents connected, under 1: at least 3 instances"],
    },
    {
      that: "a threshold of 1 is met by every agent",
      agents: 8,
      group: { desired: 2 },
      need: 2,
      entry: { availabilityThreshold: 1 },
      instances: 2,
    },
    {
      that: "the cap does not limit the additional instance",
      agents: 0,
      group: { desired: 2 },
      need: 1,
      entry: { maxInstanceCap: 1 },
      instances: 3,
      because: ["0 of 8 agents connected, under 0.5: at least 3 instances"],
    },
  ])("$that", (each) => {
    expect(boost(each)).toEqual({ instances: each.instances, reasons: each.because ?? [] });
  });
});

describe("the grace after a scale-out", () => {
  const shortage = { agents: 0, group: { desired: 2 }, need: 1 };
  const added = {
    instances: 3,
    reasons: ["0 of 8 agents connected, under 0.5: at least 3 instances"],
  };

  test.each<Case>([
    {
      ...shortage,
      that: "a second before its end, agents may be starting",
      entry: { agentStartupGrace: "5m" },
      lastScaleOutAt: secondsAgo(299),
      instances: 2,
      because: [
        "0 of 8 agents connected, under 0.5: may be starting for 1s more, at least 2 instances until then",
      ],
    },
    {
      ...shortage,
      that: "just after a scale-out, the whole grace is left",
      entry: { agentStartupGrace: "5m" },
      lastScaleOutAt: secondsAgo(0),
      instances: 2,
      because: [
        "0 of 8 agents connected, under 0.5: may be starting for 5m more, at least 2 instances until then",
      ],
    },
    {
      that: "the added instance is not taken back while it boots",
      agents: 1, // of 4 x 4
      group: { desired: 5, inService: 4, pending: 1 },
      need: 4,
      entry: { agentStartupGrace: "5m" },
      lastScaleOutAt: secondsAgo(10),
      instances: 5,
      because: [
        "1 of 16 agents connected, under 0.5: may be starting for 4m50s more, at least 5 instances until then",
      ],
    },
    {
      ...shortage,
      that: "a need of what is desired stays, and the reason says why no instance is added",
      need: 2,
      entry: { agentStartupGrace: "5m" },
      lastScaleOutAt: secondsAgo(0),
      instances: 2,
      because: ["0 of 8 agents connected, under 0.5: may be starting for 5m more"],
    },
    {
      ...shortage,
      that: "at its end, agents are missing",
      entry: { agentStartupGrace: "5m" },
      lastScaleOutAt: secondsAgo(300),
      instances: 3,
      because: added.reasons,
    },
    {
      ...shortage,
      that: "if no scale-out is known, agents are missing",
      entry: { agentStartupGrace: "5m" },
      instances: 3,
      because: added.reasons,
    },
    {
      ...shortage,
      that: "a grace of 0 is the reference's behaviour: one more instance at once",
      entry: { agentStartupGrace: 0 },
      lastScaleOutAt: secondsAgo(0),
      instances: 3,
      because: added.reasons,
    },
    {
      ...shortage,
      that: "the instances that jobs need are added during the grace",
      need: 9,
      entry: { agentStartupGrace: "5m" },
      lastScaleOutAt: secondsAgo(0),
      instances: 9,
      because: [],
    },
  ])("$that", (each) => {
    expect(boost(each)).toEqual({ instances: each.instances, reasons: each.because ?? [] });
  });
});
