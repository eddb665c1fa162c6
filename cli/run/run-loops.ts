import type { LoopInput } from "../../config/loops.ts";
import { plural } from "../../functions/core/plural.ts";
import { parseScalers } from "../../functions/core/read-scalers.ts";
import type { HistoryEvent } from "../../local/engine/history.ts";
import type { Handler } from "../../local/engine/invoke-lambda.ts";
import type { Outcome } from "../../local/engine/run-execution.ts";
import { runLoop } from "../../local/engine/run-loop.ts";
import { sum } from "../../simulation/statistics.ts";
import { type LoopObserver, observeLoop } from "../terminal/loop-events.ts";
import { type LoopState, trackLoop } from "../terminal/loop-state.ts";
import type { LoopView } from "../terminal/loop-view.ts";
import type { RunTally } from "../terminal/run-summary.ts";
import { createAdviser } from "./advice.ts";
import type { RunDisplay } from "./display.ts";
import type { RunPlan } from "./plan.ts";

/** What {@link runLoops} needs in addition to the plan. */
export interface RunOptions {
  region: string;
  handlers: Readonly<Record<string, Handler>>;
  display: RunDisplay;
  /** Called for every event of every execution. */
  onEvent?: (event: HistoryEvent) => void;
  /** Stops the run. A run of a single poll also ends by itself. */
  signal: AbortSignal;
}

/**
 * Runs all loops of a plan side by side: the real definition with the given handlers. A loop that
 * fails does not stop the others.
 */
export async function runLoops(plan: RunPlan, options: RunOptions): Promise<RunTally> {
  const startedMs = Date.now();
  const loops = plan.loops.map((loop) => prepareLoop(loop, plan, options, startedMs));
  const states = loops.map(({ state }) => state);
  const title = runTitle(plan, options.region);
  options.display.start(() => combineViews(title, startedMs, states));
  await Promise.all(loops.map((running) => runToEnd(running, plan, options)));
  options.display.stop();
  return sumUp(states, startedMs);
}

/** A loop of the run, its state and all that observe it. */
interface RunningLoop {
  loop: LoopInput;
  state: LoopState;
  observers: readonly LoopObserver[];
}

function prepareLoop(
  loop: LoopInput,
  { token }: RunPlan,
  { region, display }: RunOptions,
  startedMs: number,
): RunningLoop {
  const scalers = parseScalers(loop.scalers);
  const state = trackLoop(loop.name, scalers, { startedMs });
  const parameter = token === undefined ? loop.agentTokenParameter : undefined;
  const observers = [
    state.observer,
    display.observe(loop.name, scalers),
    createAdviser({ region, parameter }, (line) => display.say(loop.name, line)),
  ];
  return { loop, state, observers };
}

async function runToEnd(running: RunningLoop, plan: RunPlan, options: RunOptions): Promise<void> {
  const { loop, observers } = running;
  const listeners = [...observers.map(observeLoop), options.onEvent ?? (() => {})];
  const outcome = await runLoop({
    name: loop.name,
    input: { ...loop },
    handlers: options.handlers,
    seconds: plan.once ? 0 : undefined,
    pollIntervalSeconds: plan.pollIntervalSeconds,
    onEvent: (event) => {
      for (const listener of listeners) listener(event);
    },
    signal: options.signal,
  });
  reportOutcome(outcome, running, options);
}

/** A run that is stopped has not failed. */
function reportOutcome(
  { status, error, cause }: Outcome,
  { loop, state }: RunningLoop,
  { display, signal }: RunOptions,
): void {
  if (status === "SUCCEEDED" || signal.aborted) return;
  state.counts.failed += 1;
  const why = [error, cause].filter((text) => text !== undefined && text !== "").join(": ");
  display.say(loop.name, `the loop ended as ${status}: ${why}`);
}

function runTitle({ loops, dryRun, once }: RunPlan, region: string): string {
  const groups = plural(loops.flatMap(({ scalers }) => scalers).length, "group");
  const dry = dryRun ? ", dry run: nothing is written" : "";
  return `The scaling loop for ${groups} in ${region}${dry}; ${once ? "one poll" : "stop it with Ctrl-C"}`;
}

/** One view of all loops. With several loops, a scaler's name includes its loop's. */
function combineViews(title: string, startedMs: number, states: readonly LoopState[]): LoopView {
  const views = states.map(({ view }) => view);
  const nextMs = views.flatMap(({ nextPollMs }) => (nextPollMs === undefined ? [] : [nextPollMs]));
  return {
    title,
    startedMs,
    polls: Math.max(0, ...views.map(({ polls }) => polls)),
    nextPollMs: nextMs.length === 0 ? undefined : Math.min(...nextMs),
    scalers: views.flatMap((view) =>
      view.scalers.map((scaler) =>
        views.length === 1 ? scaler : { ...scaler, name: `${view.title}: ${scaler.name}` },
      ),
    ),
  };
}

function sumUp(states: readonly LoopState[], startedMs: number): RunTally {
  const total = (count: (state: LoopState) => number) => sum(states.map(count));
  return {
    startedMs,
    seconds: (Date.now() - startedMs) / 1000,
    polls: total(({ view }) => view.polls),
    beats: total(({ counts }) => counts.beats),
    eventPolls: total(({ counts }) => counts.eventPolls),
    echoes: total(({ counts }) => counts.echoes),
    scaleOuts: total(({ counts }) => counts.scaleOuts),
    scaleIns: total(({ counts }) => counts.scaleIns),
    drains: total(({ counts }) => counts.drains),
    draining: total(({ counts }) => counts.draining),
    held: total(({ counts }) => counts.held),
    refused: total(({ counts }) => counts.refused),
    failed: total(({ counts }) => counts.failed),
  };
}
