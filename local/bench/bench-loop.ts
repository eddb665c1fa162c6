import { type Definition, type Outcome, runExecution, scalingLoop } from "../engine.ts";
import type { HistoryEvent } from "../history.ts";
import { withPollInterval } from "../loop.ts";
import { startSandbox } from "../sandbox/server.ts";
import { type StillWorld, stillWorld } from "../sandbox/still-world.ts";
import { entries } from "./facts.ts";

const PARAMETER = "/bench/agent-token";
const TOKEN = "of-the-bench";

/** A loop with so many scalers against a sandbox in which only the bench moves anything. */
export interface BenchLoop {
  world: StillWorld;
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
export async function benchLoops(): Promise<(scalers: number) => BenchLoop> {
  const world = stillWorld();
  const sandbox = await startSandbox({
    world,
    buildkite: { token: TOKEN },
    parameters: new Map([[PARAMETER, TOKEN]]),
    now: () => performance.timeOrigin + performance.now(), // Finer than Date.now()
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: sandbox.url,
    AWS_REGION: "bench",
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
    LOG_LEVEL: "SILENT",
  });
  const { HANDLERS } = await import("../engine/handlers.ts");
  return (scalers) => {
    const all = entries(scalers);
    const input = {
      name: "bench",
      agentTokenParameter: PARAMETER,
      agentEndpoint: sandbox.agentEndpoint,
      scalers: all,
    };
    world.clear();
    let publishMetrics = false;
    return {
      publish: () => {
        publishMetrics = true;
      },
      world,
      sandbox,
      run: (slotSeconds, onEvent = () => {}) =>
        runExecution({
          definition: scalingLoop(),
          edit: everySecond,
          input: { ...input, slotSeconds, publishMetrics },
          handlers: HANDLERS,
          name: "bench",
          onEvent,
        }).outcome,
      setJobs: (scheduled) => {
        for (const { queue = "" } of all) world.setQueue(queue, { scheduled, idle: 8 });
      },
      setDesired: (desired) => {
        for (const { group } of all) world.setGroup(group, { desired, max: 20 });
      },
    };
  };
}

/** Polls, and where it publishes also publishes, once a second. */
function everySecond(definition: Definition): Definition {
  const text = JSON.stringify(withPollInterval(definition, 1));
  return JSON.parse(text.replace(/"publishIntervalSeconds":\d+/, '"publishIntervalSeconds":1'));
}
