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

const COUNTS = {
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

function track() {
  return trackLoop("title", SCALERS, { startedMs: 0, endsMs: 9 }, new Map());
}

function createDecision(
  scaler: string,
  action: RecordedDecision["action"],
  over: Partial<RecordedDecision> = {},
): RecordedDecision {
  return { scaler, action, from: 1, to: 2, reasons: [], ...over };
}

function createPoll(...decisions: RecordedDecision[]) {
  return { decisions, next: { nextPollAt: NOW, lastPoll: false } };
}

describe("the state of a loop", () => {
  test("has only the scalers at first", () => {
    expect(track()).toMatchObject({
      counts: COUNTS,
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

  test("sums the facts of each scaler's queues, and has those of its group", () => {
    const { observer, view } = track();
    const queues = {
      a: createQueue({ scheduled: 2 }, 3),
      b: createQueue({ scheduled: 5, running: 1 }, 4),
    };
    const groups = {
      web: createGroup({ desired: 7 }),
      ios: { fault: { error: "GroupNotFound", message: "" } },
    };
    observer.onObservation?.({ observedAt: NOW, queues, groups });
    const [web, ios] = view.scalers;
    expect(web?.queue).toEqual(createQueue({ scheduled: 7, running: 1 }, 7)); // 2 + 5, 3 + 4
    expect(web?.group).toEqual(createGroup({ desired: 7 }));
    expect(ios?.queue).toEqual(createQueue({})); // Buildkite omits queues without jobs.
    expect(ios?.group).toBeUndefined();
  });

  test("drops facts that the next poll does not have", () => {
    const { observer, view } = track();
    const facts = {
      queues: { ios: createQueue({}) },
      groups: { ios: createGroup({ desired: 1 }) },
    };
    const failed: Observation = { observedAt: NOW };
    for (const observation of [{ observedAt: NOW, ...facts }, failed]) {
      observer.onObservation?.(observation);
    }
    expect([view.scalers[1]?.queue, view.scalers[1]?.group]).toEqual([undefined, undefined]);
  });

  test("counts scale-outs, scale-ins and held decisions", () => {
    const { observer, counts } = track();
    observer.onPoll?.(
      createPoll(createDecision("web", "scale-out"), createDecision("ios", "scale-out")),
      1,
      10,
    );
    observer.onPoll?.(
      createPoll(createDecision("web", "scale-in"), createDecision("ios", "none")),
      2,
      20,
    );
    observer.onPoll?.(createPoll(createDecision("web", "none", { fault: "GroupNotFound" })), 3, 30);
    expect(counts).toEqual({ ...COUNTS, beats: 3, scaleOuts: 2, scaleIns: 1, held: 1 });
  });

  test("counts polls by what began them, and has the cause of the latest", () => {
    const { observer, counts, view } = track();
    for (const cause of ["beat", "event", "echo", "event"] as const)
      observer.onPoll?.(createPoll(), 1, 10, cause);
    expect(counts).toMatchObject({ beats: 1, eventPolls: 2, echoes: 1 });
    expect(view.cause).toBe("event");
  });

  test("counts refused changes and failed steps", () => {
    const { observer, counts } = track();
    observer.onRefusal?.("web", "GroupNotFound", "");
    for (const state of ["Fetch metrics", "Apply scaling"])
      observer.onFailure?.(state, "States.Timeout", "");
    expect(counts).toMatchObject({ refused: 1, failed: 2 });
  });

  test("keeps the latest decision and the latest change", () => {
    const { observer, view } = track();
    const [out, stays] = [createDecision("web", "scale-out"), createDecision("web", "none")];
    observer.onPoll?.(createPoll(out), 1, 10);
    observer.onPoll?.(createPoll(stays, createDecision("unknown", "scale-in")), 2, 20);
    expect(view.scalers[0]).toMatchObject({
      latest: { decision: stays, atMs: 20 },
      lastChange: { decision: out, atMs: 10 },
    });
    expect(view.scalers[1]?.latest).toBeUndefined();
  });

  test("keeps the facts that the latest decision rests on", () => {
    const { observer, view } = track();
    const group = createGroup({ desired: 7 });
    const facts = { queues: { a: createQueue({ scheduled: 2 }) }, groups: { web: group } };
    observer.onObservation?.({ observedAt: NOW, ...facts });
    observer.onPoll?.(createPoll(createDecision("web", "none")), 1, 10);
    observer.onObservation?.({ observedAt: NOW });
    expect(view.scalers[0]).toMatchObject({
      latest: { facts: { queue: createQueue({ scheduled: 2 }), group } },
    });
  });

  test("has the number of polls, and the time of the next one unless there is none", () => {
    const { observer, view } = track();
    observer.onPoll?.(createPoll(), 4, 10);
    expect([view.polls, view.nextPollMs]).toEqual([4, Date.parse(NOW)]);
    observer.onPoll?.({ decisions: [], next: { nextPollAt: NOW, lastPoll: true } }, 5, 20);
    expect([view.polls, view.nextPollMs]).toEqual([5, undefined]);
  });

  describe("with a graceful group", () => {
    const [A, B, C] = ["i-0000000a", "i-0000000b", "i-0000000c"] as const;
    const scalers = [createScaler({ name: "web", group: "web", scaleIn: { graceful: true } })];
    const surplus = createDecision("web", "scale-in");

    /** A poll with planned stops, and with instances that drain. */
    function createDrain(instances: readonly string[], drains: readonly string[]) {
      const { decisions, next } = createPoll(surplus);
      const memory = {
        web: {
          stopping: { at: NOW, instances: [...instances] },
          drains: Object.fromEntries(drains.map((id) => [id, { at: NOW }])),
        },
      };
      const plan = { stops: [{ scaler: "web", instances: [...instances] }] };
      return { decisions, next: { ...next, plan, carry: { memory } } };
    }

    test("counts instances that drain, and those that were told to stop once each", () => {
      const { observer, counts, view } = trackLoop("title", scalers, { startedMs: 0 });
      observer.onPoll?.(createDrain([A, B], []), 1, 10);
      expect([counts, view.scalers[0]]).toMatchObject([
        { drains: 2, draining: 2 },
        { draining: 2 },
      ]);
      observer.onPoll?.(createDrain([B, C], [A, B]), 2, 20); // B was not delivered before.
      expect(counts).toMatchObject({ drains: 3, draining: 3 });
      observer.onPoll?.(createPoll(createDecision("web", "none")), 3, 30);
      expect([counts, view.scalers[0]]).toMatchObject([
        { drains: 3, draining: 0 },
        { draining: 0 },
      ]);
    });

    test("has a scale-in as the latest change only if it tells instances to stop", () => {
      const { observer, view } = trackLoop("title", scalers, { startedMs: 0 });
      observer.onPoll?.(createPoll(surplus), 1, 10);
      expect(view.scalers[0]?.lastChange).toBeUndefined();
      observer.onPoll?.(createDrain([A], []), 2, 20);
      observer.onPoll?.(createPoll(surplus), 3, 30);
      expect(view.scalers[0]?.lastChange?.atMs).toBe(20);
    });

    test("counts a scale-in for each poll that tells instances to stop, not while they drain", () => {
      const { observer, counts } = trackLoop("title", scalers, { startedMs: 0 });
      const polls = [createPoll(surplus), createDrain([A], []), createPoll(surplus)];
      for (const [index, poll] of polls.entries()) observer.onPoll?.(poll, index + 1, 10);
      expect(counts.scaleIns).toBe(1);
    });
  });
});
