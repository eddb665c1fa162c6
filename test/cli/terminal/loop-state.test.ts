import { describe, expect, test } from "vitest";
import { trackLoop } from "../../../cli/terminal/loop-state.ts";
import type { Observation } from "../../../functions/core/facts.ts";
import type { RecordedDecision } from "../../../local/engine/recorded-tasks.ts";
import { createGroup, createQueue, NOW } from "../../support/facts.ts";
import { createScaler } from "../../support/scaler.ts";

const SCALERS = [
  createScaler({ name: "web", group: "web", queues: ["a", "b"] }),
  createScaler({ name: "ios", group: "ios", queue: "ios" }),
];

function tracker() {
  return trackLoop("title", SCALERS, { startedMs: 0, endsMs: 9 }, new Map());
}

function decided(
  scaler: string,
  action: RecordedDecision["action"],
  over: Partial<RecordedDecision> = {},
): RecordedDecision {
  return { scaler, action, from: 1, to: 2, reasons: [], ...over };
}

function pollOf(...decisions: RecordedDecision[]) {
  return { decisions, nextPollAt: NOW, lastPoll: false };
}

describe("a tracker", () => {
  test("knows nothing at first but the scalers", () => {
    expect(tracker()).toMatchObject({
      counts: { scaleOuts: 0, scaleIns: 0, held: 0 },
      view: {
        title: "title",
        startedMs: 0,
        endsMs: 9,
        polls: 0,
        scalers: [
          { name: "web", queues: ["a", "b"] },
          { name: "ios", queues: ["ios"] },
        ],
      },
    });
  });

  test("shows the facts of each scaler's queues and group, summed", () => {
    const { listener, view } = tracker();
    const queues = {
      a: createQueue({ scheduled: 2 }, 3),
      b: createQueue({ scheduled: 5, running: 1 }, 4),
    };
    const groups = {
      web: createGroup({ desired: 7 }),
      ios: { fault: { error: "GroupNotFound", message: "" } },
    };
    listener.onObservation?.({ observedAt: NOW, queues, groups });
    const [web, ios] = view.scalers;
    expect(web?.queue).toEqual(createQueue({ scheduled: 7, running: 1 }, 7)); // 2 + 5, 3 + 4
    expect(web?.group).toEqual(createGroup({ desired: 7 }));
    expect(ios?.queue).toEqual(createQueue({})); // Buildkite leaves it out: no jobs.
    expect(ios?.group).toBeUndefined();
  });

  test("forgets facts that the next poll could not have", () => {
    const { listener, view } = tracker();
    const facts = {
      queues: { ios: createQueue({}) },
      groups: { ios: createGroup({ desired: 1 }) },
    };
    const failed: Observation = { observedAt: NOW };
    for (const observation of [{ observedAt: NOW, ...facts }, failed]) {
      listener.onObservation?.(observation);
    }
    expect([view.scalers[1]?.queue, view.scalers[1]?.group]).toEqual([undefined, undefined]);
  });

  test("counts scale-outs, scale-ins and what a fault held", () => {
    const { listener, counts } = tracker();
    listener.onPoll?.(pollOf(decided("web", "scale-out"), decided("ios", "scale-out")), 1, 10);
    listener.onPoll?.(pollOf(decided("web", "scale-in"), decided("ios", "none")), 2, 20);
    listener.onPoll?.(pollOf(decided("web", "none", { fault: "GroupNotFound" })), 3, 30);
    expect(counts).toEqual({ scaleOuts: 2, scaleIns: 1, held: 1 });
  });

  test("keeps the last decision, and the last one that moved something", () => {
    const { listener, view } = tracker();
    const [out, stays] = [decided("web", "scale-out"), decided("web", "none")];
    listener.onPoll?.(pollOf(out), 1, 10);
    listener.onPoll?.(pollOf(stays, decided("unknown", "scale-in")), 2, 20);
    expect(view.scalers[0]).toMatchObject({ decision: stays, moved: { decision: out, atMs: 10 } });
    expect(view.scalers[1]?.decision).toBeUndefined();
  });

  test("knows how many polls there were and when the next one is, unless it was the last", () => {
    const { listener, view } = tracker();
    listener.onPoll?.(pollOf(), 4, 10);
    expect([view.polls, view.nextPollMs]).toEqual([4, Date.parse(NOW)]);
    listener.onPoll?.({ ...pollOf(), lastPoll: true }, 5, 20);
    expect([view.polls, view.nextPollMs]).toEqual([5, undefined]);
  });
});
