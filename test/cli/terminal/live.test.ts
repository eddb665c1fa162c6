import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changeText, drawLiveView } from "../../../cli/terminal/live.ts";
import type { LoopView, ScalerView } from "../../../cli/terminal/loop-view.ts";
import type { Decision } from "../../../functions/core/decision.ts";
import { aGroup, aQueue } from "../../support/arbitraries.ts";
import { at, START_MS } from "../../support/fleet.ts";

const OUT: Decision = {
  scaler: "web",
  action: "scale-out",
  from: 2,
  to: 5,
  reasons: ["20 scheduled + 0 running = 20 jobs", "20 jobs / 4 agents per instance = 5 instances"],
};
const STAYS: Decision = { scaler: "web", action: "none", from: 5, to: 5, reasons: ["20 jobs"] };
const HELD: Decision = { ...STAYS, reasons: ["held: 503"], fault: "BuildkiteUnavailable" };

const WEB: ScalerView = { name: "web", queues: ["default", "large"] };
const KNOWN: ScalerView = {
  ...WEB,
  queue: {
    jobs: { scheduled: 20, running: 8, waiting: 1 },
    agents: { idle: 0, busy: 8, total: 8 },
  },
  group: { desired: 5, min: 0, max: 10, inService: 2, pending: 3 },
  decision: OUT,
};

function viewOf(scaler: ScalerView, over: Partial<LoopView> = {}): LoopView {
  const times = { startedMs: START_MS, endsMs: at(180), nextPollMs: at(30) };
  const calls = new Map([["Buildkite", 3]]);
  return { title: "Sandbox", ...times, polls: 3, calls, scalers: [scaler], ...over };
}

/** The picture's lines, 25 s after the start, without colours. */
function shown(view: LoopView, columns = 160): string[] {
  return stripVTControlCharacters(drawLiveView(view, at(25), columns)).split("\n");
}

describe("the live view", () => {
  test("says how long it has run, what comes next and what was called", () => {
    expect(shown(viewOf(WEB)).slice(0, 2)).toEqual([
      "Sandbox",
      "25s of 3m · poll 3 · next poll in 5 s · calls: Buildkite 3", // 30 - 25
    ]);
  });

  test("says so where it goes on until stopped, has no poll left and called nobody", () => {
    const over = { endsMs: undefined, nextPollMs: undefined, calls: new Map() };
    expect(shown(viewOf(WEB, over))[1]).toBe("25s · poll 3 · no poll left · calls: none");
  });

  test("says that there was no poll yet, not that none is left", () => {
    const over = { polls: 0, nextPollMs: undefined };
    expect(shown(viewOf(WEB, over))[1]).toBe(
      "25s of 3m · poll 0 · no poll yet · calls: Buildkite 3",
    );
  });

  test("never says that a poll comes in less than no time", () => {
    expect(shown(viewOf(WEB, { nextPollMs: at(20) }))[1]).toContain("next poll in 0 s");
  });

  test("shows a scaler of which nothing is known yet", () => {
    expect(shown(viewOf(WEB)).slice(3)).toEqual([
      "  web for default, large",
      "    no metrics",
      "    no facts of the group",
      "    not decided yet",
      "",
    ]);
  });

  test("shows jobs, agents, instances and the decision with its reasons", () => {
    expect(shown(viewOf(KNOWN)).slice(3)).toEqual([
      "  web for default, large",
      "    jobs 20 scheduled, 8 running, 1 waiting · agents 8 busy, 0 idle",
      "    instances ■■□□□ 2 in service, 3 pending, 5 desired (0 to 10)",
      "    scale-out 2 to 5: 20 scheduled + 0 running = 20 jobs; 20 jobs / 4 agents per instance = 5 instances",
      "",
    ]);
  });

  test("says none where there are no instances", () => {
    const group = { desired: 0, min: 0, max: 10, inService: 0, pending: 0 };
    expect(shown(viewOf({ ...KNOWN, group }))[5]).toBe(
      "    instances none 0 in service, 0 pending, 0 desired (0 to 10)",
    );
  });

  test("shows the last decision that moved something under one that did not", () => {
    const scaler = { ...KNOWN, decision: STAYS, moved: { decision: OUT, atMs: at(5) } };
    const lines = shown(viewOf(scaler));
    expect(lines[6]).toBe("    none: 20 jobs");
    expect(lines[7]).toContain("    20s ago scale-out 2 to 5: 20 scheduled"); // 25 - 5
  });

  test("shows a decision that moved something once", () => {
    const lines = shown(viewOf({ ...KNOWN, moved: { decision: OUT, atMs: at(25) } }));
    expect(lines.filter((line) => line.includes("scale-out"))).toHaveLength(1);
  });

  test("shows what a fault held", () => {
    expect(shown(viewOf({ ...KNOWN, decision: HELD }))[6]).toBe("    none: held: 503");
  });

  test("cuts what is wider than the terminal, and marks the cut", () => {
    const lines = shown(viewOf(KNOWN), 40);
    expect(lines[4]).toBe("    jobs 20 scheduled, 8 running, 1 wai…");
    expect(lines[5]).toBe("    instances ■■□□□ 2 in service, 3 pen…");
    expect(lines[6]).toBe("    scale-out 2 to 5: 20 scheduled + 0 …");
    expect([lines[4], lines[5], lines[6]].map((line) => line?.length)).toEqual([40, 40, 40]);
  });

  test("has no line wider than the terminal, with facts and without, whatever they are", () => {
    const aDecision = fc.constantFrom(undefined, OUT, STAYS, HELD);
    const aScaler = fc.record({
      name: fc.string({ unit: fc.constantFrom("a", "-", "9"), maxLength: 60 }),
      queues: fc.array(fc.constantFrom("default", "a-queue-with-a-long-name"), { maxLength: 6 }),
      queue: fc.option(aQueue, { nil: undefined }),
      group: fc.option(aGroup, { nil: undefined }),
      decision: aDecision,
      moved: fc.constantFrom(undefined, { decision: OUT, atMs: at(5) }),
    });
    fc.assert(
      fc.property(aScaler, fc.integer({ min: 10, max: 200 }), (scaler, columns) => {
        const widths = shown(viewOf(scaler), columns).map((line) => line.length);
        expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe("a decision's name", () => {
  test("says what moves from where to where, or none", () => {
    expect([OUT, STAYS].map(changeText)).toEqual(["scale-out 2 to 5", "none"]);
  });
});
