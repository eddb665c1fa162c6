import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide, decideAll } from "../../../functions/core/decide.ts";
import {
  type GroupFacts,
  isTaskFailure,
  type Observation,
  type QueueFacts,
} from "../../../functions/core/facts.ts";
import type { ScalerMemory } from "../../../functions/core/memory.ts";
import { parseScalers } from "../../../functions/core/read-scalers.ts";
import type { ScalerEntry } from "../../../functions/core/scaler-entry.ts";
import {
  aGroup,
  aMemory,
  anEvent,
  aQueue,
  INHERITED_NAMES,
  someJobs,
  someSettings,
  someSettingsWithoutFactor,
} from "../../support/arbitraries.ts";
import {
  createGroup,
  createObservation,
  createQueue,
  NOW,
  secondsAgo,
} from "../../support/facts.ts";
import { createScaler } from "../../support/scaler.ts";

interface Facts {
  queue: QueueFacts;
  group: GroupFacts;
  entry?: Partial<ScalerEntry>;
  memory?: ScalerMemory;
}

function verdictOf({ queue, group, entry = {}, memory = {} }: Facts) {
  return decide(createScaler(entry), memory, createObservation(queue, group));
}

function decisionOf(facts: Facts) {
  return verdictOf(facts).decision;
}

describe("a decision has the arithmetic of each rule in its reasons:", () => {
  test("jobs to instances, limited by the group's maximum", () => {
    const decision = decisionOf({
      queue: createQueue({ scheduled: 12, running: 3 }, 8),
      group: createGroup({ desired: 2, max: 3 }),
      entry: { agentsPerInstance: 4 },
    });
    expect(decision).toEqual({
      scaler: "agents",
      action: "scale-out",
      from: 2,
      to: 3,
      reasons: [
        "12 scheduled + 3 running = 15 jobs",
        "15 jobs / 4 agents per instance = 4 instances",
        "at most 3 (max)",
      ],
    });
  });

  test("cap, availability, buffer, max and factor, in the order of the rules", () => {
    const decision = decisionOf({
      queue: createQueue({ scheduled: 30, running: 10 }, 3),
      group: createGroup({ desired: 4, max: 8 }),
      entry: {
        agentsPerInstance: 4,
        maxInstanceCap: 3,
        instanceBuffer: 9,
        scaleOut: { factor: 0.5 },
      },
    });
    expect(decision).toEqual({
      scaler: "agents",
      action: "scale-out",
      from: 4,
      to: 6, // 4 + ceil(4 x 0.5)
      reasons: [
        "30 scheduled + 10 running = 40 jobs",
        "40 jobs / 4 agents per instance = 10 instances",
        "at most 3 (maxInstanceCap)",
        "3 of 16 agents connected, under 0.5: at least 5 instances", // 3 / 16 = 0.1875; 4 + 1
        "5 + 3 (instanceBuffer) = 8 instances", // min(9, 10, cap 3) = 3
        "factor 0.5: 4 to 6",
      ],
    });
  });

  test("the buffer comes after availability, so a missing instance does not use it up", () => {
    const decision = decisionOf({
      queue: createQueue({ scheduled: 1 }),
      group: createGroup({ desired: 2 }),
      entry: { instanceBuffer: 1 },
    });
    expect(decision.to).toBe(4); // need 1; 0 of 2 agents: at least 3; + 1
  });

  test("the limits come after the buffer", () => {
    const group = createGroup({ desired: 1, max: 3 });
    const entry = { instanceBuffer: 5, agentsPerInstance: 1 };
    expect(decisionOf({ queue: createQueue({ running: 3 }, 3), group, entry }).to).toBe(3); // 3 + 3
  });

  test("no jobs scale in to the minimum", () => {
    const decision = decisionOf({
      queue: createQueue({}, 5),
      group: createGroup({ desired: 5, min: 2 }),
    });
    expect(decision).toEqual({
      scaler: "agents",
      action: "scale-in",
      from: 5,
      to: 2,
      reasons: ["0 scheduled + 0 running = 0 jobs", "at least 2 (min)"],
    });
  });

  test("a held scale-in names its reason and keeps the desired capacity", () => {
    const decision = decisionOf({
      queue: createQueue({ running: 1 }, 5),
      group: createGroup({ desired: 5 }),
      entry: { scaleIn: { disabled: true } },
    });
    expect(decision).toEqual({
      scaler: "agents",
      action: "none",
      from: 5,
      to: 5,
      reasons: [
        "0 scheduled + 1 running = 1 job",
        "1 job / 1 agent per instance = 1 instance",
        "scale-in is disabled",
      ],
    });
  });

  test("a dry run makes the same decision from real facts, and has a reason of its own", () => {
    const facts = {
      queue: createQueue({ scheduled: 3 }),
      group: createGroup({ desired: 1, inService: 0 }),
    };
    const real = decisionOf(facts);
    const rehearsed = decisionOf({ ...facts, entry: { dryRun: true } });
    expect(real).toMatchObject({ action: "scale-out", from: 1, to: 3 });
    expect(rehearsed).toEqual({ ...real, reasons: [...real.reasons, "dry run: not applied"] });
  });
});

describe("a decision without a change has short reasons", () => {
  test.each([
    {
      that: "nothing to do",
      queue: createQueue({}),
      group: createGroup({ desired: 0 }),
      entry: {},
      reasons: ["no jobs, 0 desired"],
    },
    {
      that: "just enough",
      queue: createQueue({ running: 7 }, 8),
      group: createGroup({ desired: 2 }),
      entry: { agentsPerInstance: 4 },
      reasons: ["7 jobs: 2 instances needed, 2 desired"],
    },
    {
      that: "at the minimum",
      queue: createQueue({}, 2),
      group: createGroup({ desired: 2, min: 2 }),
      entry: {},
      reasons: ["no jobs, 2 desired", "at least 2 (min)"],
    },
    {
      that: "at the maximum",
      queue: createQueue({ scheduled: 9 }, 3),
      group: createGroup({ desired: 3, max: 3 }),
      entry: {},
      reasons: ["9 jobs: 9 instances needed, 3 desired", "at most 3 (max)"],
    },
    {
      that: "at maxInstanceCap",
      queue: createQueue({ scheduled: 9 }, 3),
      group: createGroup({ desired: 3 }),
      entry: { maxInstanceCap: 3 },
      reasons: ["9 jobs: 3 instances needed, 3 desired", "at most 3 (maxInstanceCap)"],
    },
    {
      that: "waiting for starting agents",
      queue: createQueue({ running: 1 }, 0),
      group: createGroup({ desired: 1 }),
      entry: { agentStartupGrace: "5m" },
      memory: { lastScaleOutAt: secondsAgo(60) },
      reasons: [
        "1 job: 1 instance needed, 1 desired",
        "0 of 1 agent connected, under 0.5: may be starting for 4m more",
      ],
    },
  ])("$that", ({ reasons, ...facts }) => {
    const { desired } = facts.group;
    expect(decisionOf(facts)).toEqual({
      scaler: "agents",
      action: "none",
      from: desired,
      to: desired,
      reasons,
    });
  });
});

describe("defects of the reference are avoided:", () => {
  test("no call and no cooldown if desired is the target, though more instances are in service", () => {
    // The reference sets 3 again, which starts the scale-in cooldown.
    const decision = decisionOf({
      queue: createQueue({ running: 3 }, 5),
      group: createGroup({ desired: 3, inService: 5 }),
    });
    expect(decision).toMatchObject({ action: "none", from: 3, to: 3 });
  });

  test("a scale-out if desired is below the target, though more instances are in service", () => {
    // The reference holds or scales in, because 5 in service are more than the 4 needed.
    const decision = decisionOf({
      queue: createQueue({ running: 4 }, 5),
      group: createGroup({ desired: 3, inService: 5 }),
    });
    expect(decision).toMatchObject({ action: "scale-out", from: 3, to: 4 });
  });

  test("no additional instance at each poll while instances boot", () => {
    // One job, one instance in service, and its agent needs three minutes to connect.
    const desiredAfter = (entry: Partial<ScalerEntry>) => {
      let desired = 1;
      let memory: ScalerMemory = { lastScaleOutAt: secondsAgo(0) };
      for (let second = 10; second <= 180; second += 10) {
        const observedAt = secondsAgo(-second);
        const observation = {
          ...createObservation(createQueue({ scheduled: 1 }), createGroup({ desired })),
          observedAt,
        };
        const { to } = decide(createScaler(entry), memory, observation).decision;
        if (to !== null && to > desired) {
          memory = { lastScaleOutAt: observedAt };
          desired = to;
        }
      }
      return desired;
    };
    expect(desiredAfter({ agentStartupGrace: "5m" })).toBe(1);
    expect(desiredAfter({ agentStartupGrace: 0 })).toBe(19); // The reference: 18 polls, 18 more.
  });

  test("a missing group is a fault with its name", () => {
    const message = "there is no Auto Scaling group agents in eu-central-1";
    const observation = {
      observedAt: NOW,
      queues: { default: createQueue({ scheduled: 5 }) },
      groups: { agents: { fault: { error: "GroupNotFound", message } } },
    };
    expect(decide(createScaler(), {}, observation).decision).toEqual({
      scaler: "agents",
      action: "none",
      from: null,
      to: null,
      reasons: [`held: GroupNotFound: ${message}`],
      fault: "GroupNotFound",
    });
  });

  test("a dry run decides from the real group, not from an empty one with maximum 0", () => {
    const decision = decisionOf({
      queue: createQueue({ scheduled: 5 }, 2),
      group: createGroup({ desired: 2 }),
      entry: { dryRun: true },
    });
    expect(decision).toMatchObject({ action: "scale-out", from: 2, to: 5 });
  });

  test("a scale-in factor above 1 has the reference's arithmetic, which ends too many instances", () => {
    const decision = decisionOf({
      queue: createQueue({ running: 10 }, 20),
      group: createGroup({ desired: 20 }),
      entry: { scaleIn: { factor: 5 } },
    });
    expect(decision).toMatchObject({ action: "scale-in", from: 20, to: 0 }); // 20 - 50, not below 0
  });

  test("in Elastic CI mode, metrics that are too old hold the scaler", () => {
    const observation = {
      ...createObservation(createQueue({}), createGroup({ desired: 5 })),
      metricsAgeSeconds: 121,
    };
    const verdict = decide(createScaler({ elasticCiMode: true }), {}, observation);
    expect(verdict.decision).toMatchObject({
      action: "none",
      from: 5,
      to: 5,
      fault: "StaleMetrics",
    });
    expect(decide(createScaler(), {}, observation).decision).toMatchObject({ to: 0 });
  });
});

describe("without facts a scaler is held:", () => {
  const fault = { error: "BuildkiteUnavailable", message: "did not answer within 5 s" };
  const held = {
    action: "none",
    reasons: ["held: BuildkiteUnavailable: did not answer within 5 s"],
  };
  const groups = { agents: createGroup({ desired: 5 }) };
  const queues = { default: createQueue({ scheduled: 50 }) };

  test("at its desired capacity without metrics", () => {
    const verdict = decide(createScaler(), {}, { observedAt: NOW, queuesFault: fault, groups });
    expect(verdict.decision).toEqual({
      ...held,
      scaler: "agents",
      from: 5,
      to: 5,
      fault: fault.error,
    });
    expect(verdict).toMatchObject({ group: groups.agents, overMax: false });
    expect(verdict.target).toBeUndefined();
  });

  test("without metrics and without a fault, because that does not mean no jobs", () => {
    const { decision } = decide(createScaler(), {}, { observedAt: NOW, groups });
    expect(decision).toMatchObject({ from: 5, to: 5, fault: "MetricsMissing" });
  });

  test("without a capacity if there are no facts about groups", () => {
    const { decision } = decide(
      createScaler(),
      {},
      { observedAt: NOW, queues, groupsFault: fault },
    );
    expect(decision).toEqual({
      ...held,
      scaler: "agents",
      from: null,
      to: null,
      fault: fault.error,
    });
  });

  test("as GroupNotFound without groups and without a fault", () => {
    const { decision } = decide(createScaler(), {}, { observedAt: NOW, queues });
    expect(decision).toMatchObject({ from: null, to: null, fault: "GroupNotFound" });
    expect(decision.reasons).toEqual([
      "held: GroupNotFound: no facts about the Auto Scaling group agents",
    ]);
  });

  test("with the groups' fault if metrics and groups are missing", () => {
    const groupsFault = { error: "AutoScalingThrottled", message: "later" };
    const observation = { observedAt: NOW, queuesFault: fault, groupsFault };
    expect(decide(createScaler(), {}, observation).decision.fault).toBe("AutoScalingThrottled");
  });

  test.each([
    {
      that: "an error in Lambda's format",
      Cause: '{"errorType":"E","errorMessage":"out of memory"}',
      told: "out of memory",
    },
    { that: "plain text", Cause: "The Lambda was cut off", told: "The Lambda was cut off" },
    { that: "JSON without a message", Cause: '{"a":1}', told: '{"a":1}' },
    { that: "JSON that is not an object", Cause: "null", told: "null" },
    {
      that: "a message that is not a text",
      Cause: '{"errorMessage":5}',
      told: '{"errorMessage":5}',
    },
    { that: "an empty cause", Cause: "", told: "Fetch metrics failed" },
    { that: "no cause", Cause: undefined, told: "Fetch metrics failed" },
  ])("with the error's name if Fetch metrics failed with $that", ({ Cause, told }) => {
    const { decision } = decide(createScaler(), {}, { Error: "Sandbox.Timedout", Cause });
    expect(decision).toEqual({
      scaler: "agents",
      action: "none",
      from: null,
      to: null,
      reasons: [`held: Sandbox.Timedout: ${told}`],
      fault: "Sandbox.Timedout",
    });
  });

  test("a queue that is not in the answer has no jobs and no agents", () => {
    const { decision } = decide(createScaler(), {}, { observedAt: NOW, queues: {}, groups });
    expect(decision).toMatchObject({ action: "scale-in", from: 5, to: 0 });
  });
});

describe("a queue that Buildkite's answer does not list", () => {
  const queues = { a: createQueue({}), b: createQueue({}) };
  const decideQueues = (...names: string[]) =>
    decide(
      createScaler({ queues: names }),
      {},
      {
        observedAt: NOW,
        queues,
        groups: { agents: createGroup({ desired: 0 }) },
      },
    ).decision;

  test("is named in the reasons, because its name may be wrong, and a listed queue without jobs is not", () => {
    expect(decideQueues("a", "b").reasons).toEqual(["no jobs, 0 desired"]);
    expect(decideQueues("a", "c")).toMatchObject({
      action: "none",
      reasons: [
        "no jobs, 0 desired",
        "Buildkite's answer does not list queue c: empty, or misspelt",
      ],
    });
  });

  test("is one of at most three names", () => {
    expect(decideQueues("c", "toString", "e").reasons).toContain(
      "Buildkite's answer does not list queues c, toString, e: empty, or misspelt",
    );
    expect(decideQueues("c", "d", "e", "f", "g").reasons).toContain(
      "Buildkite's answer does not list queues c, d, e and 2 more: empty, or misspelt",
    );
  });

  test("is not named if the whole answer is missing", () => {
    const observation = { observedAt: NOW, groups: { agents: createGroup({ desired: 1 }) } };
    const { decision } = decide(createScaler({ queues: ["c"] }), {}, observation);
    expect(decision.reasons.join()).not.toContain("does not list");
  });
});

test("a task failure has an Error", () => {
  expect(isTaskFailure({ Error: "States.Timeout" })).toBe(true);
  expect(isTaskFailure({ observedAt: NOW })).toBe(false);
});

describe("several queues", () => {
  test("have the sum of their jobs and of their agents", () => {
    const observation: Observation = {
      observedAt: NOW,
      queues: {
        web: {
          jobs: { scheduled: 1, running: 2, waiting: 4 },
          agents: { idle: 0, busy: 2, total: 2 },
        },
        ios: {
          jobs: { scheduled: 8, running: 16, waiting: 32 },
          agents: { idle: 1, busy: 2, total: 3 },
        },
        mac: createQueue({ scheduled: 1000 }, 1000),
      },
      groups: { agents: createGroup({ desired: 8 }) },
    };
    const entry = { queues: ["web", "ios"], includeWaiting: true, availabilityThreshold: 0.7 };
    const { decision } = decide(createScaler(entry), {}, observation);
    expect(decision.reasons).toEqual([
      "9 scheduled + 36 waiting = 45 jobs", // 1 + 8; 4 + 32 outnumber 2 + 16
      "45 jobs / 1 agent per instance = 45 instances",
    ]);
    const { decision: short } = decide(
      createScaler({ ...entry, maxInstanceCap: 1 }),
      {},
      observation,
    );
    expect(short.reasons.at(-1)).toBe("5 of 8 agents connected, under 0.7: at least 9 instances"); // 2 + 3
  });

  test("hold the scaler, and no other, if one of them has a fault in its place", () => {
    const fault = { error: "BuildkiteInvalidAnswer", message: "no sum" };
    const observation: Observation = {
      observedAt: NOW,
      queues: { web: createQueue({ scheduled: 1 }, 8), ios: { fault } },
      groups: { agents: createGroup({ desired: 8 }), others: createGroup({ desired: 8 }) },
    };
    const scalers = [
      createScaler({ queues: ["web", "ios"] }),
      createScaler({ group: "others", queue: "web" }),
    ];
    const [held, other] = decideAll(scalers, {}, observation);
    expect(held?.decision).toEqual({
      scaler: "agents",
      action: "none",
      from: 8,
      to: 8,
      reasons: ["held: BuildkiteInvalidAnswer: no sum"],
      fault: "BuildkiteInvalidAnswer",
    });
    expect(other?.decision).toMatchObject({ action: "scale-in", to: 1 });
  });

  test("count as 0 if they are missing", () => {
    const observation = createObservation(
      createQueue({ scheduled: 3 }),
      createGroup({ desired: 0 }),
    );
    const scaler = createScaler({ queues: ["nowhere", "default"] });
    expect(decide(scaler, {}, observation).decision.to).toBe(3);
  });
});

describe("beyond the group's maximum", () => {
  test.each([
    { running: 6, overMax: true },
    { running: 5, overMax: false },
    { running: 4, overMax: false },
  ])("$running jobs in a group of at most 5: $overMax", ({ running, overMax }) => {
    const verdict = verdictOf({
      queue: createQueue({ running }, 5),
      group: createGroup({ desired: 5, max: 5 }),
    });
    expect(verdict.overMax).toBe(overMax);
    expect(verdict.target).toBe(Math.min(running, 5));
  });

  test("the instances of the buffer count too", () => {
    const queue = createQueue({ running: 5 }, 5);
    const group = createGroup({ desired: 5, max: 5 });
    expect(verdictOf({ queue, group, entry: { instanceBuffer: 1 } }).overMax).toBe(true);
  });
});

describe.each(INHERITED_NAMES)("a queue, a group and a scaler called %s", (name) => {
  const scaler = createScaler({ queue: name, group: name, name, scaleIn: { cooldown: "5m" } });
  const byName = <T>(value: T) => Object.fromEntries([[name, value]]);

  test("are found", () => {
    const observation: Observation = {
      observedAt: NOW,
      queues: byName(createQueue({ running: 2 }, 3)),
      groups: byName(createGroup({ desired: 3 })),
    };
    const memory = byName({ lastScaleInAt: secondsAgo(60) });
    const [verdict] = decideAll([scaler], memory, observation);
    expect(verdict?.decision.reasons.at(-1)).toBe("scale-in cooldown: 4m left");
  });

  test("are missing if there are no facts about them", () => {
    const found = { observedAt: NOW, queues: {}, groups: byName(createGroup({ desired: 3 })) };
    expect(decideAll([scaler], {}, found)[0]?.decision).toMatchObject({ from: 3, to: 0 });
    const missing = { observedAt: NOW, queues: {}, groups: {} };
    expect(decideAll([scaler], {}, missing)[0]?.decision.fault).toBe("GroupNotFound");
  });
});

describe("for any facts", () => {
  const someFacts = fc.record({
    settings: someSettings,
    memory: aMemory(Date.parse(NOW)),
    queue: aQueue,
    group: aGroup,
  });

  test("target and desired stay within min and max", () => {
    fc.assert(
      fc.property(someFacts, ({ settings, memory, queue, group }) => {
        const { target, decision } = verdictOf({ queue, group, entry: settings, memory });
        for (const instances of [target, decision.to]) {
          expect(instances).toBeGreaterThanOrEqual(group.min);
          expect(instances).toBeLessThanOrEqual(group.max);
        }
      }),
    );
  });

  test("the action is the direction from `from` to `to`, and a held scaler does not move", () => {
    fc.assert(
      fc.property(someFacts, ({ settings, memory, queue, group }) => {
        const { action, from, to } = decisionOf({ queue, group, entry: settings, memory });
        expect(from).toBe(group.desired);
        expect(action).toBe(
          ["scale-in", "none", "scale-out"][1 + Math.sign((to ?? 0) - (from ?? 0))],
        );
      }),
    );
  });

  test("more jobs never lead to a smaller target or a smaller desired capacity", () => {
    fc.assert(
      fc.property(
        someFacts,
        someSettingsWithoutFactor,
        someJobs,
        ({ memory, queue, group }, entry, more) => {
          const { scheduled, running, waiting } = queue.jobs;
          const jobs = {
            scheduled: scheduled + more.scheduled,
            running: running + more.running,
            waiting: waiting + more.waiting,
          };
          const fewer = verdictOf({ queue, group, entry, memory });
          const greater = verdictOf({ queue: { ...queue, jobs }, group, entry, memory });
          expect(greater.target).toBeGreaterThanOrEqual(fewer.target ?? Number.NaN);
          expect(greater.decision.to).toBeGreaterThanOrEqual(fewer.decision.to ?? Number.NaN);
        },
      ),
    );
  });

  test("every scaler gets the decision that it gets alone, in any order", () => {
    fc.assert(
      fc.property(
        anEvent.chain((event) => {
          const shuffled = fc.shuffledSubarray(event.scalers, {
            minLength: event.scalers.length,
          });
          return fc.record({ event: fc.constant(event), shuffled });
        }),
        ({ event: { scalers, memory, observation }, shuffled }) => {
          const together = decideAll(parseScalers(shuffled), memory, observation);
          for (const entry of scalers) {
            const [alone] = decideAll(parseScalers([entry]), memory, observation);
            expect(together.find(({ scaler }) => scaler.group === entry.group)).toEqual(alone);
          }
        },
      ),
    );
  });
});

test("there are no decisions without scalers", () => {
  expect(decideAll([], {}, { observedAt: NOW })).toEqual([]);
});

test("a scale-in factor above 1 never drains more instances than the jobs leave idle", () => {
  // 6 jobs need 6 of 10 instances. Factor 2: 10 + 2 x (6 - 10) = 2, so 8 would leave; only 4 are surplus.
  const facts: Facts = {
    queue: createQueue({ running: 6 }, 10),
    group: createGroup({ desired: 10, inService: 10 }),
    entry: { scaleIn: { graceful: true, factor: 2 } },
  };
  const { decision, basis } = verdictOf(facts);
  expect(decision).toMatchObject({ action: "scale-in", from: 10, to: 2 });
  expect(basis).toMatchObject({ target: 6, surplus: 4 });
});
