import { randomUUID } from "node:crypto";
import type { LoopInput } from "../../config/loops.ts";
import { parseScalers, type Scaler } from "../../functions/core/scaler.ts";
import type { History } from "../../local/engine/history.ts";
import type { Outcome } from "../../local/engine/run-execution.ts";
import { runLoop } from "../../local/engine/run-loop.ts";
import { connectHandlers } from "../../local/sandbox/connect-handlers.ts";
import { type Sandbox, startSandbox } from "../../local/sandbox/server.ts";
import type { Fleet } from "../../simulation/fleet/fleet.ts";
import type { Simulated } from "../../simulation/simulate.ts";
import { type LoopObserver, observeLoop } from "../terminal/loop-events.ts";
import { type LoopState, trackLoop } from "../terminal/loop-state.ts";
import type { LoopView } from "../terminal/loop-view.ts";
import type { TryoutOptions } from "./options.ts";
import type { TryoutTally } from "./summary.ts";
import { recordTrace } from "./trace-recorder.ts";
import { createFleet } from "./world.ts";

/** What a tryout shows itself to. */
export interface TryoutObserver {
  /** Is told of what happens, as it happens. */
  listener?: LoopObserver;
  /** May ask for the picture of the moment whenever it likes, until the tryout is over. */
  start?(picture: () => LoopView): void;
}

/** A tryout that is over. */
export interface Tryout {
  outcome: Outcome;
  /** The events of all its executions. */
  history: History;
  tally: TryoutTally;
  /** For a report. */
  simulated: Simulated;
}

/**
 * Runs the real definition with the real handlers against a sandbox of Buildkite and AWS, until the
 * time is up or the signal aborts it.
 */
export async function runTryout(
  options: TryoutOptions,
  audience: TryoutObserver,
  signal: AbortSignal,
): Promise<Tryout> {
  const startedMs = Date.now();
  const fleet = createFleet(options, startedMs);
  const advance = () => fleet.advanceTo(Date.now());
  const token = randomUUID();
  const sandbox = await startSandbox({
    world: fleet,
    buildkite: { token },
    parameters: new Map([[options.loop.agentTokenParameter, token]]),
    now: Date.now,
    onCall: advance,
  });
  try {
    const scalers = parseScalers(options.loop.scalers);
    const tracker = trackerFor(scalers, options, sandbox, startedMs);
    audience.start?.(() => livePicture(tracker.view, fleet, scalers));
    const tracing = recordTrace(fleet, options.loop);
    const history: History = [];
    const handlers = await connectHandlers(sandbox);
    const listeners = [tracker.listener, tracing.listener, audience.listener ?? {}];
    const tell = listeners.map(observeLoop);
    const outcome = await runLoop({
      input: { ...inputOf(options.loop), agentEndpoint: sandbox.agentEndpoint },
      handlers,
      seconds: options.seconds,
      pollIntervalSeconds: options.pollIntervalSeconds,
      onEvent: (event) => {
        history.push(event);
        for (const each of tell) each(event);
      },
      signal,
    });
    const simulated = tracing.finish(tracker.view.polls);
    return { outcome, history, simulated, tally: tallyOf(tracker, sandbox, fleet, startedMs) };
  } finally {
    await sandbox.close();
  }
}

/** A loop's input as the schedule would send it, but for the time. */
function inputOf(loop: LoopInput): Record<string, unknown> {
  return { ...loop };
}

function trackerFor(
  scalers: readonly Scaler[],
  { seconds }: TryoutOptions,
  sandbox: Sandbox,
  startedMs: number,
) {
  const title = `Sandbox of Buildkite and AWS at ${sandbox.url}`;
  const times = { startedMs, endsMs: startedMs + seconds * 1000 };
  return trackLoop(title, scalers, times, sandbox.callCounts);
}

/** Jobs and instances as they are now, not as the last poll saw them: one sees agents arrive. */
function livePicture(view: LoopView, fleet: Fleet, scalers: readonly Scaler[]): LoopView {
  fleet.advanceTo(Date.now());
  return {
    ...view,
    scalers: view.scalers.map((scaler, index) => ({
      ...scaler,
      queue: fleet.queuesFacts(scaler.queues),
      group: fleet.groupFacts(scalers[index]?.group ?? ""),
    })),
  };
}

function tallyOf(
  { view, counts }: LoopState,
  sandbox: Sandbox,
  fleet: Fleet,
  startedMs: number,
): TryoutTally {
  return {
    seconds: (Date.now() - startedMs) / 1000,
    polls: view.polls,
    ...counts,
    calls: sandbox.calls,
    results: fleet.results(),
  };
}
