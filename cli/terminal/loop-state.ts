import { collectQueues, type Observation } from "../../functions/core/facts.ts";
import { ownValue } from "../../functions/core/own-value.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import type { RecordedDecision, RecordedPoll } from "../../local/engine/recorded-tasks.ts";
import type { LoopObserver } from "./loop-events.ts";
import type { LoopView, ScalerView, TimedDecision } from "./loop-view.ts";
import type { RunCounts } from "./run-summary.ts";

/** The current state of a loop, kept up to date by its observer. */
export interface LoopState {
  observer: LoopObserver;
  counts: RunCounts;
  /** What to show; the observer changes it in place. */
  view: LoopView;
}

/** Tracks a loop from its start. Times are epoch milliseconds; `calls` is shown as it changes. */
export function trackLoop(
  title: string,
  scalers: readonly Scaler[],
  times: { startedMs: number; endsMs?: number | undefined },
  calls?: ReadonlyMap<string, number>,
): LoopState {
  const views = scalers.map(
    ({ name, queues, dryRun }): ScalerView => ({ name, queues, isDryRun: dryRun }),
  );
  const view: LoopView = { title, ...times, polls: 0, calls, scalers: views };
  const counts = createCounts();
  const stopped = new Set<string>();
  const observer: LoopObserver = {
    onObservation: (observation) => {
      for (const [index, scaler] of scalers.entries())
        updateFacts(views[index], scaler, observation);
    },
    onPoll: (poll, number, atMs, cause = "beat") => {
      view.polls = number;
      view.cause = cause;
      counts[COUNT_OF_CAUSE[cause]] += 1;
      view.nextPollMs = poll.next.lastPoll ? undefined : Date.parse(poll.next.nextPollAt);
      for (const decision of poll.decisions)
        updateDecision(views, { decision, atMs }, isCarriedOut(decision, poll, scalers));
      for (const each of views) each.draining = countDrainingInstances(poll, each.name);
      for (const id of listStops(poll)) stopped.add(id);
      counts.drains = stopped.size;
      counts.draining = views.reduce((sum, { draining = 0 }) => sum + draining, 0);
      countDecisions(counts, poll, scalers);
    },
    onRefusal: () => {
      counts.refused += 1;
    },
    onFailure: () => {
      counts.failed += 1;
    },
  };
  return { observer, counts, view };
}

const COUNT_OF_CAUSE = { beat: "beats", event: "eventPolls", echo: "echoes" } as const;

function createCounts(): RunCounts {
  return {
    beats: 0,
    eventPolls: 0,
    echoes: 0,
    scaleOuts: 0,
    scaleIns: 0,
    drains: 0,
    draining: 0,
    held: 0,
    refused: 0,
    failed: 0,
  };
}

function updateFacts(view: ScalerView | undefined, scaler: Scaler, observation: Observation): void {
  if (view === undefined) return;
  const { queues, groups } = observation;
  const queue = queues === undefined ? undefined : collectQueues(scaler.queues, queues);
  view.queue = queue === undefined || "error" in queue ? undefined : queue;
  const group = ownValue(groups ?? {}, scaler.group);
  view.group = group === undefined || "fault" in group ? undefined : group;
}

function updateDecision(
  views: readonly ScalerView[],
  timed: TimedDecision,
  isChange: boolean,
): void {
  const view = views.find(({ name }) => name === timed.decision.scaler);
  if (view === undefined) return;
  view.latest = { ...timed, facts: { queue: view.queue, group: view.group } };
  if (isChange) view.lastChange = timed;
}

function listStops({ next }: RecordedPoll, scaler?: string): string[] {
  const stops = next.plan?.stops ?? [];
  return stops
    .filter((stop) => scaler === undefined || stop.scaler === scaler)
    .flatMap(({ instances }) => instances);
}

function countDrainingInstances({ next }: RecordedPoll, scaler: string): number {
  const { drains = {}, stopping } = ownValue(next.carry?.memory ?? {}, scaler) ?? {};
  return new Set([...Object.keys(drains), ...(stopping?.instances ?? [])]).size;
}

function countDecisions(counts: RunCounts, poll: RecordedPoll, scalers: readonly Scaler[]): void {
  for (const decision of poll.decisions) {
    if (decision.fault !== undefined) counts.held += 1;
    if (!isCarriedOut(decision, poll, scalers)) continue;
    if (decision.action === "scale-out") counts.scaleOuts += 1;
    else counts.scaleIns += 1;
  }
}

/**
 * Whether a decision is a scale-out or scale-in that goes ahead, or would but for a dry run. A graceful
 * scaler decides on the same scale-in until its instances are gone: it goes ahead if some are told to stop.
 */
export function isCarriedOut(
  { scaler: name, action }: RecordedDecision,
  poll: RecordedPoll,
  scalers: readonly Scaler[],
): boolean {
  const scaler = scalers.find((each) => each.name === name);
  if (action !== "scale-in" || scaler === undefined) return action !== "none";
  return scaler.dryRun || !scaler.scaleIn.graceful || listStops(poll, name).length > 0;
}
