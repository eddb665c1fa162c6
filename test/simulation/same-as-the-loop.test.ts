import { afterAll, expect, test } from "vitest";
import { observeLoop } from "../../cli/terminal/loop-events.ts";
import { readDefinition } from "../../config/definition.ts";
import type { LoopInput } from "../../config/loops.ts";
import { formatTimesTag, TIMES_TAG } from "../../functions/core/group-times.ts";
import type { HistoryEvent } from "../../local/engine/history.ts";
import { runExecution } from "../../local/engine/run-execution.ts";
import { withPollInterval } from "../../local/engine/run-loop.ts";
import { runInVirtualTime } from "../../local/engine/virtual-time.ts";
import { connectHandlers } from "../../local/sandbox/connect-handlers.ts";
import { startSandbox } from "../../local/sandbox/server.ts";
import { Fleet } from "../../simulation/fleet/fleet.ts";
import type { GroupOptions, Job } from "../../simulation/fleet/options.ts";
import { randomStream } from "../../simulation/fleet/random.ts";
import { createRulesPolicy } from "../../simulation/policies/rules.ts";
import { simulate } from "../../simulation/simulate.ts";
import { generateBursts, generateSteadyJobs } from "../../simulation/workloads/generate-jobs.ts";
import { mergeByTime } from "../../simulation/workloads/merge-by-time.ts";

/**
 * The simulator decides what the loop decides: the same workload and seed run once through the
 * definition, the engine, the handlers, the SDK clients and HTTP, and once through the simulator.
 */

const PARAMETER = "/simulator/agent-token";
const SECOND_MS = 1000;
const SLOT_MS = 240 * SECOND_MS;

/** The first slot begins 50 s after its execution was scheduled. */
const SCHEDULED_MS = Date.parse("2026-01-05T09:00:00Z");
const START_MS = SCHEDULED_MS + 50 * SECOND_MS;
const SLOTS = 8;
const END_MS = START_MS + SLOTS * SLOT_MS;

const LOOP: LoopInput = {
  name: "main",
  agentTokenParameter: PARAMETER,
  scalers: [
    { queue: "web", group: "web", agentsPerInstance: 2, scaleIn: { cooldown: "2m" } },
    {
      queues: ["ios", "mac"],
      group: "ios",
      agentsPerInstance: 1,
      instanceBuffer: 1,
      agentStartupGrace: "40s",
      availabilityThreshold: 0.9,
      scaleIn: { cooldown: "5m", factor: 0.5 },
      scaleOut: { cooldown: "30s", factor: 0.6 },
      cooldownFromAnyScaling: true,
    },
    { queue: "rare", group: "rare", agentsPerInstance: 4, maxInstanceCap: 3 },
  ],
};

function createGroup({
  group,
  queues,
  agentsPerInstance,
}: {
  group: string;
  queues: readonly string[];
  agentsPerInstance: number;
}): GroupOptions {
  return {
    name: group,
    queues,
    agentsPerInstance,
    min: group === "web" ? 1 : 0,
    max: 8,
    instance: {
      boot: { from: 20, to: 50 },
      connect: { from: 5, to: 45 },
      terminate: 20,
      launchFailures: 0.1,
      lossesPerHour: 2,
    },
  };
}

function jobs(seed: number): Iterable<Job> {
  const span = (queue: string) => ({
    queue,
    fromMs: START_MS,
    toMs: END_MS - 600 * SECOND_MS,
    random: randomStream(seed, queue),
  });
  const few = { from: 20, to: 200 };
  return mergeByTime([
    generateSteadyJobs({ jobsPerHour: 150, durationSeconds: few }, span("web")),
    generateBursts(
      { everySeconds: 500, firstSeconds: 33, jobs: { from: 4, to: 9 }, durationSeconds: few },
      span("ios"),
    ),
    generateSteadyJobs({ jobsPerHour: 20, durationSeconds: few }, span("mac")),
    generateBursts(
      { everySeconds: 700, firstSeconds: 301, jobs: { from: 1, to: 9 }, durationSeconds: 60 },
      span("rare"),
    ),
  ]);
}

interface DecisionRecord {
  at: string;
  scaler: string;
  action: string;
  from: number | null;
  to: number | null;
}

const world: { fleet: Fleet } = { fleet: createLoopFleet(1) };

function createLoopFleet(seed: number): Fleet {
  const groups = LOOP.scalers.map(({ group, queue, queues, agentsPerInstance }) =>
    createGroup({ group, queues: queues ?? [queue ?? ""], agentsPerInstance }),
  );
  const fleet = new Fleet({ startMs: START_MS, seed, groups, jobs: jobs(seed) });
  // As the simulator does: a loop has seen the groups before.
  for (const { name } of groups) {
    const { desired } = fleet.groupFacts(name) ?? {};
    fleet.setTag(name, TIMES_TAG, formatTimesTag({ desired }));
  }
  return fleet;
}

const sandbox = await startSandbox({
  world: {
    organization: "example",
    cluster: "main",
    queues: () => world.fleet.queues(),
    group: (name) => world.fleet.group(name),
    groupNames: () => world.fleet.groupNames(),
    setDesiredCapacity: (name, to) => world.fleet.setDesiredCapacity(name, to),
    setLimits: (name, limits) => world.fleet.setLimits(name, limits),
    setTag: (name, key, value) => world.fleet.setTag(name, key, value),
    terminateInstances: (...call) => world.fleet.terminateInstances(...call),
    sendCommand: (request) => world.fleet.sendCommand(request),
    invocations: (filter) => world.fleet.invocations(filter),
  },
  buildkite: { token: "bkct_simulator" },
  parameters: new Map([[PARAMETER, "bkct_simulator"]]),
  now: () => Date.now(),
  onCall: () => world.fleet.advanceTo(Math.max(START_MS, Date.now())),
});
const HANDLERS = await connectHandlers(sandbox);
afterAll(() => sandbox.close());

/** Runs one execution after another, as the schedule starts them. */
async function runLoop(seed: number, pollIntervalSeconds: number): Promise<DecisionRecord[]> {
  world.fleet = createLoopFleet(seed);
  const decided: DecisionRecord[] = [];
  const hear = observeLoop({
    onPoll: ({ decisions }, _, atMs) => {
      for (const { scaler, action, from, to } of decisions) {
        const at = new Date(atMs).toISOString();
        if (action !== "none") decided.push({ at, scaler, action, from, to });
      }
    },
  });
  const onEvent = (event: HistoryEvent) => hear(event);
  await runInVirtualTime(
    SCHEDULED_MS,
    async () => {
      for (let slot = 0; slot < SLOTS; slot += 1) {
        const scheduledAt = new Date(SCHEDULED_MS + slot * SLOT_MS).toISOString();
        const input = { ...LOOP, agentEndpoint: sandbox.agentEndpoint, scheduledAt };
        await runExecution({
          definition: withPollInterval(readDefinition(), pollIntervalSeconds),
          input,
          handlers: HANDLERS,
          name: `slot-${slot}`,
          onEvent,
        }).outcome;
      }
    },
    { realLimitMs: 60_000 },
  );
  return decided;
}

async function runSimulator(seed: number, pollIntervalSeconds: number): Promise<DecisionRecord[]> {
  const scenario = {
    startMs: START_MS,
    endMs: END_MS,
    seed,
    pollIntervalSeconds,
    pricePerHour: 1,
    jobs: () => jobs(seed),
    createGroup,
  };
  const policy = createRulesPolicy("ours", [LOOP], "");
  const { scalers } = await simulate(policy, scenario, { trace: true });
  const order = LOOP.scalers.map(({ group }) => group);
  return scalers
    .flatMap(({ name, decisions }) =>
      decisions.map(({ atMs, action, from, to }) => ({
        at: new Date(atMs).toISOString(),
        scaler: name,
        action,
        from,
        to,
      })),
    )
    .filter(({ at }) => Date.parse(at) < END_MS)
    .sort((a, b) => a.at.localeCompare(b.at) || order.indexOf(a.scaler) - order.indexOf(b.scaler));
}

test.each([
  { seed: 1, pollIntervalSeconds: 10 },
  { seed: 2, pollIntervalSeconds: 10 },
  { seed: 3, pollIntervalSeconds: 30 },
])(
  "the simulator decides what the loop decides, at the same beats: %j",
  async ({ seed, pollIntervalSeconds }) => {
    const simulated = await runSimulator(seed, pollIntervalSeconds);
    expect(simulated.length).toBeGreaterThan(20);
    expect(simulated.map(({ action }) => action)).toContain("scale-in");
    expect(await runLoop(seed, pollIntervalSeconds)).toEqual(simulated);
  },
  60_000,
);
