import type { LoopInput } from "../../config/loops.ts";
import { plural } from "../../functions/core/plural.ts";
import { parseScalers } from "../../functions/core/scaler.ts";
import type { HistoryEvent } from "../../local/engine/history.ts";
import type { Handler } from "../../local/engine/invoke-lambda.ts";
import type { Outcome } from "../../local/engine/run-execution.ts";
import { runLoop } from "../../local/engine/run-loop.ts";
import { type LoopObserver, observeLoop } from "../terminal/loop-events.ts";
import { type LoopState, trackLoop } from "../terminal/loop-state.ts";
import type { LoopView } from "../terminal/loop-view.ts";
import { createAdviser } from "./advice.ts";
import type { RunDisplay } from "./display.ts";
import type { RunPlan } from "./plan.ts";
import type { RunTally } from "./summary.ts";

/** What the loops are run with. */
export interface RunOptions {
  region: string;
  handlers: Readonly<Record<string, Handler>>;
  stage: RunDisplay;
  /** Hears of every event of every execution. */
  onEvent?: (event: HistoryEvent) => void;
  /** Ends the run; without it only a run of one poll ends. */
  signal: AbortSignal;
}

/**
 * Runs every loop of a plan side by side: the real definition with the handlers that are given.
 * One that fails keeps no other from going on.
 */
export async function runLoops(plan: RunPlan, having: RunOptions): Promise<RunTally> {
  const startedMs = Date.now();
  const running = plan.loops.map((loop) => runningOf(loop, plan, having, startedMs));
  const title = titleOf(plan, having.region);
  having.stage.start(() => pictureOf(title, startedMs, running));
  await Promise.all(running.map((each) => finished(each, plan, having)));
  having.stage.stop();
  return tallyOf(running, startedMs);
}

/** A loop that is run, and what is known of it. */
interface Running {
  loop: LoopInput;
  tracker: LoopState;
  listeners: readonly LoopObserver[];
  counts: { refused: number; failed: number };
}

function runningOf(
  loop: LoopInput,
  { token }: RunPlan,
  { region, stage }: RunOptions,
  startedMs: number,
): Running {
  const scalers = parseScalers(loop.scalers);
  const dry = scalers.filter(({ dryRun }) => dryRun).map(({ name }) => name);
  const tracker = trackLoop(loop.name, scalers, { startedMs });
  const counts = { refused: 0, failed: 0 };
  const setup = {
    region,
    parameter: token === undefined ? loop.agentTokenParameter : undefined,
  };
  const listeners = [
    tracker.listener,
    counting(counts),
    stage.listenerFor(loop.name, new Set(dry)),
    createAdviser(setup, (line) => stage.say(loop.name, line)),
  ];
  return { loop, tracker, listeners, counts };
}

function counting(counts: Running["counts"]): LoopObserver {
  return {
    onRefusal: () => {
      counts.refused += 1;
    },
    onFailure: () => {
      counts.failed += 1;
    },
  };
}

async function finished(running: Running, plan: RunPlan, having: RunOptions): Promise<void> {
  const { loop, listeners } = running;
  const tell = [...listeners.map(observeLoop), having.onEvent ?? (() => {})];
  const outcome = await runLoop({
    name: loop.name,
    input: { ...loop },
    handlers: having.handlers,
    seconds: plan.once ? 0 : undefined,
    pollIntervalSeconds: plan.pollIntervalSeconds,
    onEvent: (event) => {
      for (const each of tell) each(event);
    },
    signal: having.signal,
  });
  report(outcome, running, having);
}

/** Being stopped is no failure. */
function report({ status, error, cause }: Outcome, running: Running, having: RunOptions): void {
  if (status === "SUCCEEDED" || having.signal.aborted) return;
  running.counts.failed += 1;
  const why = [error, cause].filter((text) => text !== undefined && text !== "").join(": ");
  having.stage.say(running.loop.name, `the loop ended as ${status}: ${why}`);
}

function titleOf({ loops, dryRun, once }: RunPlan, region: string): string {
  const groups = plural(loops.flatMap(({ scalers }) => scalers).length, "group");
  const dry = dryRun ? ", a dry run: nothing is written" : "";
  return `The scaling loop for ${groups} in ${region}${dry}; ${once ? "one poll" : "Ctrl-C stops it"}`;
}

/** All loops as one picture; a scaler is named with its loop where there are several. */
function pictureOf(title: string, startedMs: number, running: readonly Running[]): LoopView {
  const views = running.map(({ tracker }) => tracker.view);
  const next = views.flatMap(({ nextPollMs }) => (nextPollMs === undefined ? [] : [nextPollMs]));
  return {
    title,
    startedMs,
    polls: Math.max(0, ...views.map(({ polls }) => polls)),
    nextPollMs: next.length === 0 ? undefined : Math.min(...next),
    scalers: views.flatMap((view) =>
      view.scalers.map((scaler) =>
        views.length === 1 ? scaler : { ...scaler, name: `${view.title}: ${scaler.name}` },
      ),
    ),
  };
}

function tallyOf(running: readonly Running[], startedMs: number): RunTally {
  const sum = (count: (one: Running) => number) =>
    running.reduce((total, one) => total + count(one), 0);
  return {
    seconds: (Date.now() - startedMs) / 1000,
    polls: sum(({ tracker }) => tracker.view.polls),
    scaleOuts: sum(({ tracker }) => tracker.counts.scaleOuts),
    scaleIns: sum(({ tracker }) => tracker.counts.scaleIns),
    held: sum(({ tracker }) => tracker.counts.held),
    refused: sum(({ counts }) => counts.refused),
    failed: sum(({ counts }) => counts.failed),
  };
}
