import { type Observation, sumQueues } from "../../functions/core/facts.ts";
import { ownValue as namedIn } from "../../functions/core/own-value.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import type { RecordedDecision, RecordedPoll } from "../../local/engine/recorded-tasks.ts";
import type { LoopObserver } from "./loop-events.ts";
import type { LoopView, ScalerView } from "./loop-view.ts";

/** Keeps in mind what a loop does, for a picture of it at any moment. */
export interface LoopState {
  listener: LoopObserver;
  /** How often the loop scaled out, scaled in, and held because of a fault. */
  counts: { scaleOuts: number; scaleIns: number; held: number };
  /** The picture; shared, and changed by what the listener hears. */
  view: LoopView;
}

export function trackLoop(
  title: string,
  scalers: readonly Scaler[],
  times: { startedMs: number; endsMs?: number | undefined },
  calls?: ReadonlyMap<string, number>,
): LoopState {
  const shown = scalers.map(
    ({ name, queues, dryRun }): ScalerView => ({ name, queues, rehearses: dryRun }),
  );
  const view: LoopView = { title, ...times, polls: 0, calls, scalers: shown };
  const counts = { scaleOuts: 0, scaleIns: 0, held: 0 };
  const listener: LoopObserver = {
    onObservation: (observation) => {
      for (const [index, scaler] of scalers.entries()) observe(shown[index], scaler, observation);
    },
    onPoll: (poll, number, atMs) => {
      view.polls = number;
      view.nextPollMs = poll.lastPoll ? undefined : Date.parse(poll.nextPollAt);
      for (const decision of poll.decisions) note(shown, decision, atMs);
      count(counts, poll);
    },
  };
  return { listener, counts, view };
}

function observe(view: ScalerView | undefined, scaler: Scaler, observation: Observation): void {
  if (view === undefined) return;
  const { queues, groups } = observation;
  const facts = scaler.queues.map((queue) => namedIn(queues ?? {}, queue));
  view.queue = queues === undefined ? undefined : sumQueues(facts);
  const group = namedIn(groups ?? {}, scaler.group);
  view.group = group === undefined || "fault" in group ? undefined : group;
}

function note(views: readonly ScalerView[], decision: RecordedDecision, atMs: number): void {
  const view = views.find(({ name }) => name === decision.scaler);
  if (view === undefined) return;
  view.decision = decision;
  if (decision.action !== "none") view.moved = { decision, atMs };
}

function count(counts: LoopState["counts"], { decisions }: RecordedPoll): void {
  for (const { action, fault } of decisions) {
    if (action === "scale-out") counts.scaleOuts += 1;
    if (action === "scale-in") counts.scaleIns += 1;
    if (fault !== undefined) counts.held += 1;
  }
}
