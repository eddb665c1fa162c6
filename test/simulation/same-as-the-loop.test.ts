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
import { announceJobs } from "../../local/sandbox/announce-jobs.ts";
import { connectHandlers } from "../../local/sandbox/connect-handlers.ts";
import { createEventPath, formatQueueUrl } from "../../local/sandbox/event-path.ts";
import type { EventQueue } from "../../local/sandbox/event-queue.ts";
import { startSandbox } from "../../local/sandbox/server.ts";
import type { EventDelivery } from "../../simulation/events/delivery.ts";
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

/** What a run did: its decisions, its polls off the beat, its commands, and the groups at the end. */
interface RunRecord {
  decisions: DecisionRecord[];
  /** RFC 3339 */
  offBeatPolls: string[];
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

const queues = new Map<string, EventQueue>();
const sandbox = await startSandbox({
  queues,
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

/** One run of both. Without `events`, the loop listens to none. */
interface Case {
  seed: number;
  pollIntervalSeconds: number;
  events?: EventDelivery;
}

/** Lets Buildkite announce the jobs, if it has to. Returns the part of the input that makes the loop listen. */
function announce(loop: LoopInput, { seed, events }: Case) {
  queues.clear();
  if (events === undefined) return { input: {}, stop: () => {} };
  const names = parseExecutionInput(loop).scalers.flatMap((scaler) => scaler.queues);
  const { bus, queue, queueName } = createEventPath(loop.name, names, () => Date.now());
  queues.set(queueName, queue);
  const random = randomStream(seed, `events/${loop.name}`);
  const { stop } = announceJobs(jobs(seed), bus, events, random);
  return { input: { events: { queueUrl: formatQueueUrl(sandbox.url, queueName) } }, stop };
}

/** Runs one execution after another, as the schedule starts them. */
async function runLoop(loop: LoopInput, run: Case): Promise<RunRecord> {
  const { seed, pollIntervalSeconds } = run;
  world.fleet = createLoopFleet(loop, seed);
  const decisions: DecisionRecord[] = [];
  const polls: number[] = [];
  const onEvent = (event: HistoryEvent) => {
    decisions.push(...listMoves(event));
    const { type, details, event_timestamp } = event;
    if (type === "TaskStateEntered" && details.name === "Fetch metrics")
      polls.push(Number(event_timestamp));
  };
  await runInVirtualTime(
    SCHEDULED_MS,
    async () => {
      const announcement = announce(loop, run);
      for (let slot = 0; slot < SLOTS; slot += 1) {
        const scheduledAt = new Date(SCHEDULED_MS + slot * SLOT_MS).toISOString();
        const { agentEndpoint } = sandbox;
        const input = { ...loop, ...announcement.input, agentEndpoint, scheduledAt };
        await runExecution({
          definition: withPollInterval(readDefinition(), pollIntervalSeconds),
          input,
          handlers: HANDLERS,
          name: `slot-${slot}`,
          onEvent,
        }).outcome;
      }
      announcement.stop();
    },
    { realLimitMs: 60_000 },
  );
  world.fleet.advanceTo(END_MS + SETTLE_MS);
  return describeRun(decisions, listOffBeat(polls, run), world.fleet);
}

/** The beats of these loops are multiples of the interval. */
function listOffBeat(polls: readonly number[], { pollIntervalSeconds }: Case): string[] {
  const offBeat = polls.filter((ms) => ms % (pollIntervalSeconds * SECOND_MS) !== 0);
  return offBeat.map((ms) => new Date(ms).toISOString());
}

/** By then, every command has been answered or given up. */
const SETTLE_MS = 60_000;

function describeRun(decisions: DecisionRecord[], offBeatPolls: string[], fleet: Fleet): RunRecord {
  const groups = fleet.groupNames().map((name) => fleet.group(name));
  return { decisions, offBeatPolls, commands: listCommands(fleet), groups };
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

async function runSimulator(loop: LoopInput, run: Case): Promise<RunRecord> {
  const { seed, pollIntervalSeconds, events } = run;
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
  const polls: number[] = [];
  const policy = untilEnd(
    createRulesPolicy("ours", [loop], "", () => events),
    (used) => {
      fleet = used;
      polls.push(used.nowMs);
    },
  );
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
  return describeRun(decisions, listOffBeat(polls, run), fleet);
}

test.each([
  { seed: 1, pollIntervalSeconds: 10 },
  { seed: 2, pollIntervalSeconds: 10 },
  { seed: 3, pollIntervalSeconds: 30 },
])(
  "the simulator decides what the loop decides, at the same beats: %j",
  async (run) => {
    const simulated = await runSimulator(PLAIN, run);
    expect(simulated.decisions.length).toBeGreaterThan(20);
    expect(simulated.decisions.map(({ action }) => action)).toContain("scale-in");
    expect(await runLoop(PLAIN, run)).toEqual(simulated);
  },
  60_000,
);

test.each([
  { seed: 1, pollIntervalSeconds: 10 },
  { seed: 2, pollIntervalSeconds: 10 },
  { seed: 3, pollIntervalSeconds: 30 },
])(
  "the simulator sends graceful groups the commands that the loop sends, at the same beats: %j",
  async (run) => {
    const simulated = await runSimulator(GRACEFUL, run);
    expect(simulated.decisions.map(({ action }) => action)).toContain("scale-in");
    const statuses = simulated.commands.map(({ document, statusDetails }) => [
      document,
      statusDetails,
    ]);
    expect(statuses).toContainEqual(["stop", "Success"]);
    expect(statuses).toContainEqual(["look", "DeliveryTimedOut"]);
    expect(await runLoop(GRACEFUL, run)).toEqual(simulated);
  },
  60_000,
);

const PROMPT: EventDelivery = { delay: { median: 0.3, p95: 0.6 } };
const POOR: EventDelivery = { delay: { from: 0, to: 90 }, lost: 0.3, doubled: 0.3 };

test.each([
  { name: "prompt", loop: PLAIN, seed: 1, pollIntervalSeconds: 10, events: PROMPT },
  { name: "prompt, graceful", loop: GRACEFUL, seed: 2, pollIntervalSeconds: 10, events: PROMPT },
  { name: "prompt, 20 s", loop: PLAIN, seed: 3, pollIntervalSeconds: 20, events: PROMPT },
  { name: "late, lost, twice", loop: PLAIN, seed: 4, pollIntervalSeconds: 10, events: POOR },
])(
  "with events, the simulator polls when the loop polls: $name",
  async ({ loop, ...run }) => {
    const simulated = await runSimulator(loop, run);
    expect(simulated.decisions.length).toBeGreaterThan(20);
    expect(simulated.offBeatPolls.length).toBeGreaterThan(40);
    expect(await runLoop(loop, run)).toEqual(simulated);
  },
  60_000,
);

test("the simulator polls as the loop does if all events are lost", async () => {
  const run = { seed: 1, pollIntervalSeconds: 10 };
  const lost = { ...run, events: { delay: 0.3, lost: 1 } };
  const simulated = await runSimulator(PLAIN, lost);
  expect(simulated).toEqual(await runSimulator(PLAIN, run));
  expect(await runLoop(PLAIN, lost)).toEqual(simulated);
}, 60_000);
