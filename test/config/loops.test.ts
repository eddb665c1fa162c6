import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { clusterName, type LoopInput } from "../../config/loops.ts";
import { formatFileProblem, validateText } from "../../config/validate-file.ts";
import type {
  FactsFault,
  Fault,
  GroupFacts,
  InstanceAnswer,
  StopRecord,
} from "../../functions/core/facts.ts";
import { decidePoll } from "../../functions/core/poll.ts";
import { parseScalers } from "../../functions/core/read-scalers.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import { formatInstanceId } from "../../simulation/fleet/instance.ts";
import { NOW } from "../support/facts.ts";

/** Returns the loops of a valid file. */
function readLoops(file: unknown): LoopInput[] {
  const { loops, problems } = validateText(stringify(file), "scalers.yml");
  expect(problems.map(formatFileProblem)).toEqual([]);
  return loops;
}

/** Creates scalers, each with its own queue and group. */
function createScalers(count: number, from = 0) {
  return Array.from({ length: count }, (_, index) => ({
    queue: `queue-${from + index}`,
    group: `group-${from + index}`,
    agentsPerInstance: 1,
  }));
}

const MAIN = { name: "main", agentTokenParameter: "/buildkite/agent-token" };

describe("a loop's input", () => {
  test("is the cluster as written, with the defaults of the file and of the cluster", () => {
    const file = {
      defaults: {
        agentsPerInstance: 1,
        instanceBuffer: 1,
        scaleIn: { cooldown: "5m", factor: 0.5 },
        scaleOut: { cooldown: 30 },
      },
      clusters: [
        {
          ...MAIN,
          agentEndpoint: "https://agent-edge.buildkite.com/v3/",
          publishMetrics: true,
          startupJitter: "5s",
          defaults: { instanceBuffer: 2, scaleIn: { cooldown: "10m" } },
          scalers: [
            { queue: "default", group: "web" },
            {
              queues: ["a", "b"],
              group: "large",
              agentsPerInstance: 4,
              scaleIn: { factor: "none" },
            },
          ],
        },
        { name: "other", agentTokenParameter: "/other", scalers: [{ queue: "c", group: "c" }] },
      ],
    };
    expect(readLoops(file)).toEqual([
      {
        ...MAIN,
        agentEndpoint: "https://agent-edge.buildkite.com/v3/",
        publishMetrics: true,
        startupJitter: "5s",
        scalers: [
          {
            queue: "default",
            group: "web",
            agentsPerInstance: 1,
            instanceBuffer: 2,
            scaleIn: { cooldown: "10m", factor: 0.5 },
            scaleOut: { cooldown: 30 },
          },
          {
            queues: ["a", "b"],
            group: "large",
            agentsPerInstance: 4,
            instanceBuffer: 2,
            scaleIn: { cooldown: "10m", factor: "none" },
            scaleOut: { cooldown: 30 },
          },
        ],
      },
      {
        name: "other",
        agentTokenParameter: "/other",
        scalers: [
          {
            queue: "c",
            group: "c",
            agentsPerInstance: 1,
            instanceBuffer: 1,
            scaleIn: { cooldown: "5m", factor: 0.5 },
            scaleOut: { cooldown: 30 },
          },
        ],
      },
    ]);
  });

  test("has the anchors and merge keys of the file resolved", () => {
    const text = [
      "clusters:",
      "  - name: main",
      "    agentTokenParameter: /buildkite/agent-token",
      "    scalers:",
      "      - &web {queue: web, group: web, agentsPerInstance: 2, scaleIn: &in {cooldown: 1m}}",
      "      - {<<: *web, queue: large, group: large}",
      "      - {queue: small, group: small, agentsPerInstance: 1, scaleIn: *in}",
    ].join("\n");
    expect(validateText(text, "scalers.yml").loops[0]?.scalers).toEqual([
      { queue: "web", group: "web", agentsPerInstance: 2, scaleIn: { cooldown: "1m" } },
      { queue: "large", group: "large", agentsPerInstance: 2, scaleIn: { cooldown: "1m" } },
      { queue: "small", group: "small", agentsPerInstance: 1, scaleIn: { cooldown: "1m" } },
    ]);
  });
});

describe("a large cluster is divided into loops:", () => {
  test.each([
    { scalers: 1, loops: { main: 1 } },
    { scalers: 100, loops: { main: 100 } },
    { scalers: 101, loops: { main: 100, "main.2": 1 } },
    { scalers: 250, loops: { main: 100, "main.2": 100, "main.3": 50 } },
  ])("$scalers scalers", ({ scalers, loops }) => {
    const found = readLoops({ clusters: [{ ...MAIN, scalers: createScalers(scalers) }] });
    expect(Object.fromEntries(found.map((loop) => [loop.name, loop.scalers.length]))).toEqual(
      loops,
    );
    expect(found.flatMap((loop) => loop.scalers)).toEqual(createScalers(scalers));
    expect(new Set(found.map(({ name }) => clusterName(name)))).toEqual(new Set(["main"]));
  });

  test("a scaler added at the end moves no other scaler to another loop", () => {
    const before = readLoops({ clusters: [{ ...MAIN, scalers: createScalers(150) }] });
    const after = readLoops({ clusters: [{ ...MAIN, scalers: createScalers(151) }] });
    expect(after[0]).toEqual(before[0]);
    expect(after[1]?.scalers.slice(0, 50)).toEqual(before[1]?.scalers);
  });

  test("no other cluster can have the name of one of its loops", () => {
    const loops = readLoops({
      clusters: [
        { ...MAIN, scalers: createScalers(101) },
        { ...MAIN, name: "main-2", scalers: createScalers(101, 200) },
      ],
    });
    expect(loops.map(({ name }) => name)).toEqual(["main", "main.2", "main-2", "main-2.2"]);
  });

  test("after fewer than a hundred scalers if their queues fill the state", () => {
    // 60 queues of about 140 bytes each make 8.4 KB a scaler: some 20 scalers in 200 KB.
    const scalers = createScalers(40).map(({ queue, ...others }) => ({
      ...others,
      queues: Array.from({ length: 60 }, (_, index) => `${queue}-${index}`),
    }));
    const loops = readLoops({ clusters: [{ ...MAIN, scalers }] });
    expect(loops.length).toBeGreaterThan(1);
    expect(loops.flatMap((loop) => loop.scalers)).toEqual(scalers);
    for (const loop of loops) expect(loop.scalers.length).toBeLessThan(40);
  });
});

/** The largest state that Step Functions allows. */
const STATE_BYTES = 262_144;

function countBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Returns the sizes of a poll's largest states: the input and the output of Compute capacity. */
function measureStates(
  loop: LoopInput,
  group: GroupFacts | FactsFault,
  queuesFault?: Fault,
  listsQueues = true,
) {
  const scalers = parseScalers(loop.scalers);
  const queue = {
    jobs: { scheduled: 12_345, running: 12_345, waiting: 12_345 },
    agents: { idle: 12_345, busy: 12_345, total: 12_345 },
  };
  const names = listsQueues ? scalers.flatMap(({ queues }) => queues) : [];
  const facts = {
    settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 10 },
    loop: { nextPollAt: NOW, pollUntil: "2026-01-05T10:00:00Z", publishMetrics: true },
    scalers,
    memory: Object.fromEntries(
      scalers.map(({ name }) => [name, { lastScaleInAt: NOW, lastScaleOutAt: NOW }]),
    ),
    observation: {
      observedAt: NOW,
      ...(queuesFault ? { queuesFault } : {}),
      ...(queuesFault ? {} : { queues: Object.fromEntries(names.map((name) => [name, queue])) }),
      groups: Object.fromEntries(scalers.map((scaler) => [scaler.group, group])),
    },
    observedAt: NOW,
  };
  return [countBytes({ ...facts, scalers: loop.scalers }), countBytes(decidePoll(facts).poll)];
}

/** Returns the facts about a loop's instances at the loop's limits: 200 answers, 200 stops, 300 leave. */
function createBusyInstances(scalers: readonly Scaler[]) {
  const ids = Array.from({ length: 500 }, (_, index) => formatInstanceId(1, index));
  const answer: InstanceAnswer = {
    at: NOW,
    platform: "linux",
    state: "deactivating",
    jobs: 12,
    uptimeSeconds: 8_640_000,
    bootId: "0b8b9f4c-2f3a-4d5e-9f00-1234567890ab",
    inactiveAtSeconds: 8_640_000,
  };
  const stop: StopRecord = { at: NOW, delivered: "yes", answer: { ...answer, stopped: true } };
  const byId = <Value>(list: readonly string[], value: Value) =>
    Object.fromEntries(list.map((id) => [id, value]));
  const share = (list: readonly string[], index: number) =>
    list.filter((_, each) => each % scalers.length === index);
  const times = { lastScaleInAt: NOW, lastScaleOutAt: NOW, surplusSince: NOW, drainSince: NOW };
  return {
    answers: byId(ids.slice(0, 200), answer),
    stops: byId(ids.slice(200, 400), stop),
    memory: Object.fromEntries(
      scalers.map(({ name }, index) => {
        const drains = byId(share(ids.slice(200), index), { at: NOW, jobs: 12, jobsAt: NOW });
        return [name, { ...times, drains, asksInstances: true as const }];
      }),
    ),
    groups: Object.fromEntries(
      scalers.map(({ group }, index) => [group, { times, instances: share(ids, index) }]),
    ),
  };
}

test.each([1, 20, 100])(
  "no state of a loop with %d graceful groups is larger than Step Functions allows, at the loop's limits",
  (count) => {
    const scaleIn = { graceful: true, cooldown: "5m" };
    const entries = createScalers(count).map((scaler) => ({
      ...scaler,
      group: `my-stack-AgentAutoScaleGroup-${scaler.group}`,
      agentsPerInstance: 4,
      scaleIn,
    }));
    const [loop, ...others] = readLoops({ clusters: [{ ...MAIN, scalers: entries }] });
    expect([loop?.scalers.length, others]).toEqual([count, []]);
    const scalers = parseScalers(entries);
    const { memory, groups, ...instances } = createBusyInstances(scalers);
    const size = { desired: 1000, min: 0, max: 100_000, inService: 1000, pending: 1000 };
    const jobs = { scheduled: 12_345, running: 12_345, waiting: 12_345 };
    const queue = { jobs, agents: { idle: 12_345, busy: 12_345, total: 12_345 } };
    const facts = {
      settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 10 },
      loop: { nextPollAt: NOW, pollUntil: "2026-01-05T10:00:00Z", publishMetrics: true },
      memory,
      observation: {
        observedAt: NOW,
        queues: Object.fromEntries(entries.map((entry) => [entry.queue, queue])),
        groups: Object.fromEntries(
          Object.entries(groups).map(([name, group]) => [name, { ...size, ...group }]),
        ),
        ...instances,
      },
    };
    const { poll } = decidePoll({ ...facts, scalers, observedAt: NOW });
    expect(countBytes({ ...facts, scalers: entries })).toBeLessThan(STATE_BYTES);
    expect(countBytes(poll)).toBeLessThan(STATE_BYTES);
    // The instances' share is about the same, whatever the number of groups.
    expect(countBytes({ memory, ...instances, groups })).toBeGreaterThan(100_000);
  },
);

test("a cluster with graceful groups is cut earlier, because instances need room in the state", () => {
  // 60 scalers of 2.3 KB each are 140 KB: within 200 KB, but not within 125 KB.
  const wide = createScalers(60).map(({ queue, ...others }) => ({
    ...others,
    queues: Array.from({ length: 12 }, (_, index) => `${queue}-${index}`),
  }));
  const graceful = wide.map((scaler) => ({ ...scaler, scaleIn: { graceful: true } }));
  const count = (scalers: readonly object[]) =>
    readLoops({ clusters: [{ ...MAIN, scalers }] }).length;
  expect(count(wide)).toBe(1);
  expect(count(graceful)).toBe(2);
});

describe("no state of a loop is larger than Step Functions allows:", () => {
  const LONG = "x".repeat(240);
  const group = { desired: 1000, min: 0, max: 100_000, inService: 1000, pending: 1000 };
  const fault = { error: "AutoScalingUnavailable", message: "y".repeat(500) };

  test.each([
    { name: "a hundred ordinary scalers", extra: {}, loops: 1 },
    {
      name: "a hundred scalers with the longest names",
      extra: { scaleIn: { cooldown: "5m" }, scaleOut: { factor: 0.5 }, instanceBuffer: 5 },
      prefix: LONG,
    },
    { name: "a hundred scalers with many queues each", extra: {}, queues: 30 },
  ])("$name", ({ extra, prefix = "", queues = 1, loops: expected }) => {
    const scalers = createScalers(100).map((scaler) => ({
      ...extra,
      agentsPerInstance: 1,
      group: `${prefix}${scaler.group}`,
      queues: Array.from({ length: queues }, (_, index) => `${prefix}${scaler.queue}-${index}`),
    }));
    const loops = readLoops({ clusters: [{ ...MAIN, scalers }] });
    if (expected !== undefined) expect(loops).toHaveLength(expected);
    const sizes = loops.flatMap((loop) => [
      ...measureStates(loop, group),
      ...measureStates(loop, { fault }),
      ...measureStates(loop, group, fault),
      ...measureStates(loop, group, undefined, false),
    ]);
    expect(Math.max(...sizes)).toBeLessThan(STATE_BYTES);
  });
});
