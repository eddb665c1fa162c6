import { afterAll } from "vitest";
import { readDefinition } from "../../config/definition.ts";
import type { LoopInput } from "../../config/loops.ts";
import { SLOT_LEAD_SECONDS, SLOT_SECONDS } from "../../functions/core/slot.ts";
import type { Handler } from "../../local/engine/invoke-lambda.ts";
import { type Outcome, runExecution } from "../../local/engine/run-execution.ts";
import { runInVirtualTime } from "../../local/engine/virtual-time.ts";
import { connectHandlers } from "../../local/sandbox/connect-handlers.ts";
import type { Call } from "../../local/sandbox/http/exchange.ts";
import { startSandbox } from "../../local/sandbox/server.ts";
import type { Fleet } from "../../simulation/fleet/fleet.ts";
import type { Instance } from "../../simulation/fleet/instance.ts";
import type { World } from "../../simulation/fleet/world.ts";

/**
 * Runs the real definition, the engine, the handlers and the SDK clients against a sandbox whose world is a
 * fleet, in virtual time. A run checks what no loop may ever do.
 */

/** The start of every run: the first second of a slot. */
export const START_MS = Date.parse("2026-01-05T09:01:00Z");

const SLOT_MS = SLOT_SECONDS * 1000;

/** An execution is scheduled this long before its slot. */
const LEAD_MS = SLOT_LEAD_SECONDS * 1000;

const TOKEN = "bkct_fleet-loop";

const PARAMETER = "/fleet-loop/agent-token";

/** The input of a loop, without what the sandbox decides. */
export type LoopScalers = Pick<LoopInput, "scalers">;

/** How an execution of a run is disturbed. */
export interface Disturbance {
  /** The execution is aborted, and its calls fail, from this call on. Calls count from 1, over all executions. */
  cutAtCall?: number;
  /** Each Task's function runs twice with the same event, as Lambda may. */
  runsTwice?: boolean;
}

/** What a run did. */
export interface FleetRun {
  fleet: Fleet;
  outcomes: Outcome[];
  calls: readonly Call[];
  /** Every change of a desired capacity by a call, oldest first. */
  set: { group: string; from: number; to: number }[];
  /** Every instance that a call ended. */
  terminated: { group: string; instance: string; decrement: boolean }[];
  /** Every instance that a call told to stop. */
  stopped: { instance: string; action: string }[];
}

/** Lists a group's instances that count as its capacity. */
export function listLiveInstances(fleet: Fleet, group: string): Instance[] {
  return fleet.instances(group).filter(({ lifecycleState }) => lifecycleState !== "Terminating");
}

let current: FleetRun | undefined;

function getRun(): FleetRun {
  if (current === undefined) throw new Error("no run has started");
  return current;
}

/** A world that is the fleet of the current run, and that records what the loop commands. */
const world: World = {
  organization: "example",
  cluster: "main",
  queues: () => getRun().fleet.queues(),
  group: (name) => getRun().fleet.group(name),
  groupNames: () => getRun().fleet.groupNames(),
  setLimits: (name, limits) => getRun().fleet.setLimits(name, limits),
  setTag: (name, key, value) => getRun().fleet.setTag(name, key, value),
  setDesiredCapacity: (group, to) => {
    const { fleet, set } = getRun();
    set.push({ group, from: fleet.groupFacts(group)?.desired ?? 0, to });
    fleet.setDesiredCapacity(group, to);
  },
  terminateInstances: (group, instances, decrement) => {
    const { fleet, terminated } = getRun();
    const alive = new Set(listLiveInstances(fleet, group).map(({ id }) => id));
    fleet.terminateInstances(group, instances, decrement);
    for (const instance of instances.filter((id) => alive.has(id)))
      terminated.push({ group, instance, decrement });
  },
  sendCommand: (command) => {
    const { fleet, stopped } = getRun();
    const id = fleet.sendCommand(command);
    if (command.action !== "look")
      stopped.push(...command.instances.map((instance) => ({ instance, action: command.action })));
    return id;
  },
  invocations: (filter) => getRun().fleet.invocations(filter),
};

let onCall: (call: Call) => void = () => {};

export const sandbox = await startSandbox({
  world,
  buildkite: { token: TOKEN },
  parameters: new Map([[PARAMETER, TOKEN]]),
  now: () => Date.now(),
  onCall: (call) => {
    getRun().fleet.advanceTo(Math.max(START_MS, Date.now()));
    onCall(call);
  },
});
const HANDLERS = await connectHandlers(sandbox);
afterAll(() => sandbox.close());

/** Runs executions one after another, each for one slot, as the schedule starts them. */
export async function runFleetLoop(
  fleet: Fleet,
  { scalers }: LoopScalers,
  slots: number,
  disturbance: Disturbance = {},
): Promise<FleetRun> {
  const run: FleetRun = {
    fleet,
    outcomes: [],
    calls: sandbox.calls,
    set: [],
    terminated: [],
    stopped: [],
  };
  current = run;
  sandbox.calls.length = 0;
  const input = {
    name: "main",
    agentTokenParameter: PARAMETER,
    agentEndpoint: sandbox.agentEndpoint,
    scalers,
  };
  await runInVirtualTime(START_MS, () => runSlots(run, input, slots, disturbance), {
    realLimitMs: 60_000,
  });
  fleet.advanceTo(START_MS + slots * SLOT_MS);
  return run;
}

async function runSlots(
  run: FleetRun,
  input: object,
  slots: number,
  disturbance: Disturbance,
): Promise<void> {
  for (let slot = 0; slot < slots; slot += 1) {
    const startMs = START_MS + slot * SLOT_MS;
    await waitUntil(startMs);
    const scheduledAt = new Date(startMs - LEAD_MS).toISOString();
    run.outcomes.push(await runOne({ ...input, scheduledAt }, disturbance));
    if (run.outcomes.at(-1)?.status === "ABORTED") {
      // Somebody starts another execution for the rest of the slot.
      run.outcomes.push(await runOne({ ...input, scheduledAt }, { ...disturbance, cutAtCall: 0 }));
    }
  }
}

async function waitUntil(ms: number): Promise<void> {
  if (ms > Date.now()) await new Promise((resolve) => setTimeout(resolve, ms - Date.now()));
}

/** Runs one execution. A cut looks like the end of a machine: what was sent before has happened, nothing follows. */
async function runOne(
  input: object,
  { cutAtCall = 0, runsTwice = false }: Disturbance,
): Promise<Outcome> {
  const abort = new AbortController();
  onCall = () => {
    if (cutAtCall === 0 || sandbox.calls.length !== cutAtCall) return;
    abort.abort();
    sandbox.faults.add({ service: "AutoScaling", fault: "reset" });
    sandbox.faults.add({ service: "SSM", fault: "reset" });
  };
  const outcome = await runExecution({
    definition: readDefinition(),
    input,
    handlers: runsTwice ? mapHandlers(HANDLERS, invokeTwice) : HANDLERS,
    name: `from-${new Date().toISOString()}`,
    signal: abort.signal,
  }).outcome;
  if (abort.signal.aborted) await waitUntil(Date.now() + 20_000); // Its functions end by then.
  sandbox.faults.clear();
  onCall = () => {};
  return outcome;
}

function mapHandlers(
  handlers: Readonly<Record<string, Handler>>,
  change: (handler: Handler) => Handler,
): Record<string, Handler> {
  return Object.fromEntries(
    Object.entries(handlers).map(([state, handler]) => [state, change(handler)]),
  );
}

function invokeTwice(handler: Handler): Handler {
  return async (event, context) => {
    await handler(event, context);
    return await handler(event, context);
  };
}
