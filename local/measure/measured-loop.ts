import { type Definition, readDefinition } from "../../config/definition.ts";
import type { ScalerEntry } from "../../functions/core/scaler-entry.ts";
import type { HistoryEvent } from "../engine/history.ts";
import type { Handler } from "../engine/invoke-lambda.ts";
import { type Outcome, runExecution } from "../engine/run-execution.ts";
import { withPollInterval, withSetting } from "../engine/run-loop.ts";
import { connectHandlers } from "../sandbox/connect-handlers.ts";
import { formatQueueUrl } from "../sandbox/event-path.ts";
import { EventQueue } from "../sandbox/event-queue.ts";
import { createScriptedWorld, type ScriptedWorld } from "../sandbox/scripted-world.ts";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { createExampleEntries } from "./example-entries.ts";

const PARAMETER = "/bench/agent-token";
const TOKEN = "of-the-bench";

/** An SQS queue without messages. */
const QUEUE = "bench.fifo";

type OnEvent = (event: HistoryEvent) => void;

/** A loop that is run for its figures, in a sandbox that only the measurement changes. */
export interface MeasuredLoop {
  world: ScriptedWorld;
  sandbox: Sandbox;
  /** Runs one execution for a slot, or until the signal aborts; a slot of 0 seconds has exactly one poll. */
  run(slotSeconds: number, onEvent?: OnEvent, signal?: AbortSignal): Promise<Outcome>;
  /** From now on, every poll publishes metrics. */
  publish(): void;
  /** From now on, the loop polls every four seconds, and listens for events in between. */
  listen(): void;
  /** Sets the scheduled jobs of every queue. Every queue has eight idle agents. */
  setJobs(scheduled: number): void;
  /** Sets the desired capacity of all groups; all instances are in service. */
  setDesired(desired: number): void;
}

/** Creates a loop with a number of scalers; it replaces the loop that was created before. */
export type CreateMeasuredLoop = (scalers: number) => MeasuredLoop;

/** More precise than Date.now(). */
const readPreciseMs = () => performance.timeOrigin + performance.now();

/**
 * Starts the sandbox of all loops. There is one for a process: handlers create their clients once.
 * @param now returns the time of calls; in virtual time, the virtual one
 */
export async function startMeasurement(
  now: () => number = readPreciseMs,
): Promise<CreateMeasuredLoop> {
  const world = createScriptedWorld();
  const sandbox = await startSandbox({
    world,
    buildkite: { token: TOKEN },
    parameters: new Map([[PARAMETER, TOKEN]]),
    queues: new Map([[QUEUE, new EventQueue(Date.now)]]),
    now,
  });
  const handlers = await connectHandlers(sandbox);
  return (scalers) => {
    world.clear();
    return createMeasuredLoop(createExampleEntries(scalers), { world, sandbox, handlers });
  };
}

interface Measurement extends Pick<MeasuredLoop, "world" | "sandbox"> {
  handlers: Readonly<Record<string, Handler>>;
}

function createMeasuredLoop(
  scalers: readonly ScalerEntry[],
  { world, sandbox, handlers }: Measurement,
): MeasuredLoop {
  const { agentEndpoint } = sandbox;
  const input = { name: "bench", agentTokenParameter: PARAMETER, agentEndpoint, scalers };
  const events = { queueUrl: formatQueueUrl(sandbox.url, QUEUE) };
  let publishMetrics = false;
  let listens = false;
  return {
    world,
    sandbox,
    run: (slotSeconds, onEvent = () => {}, signal = new AbortController().signal) =>
      runExecution({
        definition: readDefinition(),
        edit: (definition) => pollEvery(listens ? 4 : 1, definition),
        input: {
          ...input,
          slotSeconds,
          ...(publishMetrics ? { publishMetrics } : {}),
          ...(listens ? { events } : {}),
        },
        handlers,
        name: "bench",
        onEvent,
        signal,
      }).outcome,
    publish: () => {
      publishMetrics = true;
    },
    listen: () => {
      listens = true;
    },
    setJobs: (scheduled) => {
      for (const { queue = "" } of scalers) world.setQueue(queue, { scheduled, idle: 8 });
    },
    setDesired: (desired) => {
      for (const { group } of scalers) world.setGroup(group, { desired, max: 20 });
    },
  };
}

/** Publishes metrics as often as it polls, if they are published at all. */
function pollEvery(seconds: number, definition: Definition): Definition {
  return withSetting(withPollInterval(definition, seconds), "publishIntervalSeconds", seconds);
}
