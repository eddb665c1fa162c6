import { randomUUID } from "node:crypto";
import { parseScalers } from "../../functions/core/read-scalers.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import type { History } from "../../local/engine/history.ts";
import type { Outcome } from "../../local/engine/run-execution.ts";
import { runLoop } from "../../local/engine/run-loop.ts";
import { connectHandlers } from "../../local/sandbox/connect-handlers.ts";
import { type Sandbox, startSandbox } from "../../local/sandbox/server.ts";
import type { Fleet } from "../../simulation/fleet/fleet.ts";
import type { SimulationResult } from "../../simulation/simulate.ts";
import { observeLoop } from "../terminal/loop-events.ts";
import { type LoopState, trackLoop } from "../terminal/loop-state.ts";
import type { LoopView } from "../terminal/loop-view.ts";
import type { Display } from "../terminal/show.ts";
import { createDemoEvents, type DemoEvents } from "./demo-events.ts";
import { createDemoFleet, type DemoFleetOptions } from "./demo-fleet.ts";
import type { TryoutTally } from "./summary.ts";
import { recordTrace } from "./trace-recorder.ts";

/** The options of a tryout. */
export interface TryoutOptions extends DemoFleetOptions {
  /** Default: the definition's. */
  pollIntervalSeconds?: number | undefined;
  /** Whether the loop listens for Buildkite's events. */
  hasEvents: boolean;
}

/** The results of a tryout. */
export interface Tryout {
  outcome: Outcome;
  /** The events of all executions. */
  history: History;
  tally: TryoutTally;
  /** The trace for the report. */
  simulated: SimulationResult;
}

/**
 * Runs the real definition and the real handlers against a sandbox of Buildkite and AWS, until the
 * time is up or the signal aborts the run.
 */
export async function runTryout(
  options: TryoutOptions,
  display: Display,
  signal: AbortSignal,
): Promise<Tryout> {
  const startedMs = Date.now();
  const fleet = createDemoFleet(options, startedMs);
  const events = options.hasEvents ? createDemoEvents(options, startedMs) : undefined;
  const sandbox = await startDemoSandbox(options, fleet, events?.queues);
  try {
    const scalers = parseScalers(options.loop.scalers);
    const state = trackTryout(scalers, options, sandbox, startedMs);
    display.start(() => currentView(state.view, fleet, scalers));
    const trace = recordTrace(fleet, options.loop);
    const history: History = [];
    const handlers = await connectHandlers(sandbox);
    const listeners = [state.observer, trace.observer, display.observer].map(observeLoop);
    const outcome = await runLoop({
      input: {
        ...options.loop,
        ...events?.start(sandbox.url),
        agentEndpoint: sandbox.agentEndpoint,
      },
      handlers,
      seconds: options.seconds,
      pollIntervalSeconds: options.pollIntervalSeconds,
      onEvent: (event) => {
        history.push(event);
        for (const listener of listeners) listener(event);
      },
      signal,
    });
    const simulated = trace.finish(state.view.polls);
    return { outcome, history, simulated, tally: sumUp(state, sandbox, fleet, startedMs) };
  } finally {
    events?.stop();
    await sandbox.close();
  }
}

function startDemoSandbox(
  { loop }: TryoutOptions,
  fleet: Fleet,
  queues: DemoEvents["queues"] = new Map(),
): Promise<Sandbox> {
  const token = randomUUID();
  return startSandbox({
    world: fleet,
    buildkite: { token },
    parameters: new Map([[loop.agentTokenParameter, token]]),
    queues,
    now: Date.now,
    onCall: () => fleet.advanceTo(Date.now()),
  });
}

function trackTryout(
  scalers: readonly Scaler[],
  { seconds }: TryoutOptions,
  sandbox: Sandbox,
  startedMs: number,
): LoopState {
  const title = `Sandbox of Buildkite and AWS at ${sandbox.url}`;
  const times = { startedMs, endsMs: startedMs + seconds * 1000 };
  return trackLoop(title, scalers, times, sandbox.callCounts);
}

/** The view with jobs and instances as they are now, not as at the last poll, so that agents appear when they connect. */
function currentView(view: LoopView, fleet: Fleet, scalers: readonly Scaler[]): LoopView {
  fleet.advanceTo(Date.now());
  return {
    ...view,
    scalers: view.scalers.map((scaler, index) => ({
      ...scaler,
      queue: fleet.sumQueueFacts(scaler.queues),
      longestWaitSeconds: fleet.longestWaitSeconds(scaler.queues),
      group: fleet.groupFacts(scalers[index]?.group ?? ""),
    })),
  };
}

function sumUp(
  { view, counts }: LoopState,
  sandbox: Sandbox,
  fleet: Fleet,
  startedMs: number,
): TryoutTally {
  return {
    startedMs,
    seconds: (Date.now() - startedMs) / 1000,
    polls: view.polls,
    ...counts,
    calls: sandbox.calls,
    results: fleet.results(),
  };
}
