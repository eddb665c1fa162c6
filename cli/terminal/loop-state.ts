import { type Observation, sumQueues } from "../../functions/core/facts.ts";
import { ownValue } from "../../functions/core/own-value.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import type { RecordedDecision, RecordedPoll } from "../../local/engine/recorded-tasks.ts";
import type { LoopObserver } from "./loop-events.ts";
import type { LoopView, ScalerView } from "./loop-view.ts";
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
  const counts = { scaleOuts: 0, scaleIns: 0, held: 0, refused: 0, failed: 0 };
  const observer: LoopObserver = {
    onObservation: (observation) => {
      for (const [index, scaler] of scalers.entries())
        updateFacts(views[index], scaler, observation);
    },
    onPoll: (poll, number, atMs) => {
      view.polls = number;
      view.nextPollMs = poll.lastPoll ? undefined : Date.parse(poll.nextPollAt);
      for (const decision of poll.decisions) updateDecision(views, decision, atMs);
      countDecisions(counts, poll);
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

function updateFacts(view: ScalerView | undefined, scaler: Scaler, observation: Observation): void {
  if (view === undefined) return;
  const { queues, groups } = observation;
  const facts = scaler.queues.map((queue) => ownValue(queues ?? {}, queue));
  view.queue = queues === undefined ? undefined : sumQueues(facts);
  const group = ownValue(groups ?? {}, scaler.group);
  view.group = group === undefined || "fault" in group ? undefined : group;
}

function updateDecision(
  views: readonly ScalerView[],
  decision: RecordedDecision,
  atMs: number,
): void {
  const view = views.find(({ name }) => name === decision.scaler);
  if (view === undefined) return;
  view.decision = decision;
  if (decision.action !== "none") view.lastChange = { decision, atMs };
}

function countDecisions(counts: RunCounts, { decisions }: RecordedPoll): void {
  for (const { action, fault } of decisions) {
    if (action === "scale-out") counts.scaleOuts += 1;
    if (action === "scale-in") counts.scaleIns += 1;
    if (fault !== undefined) counts.held += 1;
  }
}
