import * as v from "valibot";
import { afterAll, expect, test } from "vitest";
import { readDefinition } from "../../config/definition.ts";
import type { LoopInput } from "../../config/loops.ts";
import { parseExecutionInput } from "../../functions/core/execution-input.ts";
import { formatTimesTag, TIMES_TAG } from "../../functions/core/group-times.ts";
import { planSchema } from "../../functions/core/plan.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import { SLOT_LEAD_SECONDS, SLOT_SECONDS } from "../../functions/core/slot.ts";
import type { HistoryEvent } from "../../local/engine/history.ts";
import { recordedDecisionSchema } from "../../local/engine/recorded-tasks.ts";
import { runExecution } from "../../local/engine/run-execution.ts";
import { withPollInterval } from "../../local/engine/run-loop.ts";
import { runInVirtualTime } from "../../local/engine/virtual-time.ts";
import { connectHandlers } from "../../local/sandbox/connect-handlers.ts";
import { startSandbox } from "../../local/sandbox/server.ts";
import { Fleet } from "../../simulation/fleet/fleet.ts";
import type { GroupOptions, InstanceOptions, Job } from "../../simulation/fleet/options.ts";
import { randomStream } from "../../simulation/fleet/random.ts";
import type { WorldGroup, WorldInvocation } from "../../simulation/fleet/world.ts";
import type { Policy } from "../../simulation/policies/policy.ts";
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
const SLOT_MS = SLOT_SECONDS * SECOND_MS;

const SCHEDULED_MS = Date.parse("2026-01-05T09:00:00Z");
const START_MS = SCHEDULED_MS + SLOT_LEAD_SECONDS * SECOND_MS;
const SLOTS = 11;
const END_MS = START_MS + SLOTS * SLOT_MS;

const PLAIN: LoopInput = {
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

/** Graceful groups of each kind. Two share a queue, so they are swept for dangling instances. */
const GRACEFUL: LoopInput = {
  name: "main",
  agentTokenParameter: PARAMETER,
  scalers: [
    {
      queue: "web",
      group: "web",
      agentsPerInstance: 2,
      scaleIn: { graceful: true, cooldown: "1m", busyAfter: "2m" },
      danglingCheck: { minimumUptime: "3m" },
    },
    {
      queues: ["ios", "mac"],
      group: "ios",
      agentsPerInstance: 1,
      elasticCiMode: true,
      agentStartupGrace: "1m",
      danglingCheck: { minimumUptime: "3m" },
      scaleIn: { cooldown: "0s" },
    },
    {
      queue: "rare",
      group: "rare",
      agentsPerInstance: 4,
      demandShare: 0.7,
      scaleIn: { graceful: true, unit: "buildkite-*" },
    },
    {
      queue: "rare",
      group: "rare-spot",
      agentsPerInstance: 4,
      demandShare: 0.5,
      scaleIn: { graceful: true },
    },
  ],
};

function createGroup({ group, queues, agentsPerInstance, scaleIn }: Scaler): GroupOptions {
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
      ...(scaleIn.endedBy === "instance" ? { endsItself: { failures: 0.3 } } : {}),
      ...(scaleIn.graceful ? FRAIL_AGENTS : {}),
    },
  };
}

const FRAIL_AGENTS: Partial<InstanceOptions> = {
  agentDeathsPerHour: 1,
  foreignSignalsPerHour: 0.5,
  commands: { silentInstances: 0.1, unknownInstances: 0.1, lateDeliveries: 0.2 },
};

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

/** What a run did: its decisions, its commands, and the groups at the end. */
interface RunRecord {
  decisions: DecisionRecord[];
  commands: Partial<WorldInvocation>[];
  groups: (WorldGroup | undefined)[];
}

const world: { fleet: Fleet } = { fleet: createLoopFleet(PLAIN, 1) };

function createLoopFleet(loop: LoopInput, seed: number): Fleet {
  const groups = parseExecutionInput(loop).scalers.map(createGroup);
  const fleet = new Fleet({ startMs: START_MS, seed, groups, jobs: jobs(seed) });
  // As the simulator does: a loop has seen the groups before.
  for (const { name } of groups) {
    const { desired } = fleet.groupFacts(name) ?? {};
    fleet.setTag(name, TIMES_TAG, formatTimesTag({ desired }));
  }
  return fleet;
}

/** Returns every command with its outcome, without its id: calls that are made at once have no order. */
function listCommands(fleet: Fleet): Partial<WorldInvocation>[] {
  return ["look", "stop"]
    .flatMap((document) => fleet.invocations({ document, afterMs: START_MS }))
    .filter(({ requestedMs }) => requestedMs < END_MS)
    .map(({ commandId: _, ...invocation }) => invocation)
    .sort(
      (a, b) =>
        a.requestedMs - b.requestedMs ||
        a.instanceId.localeCompare(b.instanceId) ||
        a.comment.localeCompare(b.comment),
    );
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
Object.assign(process.env, { SSM_LOOK_DOCUMENT: "look", SSM_STOP_DOCUMENT: "stop" });
const HANDLERS = await connectHandlers(sandbox);
afterAll(() => sandbox.close());

const pollSchema = v.object({
  decisions: v.array(recordedDecisionSchema),
  next: v.object({ plan: planSchema }),
});

/** The decisions of a poll that changed a desired capacity or stopped agents. */
function listMoves({ type, details, event_timestamp }: HistoryEvent): DecisionRecord[] {
  if (type !== "LambdaFunctionSucceeded") return [];
  const poll = v.safeParse(pollSchema, JSON.parse(details.output ?? ""));
  if (!poll.success) return [];
  const { changes, stops = [] } = poll.output.next.plan;
  const moved = new Set([...changes, ...stops].map(({ scaler }) => scaler));
  const at = new Date(Number(event_timestamp)).toISOString();
  return poll.output.decisions
    .filter(({ scaler, action }) => moved.has(scaler) && action !== "none")
    .map(({ scaler, action, from, to }) => ({ at, scaler, action, from, to }));
}

/** Runs one execution after another, as the schedule starts them. */
async function runLoop(
  loop: LoopInput,
  seed: number,
  pollIntervalSeconds: number,
): Promise<RunRecord> {
  world.fleet = createLoopFleet(loop, seed);
  const decisions: DecisionRecord[] = [];
  const onEvent = (event: HistoryEvent) => void decisions.push(...listMoves(event));
  await runInVirtualTime(
    SCHEDULED_MS,
    async () => {
      for (let slot = 0; slot < SLOTS; slot += 1) {
        const scheduledAt = new Date(SCHEDULED_MS + slot * SLOT_MS).toISOString();
        const input = { ...loop, agentEndpoint: sandbox.agentEndpoint, scheduledAt };
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
  world.fleet.advanceTo(END_MS + SETTLE_MS);
  return describeRun(decisions, world.fleet);
}

/** By then, every command has been answered or given up. */
const SETTLE_MS = 60_000;

function describeRun(decisions: DecisionRecord[], fleet: Fleet): RunRecord {
  const groups = fleet.groupNames().map((name) => fleet.group(name));
  return { decisions, commands: listCommands(fleet), groups };
}

/** Stops the simulator after the loop's last poll. */
function untilEnd(policy: Policy, onEnd: (fleet: Fleet) => void): Policy {
  return {
    ...policy,
    createActors: async (policyWorld) => {
      const actors = await policy.createActors(policyWorld);
      return actors.map((actor) => ({
        calls: (ms) => actor.calls(ms),
        polls: (ms) => actor.polls(ms),
        nextMs: () => (actor.nextMs() < END_MS ? actor.nextMs() : Number.POSITIVE_INFINITY),
        act: async () => {
          onEnd(policyWorld.fleet);
          await actor.act();
        },
      }));
    },
  };
}

async function runSimulator(
  loop: LoopInput,
  seed: number,
  pollIntervalSeconds: number,
): Promise<RunRecord> {
  const scenario = {
    startMs: START_MS,
    endMs: END_MS,
    seed,
    pollIntervalSeconds,
    pricePerHour: 1,
    jobs: () => jobs(seed),
    createGroup,
  };
  let fleet = world.fleet;
  const policy = untilEnd(createRulesPolicy("ours", [loop], ""), (used) => {
    fleet = used;
  });
  const { scalers } = await simulate(policy, scenario, { trace: true });
  fleet.advanceTo(END_MS + SETTLE_MS);
  const order = scalers.map(({ name }) => name);
  const decisions = scalers
    .flatMap(({ name, decisions }) =>
      decisions.map(({ atMs, action, from, to }) => ({
        at: new Date(atMs).toISOString(),
        scaler: name,
        action,
        from,
        to,
      })),
    )
    .sort((a, b) => a.at.localeCompare(b.at) || order.indexOf(a.scaler) - order.indexOf(b.scaler));
  return describeRun(decisions, fleet);
}

test.each([
  { seed: 1, pollIntervalSeconds: 10 },
  { seed: 2, pollIntervalSeconds: 10 },
  { seed: 3, pollIntervalSeconds: 30 },
])(
  "the simulator decides what the loop decides, at the same beats: %j",
  async ({ seed, pollIntervalSeconds }) => {
    const simulated = await runSimulator(PLAIN, seed, pollIntervalSeconds);
    expect(simulated.decisions.length).toBeGreaterThan(20);
    expect(simulated.decisions.map(({ action }) => action)).toContain("scale-in");
    expect(await runLoop(PLAIN, seed, pollIntervalSeconds)).toEqual(simulated);
  },
  60_000,
);

test.each([
  { seed: 1, pollIntervalSeconds: 10 },
  { seed: 2, pollIntervalSeconds: 10 },
  { seed: 3, pollIntervalSeconds: 30 },
])(
  "the simulator sends graceful groups the commands that the loop sends, at the same beats: %j",
  async ({ seed, pollIntervalSeconds }) => {
    const simulated = await runSimulator(GRACEFUL, seed, pollIntervalSeconds);
    expect(simulated.decisions.map(({ action }) => action)).toContain("scale-in");
    const statuses = simulated.commands.map(({ document, statusDetails }) => [
      document,
      statusDetails,
    ]);
    expect(statuses).toContainEqual(["stop", "Success"]);
    expect(statuses).toContainEqual(["look", "DeliveryTimedOut"]);
    expect(await runLoop(GRACEFUL, seed, pollIntervalSeconds)).toEqual(simulated);
  },
  60_000,
);
