import { type Definition, readDefinition } from "../config/definition.ts";
import type { ScalerEntry } from "../functions/core/scaler-entry.ts";
import { exampleEntries } from "./bench-facts.ts";
import type { HistoryEvent } from "./engine/history.ts";
import type { Handler } from "./engine/invoke-lambda.ts";
import { type Outcome, runExecution } from "./engine/run-execution.ts";
import { withPollInterval, withSetting } from "./engine/run-loop.ts";
import { connectHandlers } from "./sandbox/connect-handlers.ts";
import { createScriptedWorld, type ScriptedWorld } from "./sandbox/scripted-world.ts";
import { startSandbox } from "./sandbox/server.ts";

const PARAMETER = "/bench/agent-token";
const TOKEN = "of-the-bench";

/** A loop with so many scalers against a sandbox in which only the bench moves anything. */
export interface MeasuredLoop {
  world: ScriptedWorld;
  sandbox: Awaited<ReturnType<typeof startSandbox>>;
  /** Runs one execution for a slot; 0 seconds are exactly one poll. */
  run(slotSeconds: number, onEvent?: (event: HistoryEvent) => void): Promise<Outcome>;
  /** Publishes metrics at every poll from now on. */
  publish(): void;
  /** So many jobs and eight idle agents for every queue. */
  setJobs(scheduled: number): void;
  /** All groups settled at so many instances. */
  setDesired(desired: number): void;
}

/** The handlers' clients are made once, so there is one sandbox for all of a bench. */
export async function createMeasuredLoops(): Promise<(scalers: number) => MeasuredLoop> {
  const world = createScriptedWorld();
  const sandbox = await startSandbox({
    world,
    buildkite: { token: TOKEN },
    parameters: new Map([[PARAMETER, TOKEN]]),
    now: () => performance.timeOrigin + performance.now(), // Finer than Date.now()
  });
  const handlers = await connectHandlers(sandbox);
  return (scalers) => {
    world.clear();
    return loopOver(exampleEntries(scalers), { world, sandbox, handlers });
  };
}

/** What every loop of a bench runs in. */
interface Surroundings extends Pick<MeasuredLoop, "world" | "sandbox"> {
  handlers: Readonly<Record<string, Handler>>;
}

function loopOver(scalers: readonly ScalerEntry[], around: Surroundings): MeasuredLoop {
  const { world, sandbox, handlers } = around;
  const { agentEndpoint } = sandbox;
  const input = { name: "bench", agentTokenParameter: PARAMETER, agentEndpoint, scalers };
  let publishMetrics = false;
  return {
    world,
    sandbox,
    run: (slotSeconds, onEvent = () => {}) =>
      runExecution({
        definition: readDefinition(),
        edit: everySecond,
        input: { ...input, slotSeconds, ...(publishMetrics ? { publishMetrics } : {}) },
        handlers,
        name: "bench",
        onEvent,
      }).outcome,
    publish: () => {
      publishMetrics = true;
    },
    setJobs: (scheduled) => {
      for (const { queue = "" } of scalers) world.setQueue(queue, { scheduled, idle: 8 });
    },
    setDesired: (desired) => {
      for (const { group } of scalers) world.setGroup(group, { desired, max: 20 });
    },
  };
}

/** Polls, and where it publishes also publishes, once a second. */
function everySecond(definition: Definition): Definition {
  return withSetting(withPollInterval(definition, 1), "publishIntervalSeconds", 1);
}
