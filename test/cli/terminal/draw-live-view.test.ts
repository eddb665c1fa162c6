import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import pc from "picocolors";
import { describe, expect, test } from "vitest";
import { cutToWidth, drawLiveView } from "../../../cli/terminal/draw-live-view.ts";
import type { LoopView, ScalerView } from "../../../cli/terminal/loop-view.ts";
import type { Decision } from "../../../functions/core/decision.ts";
import { aGroup, aQueue } from "../../support/arbitraries.ts";
import { msAfterStart, START_MS } from "../../support/fleet.ts";

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

function createView(scaler: ScalerView, over: Partial<LoopView> = {}): LoopView {
  const times = { startedMs: START_MS, endsMs: msAfterStart(180), nextPollMs: msAfterStart(30) };
  const calls = new Map([["Buildkite", 3]]);
  return { title: "Sandbox", ...times, polls: 3, calls, scalers: [scaler], ...over };
}

/** The lines of the view 25 s after the start, without colours. */
function linesAfter25Seconds(view: LoopView, columns = 160): string[] {
  return stripVTControlCharacters(drawLiveView(view, msAfterStart(25), columns)).split("\n");
}

describe("the live view", () => {
  test("shows the elapsed time, the next poll and the calls", () => {
    expect(linesAfter25Seconds(createView(WEB)).slice(0, 2)).toEqual([
      "Sandbox",
      "25s of 3m · poll 3 · next poll in 5 s · calls: Buildkite 3", // 30 - 25
    ]);
  });

  test("has no end, no next poll and no calls if there are none", () => {
    const over = { endsMs: undefined, nextPollMs: undefined, calls: new Map() };
    expect(linesAfter25Seconds(createView(WEB, over))[1]).toBe(
      "25s · poll 3 · no poll left · calls: none",
    );
  });

  test("says `no poll yet` before the first poll, not `no poll left`", () => {
    const over = { polls: 0, nextPollMs: undefined };
    expect(linesAfter25Seconds(createView(WEB, over))[1]).toBe(
      "25s of 3m · poll 0 · no poll yet · calls: Buildkite 3",
    );
  });

  test("never shows a negative time until the next poll", () => {
    expect(linesAfter25Seconds(createView(WEB, { nextPollMs: msAfterStart(20) }))[1]).toContain(
      "next poll in 0 s",
    );
  });

  test("shows a scaler without facts", () => {
    expect(linesAfter25Seconds(createView(WEB)).slice(3)).toEqual([
      "  web for default, large",
      "    no metrics of the queue",
      "    no facts of the group",
      "    no decision yet",
      "",
    ]);
  });

  test("shows jobs, agents, instances and the decision with its reasons", () => {
    expect(linesAfter25Seconds(createView(KNOWN)).slice(3)).toEqual([
      "  web for default, large",
      "    jobs 20 scheduled, 8 running, 1 waiting · agents 8 busy, 0 idle",
      "    instances ■■□□□ 2 in service, 3 pending, 5 desired (0 to 10)",
      "    scale-out 2 to 5: 20 scheduled + 0 running = 20 jobs; 20 jobs / 4 agents per instance = 5 instances",
      "",
    ]);
  });

  test("says `none` if there are no instances", () => {
    const group = { desired: 0, min: 0, max: 10, inService: 0, pending: 0 };
    expect(linesAfter25Seconds(createView({ ...KNOWN, group }))[5]).toBe(
      "    instances none 0 in service, 0 pending, 0 desired (0 to 10)",
    );
  });

  test("says how many instances drain, if any do", () => {
    expect(linesAfter25Seconds(createView({ ...KNOWN, draining: 2 }))[5]).toBe(
      "    instances ■■□□□ 2 in service, 3 pending, 2 draining, 5 desired (0 to 10)",
    );
    expect(linesAfter25Seconds(createView({ ...KNOWN, draining: 0 }))[5]).not.toContain("draining");
  });

  test("shows the latest change below a later decision without one", () => {
    const scaler = {
      ...KNOWN,
      decision: STAYS,
      lastChange: { decision: OUT, atMs: msAfterStart(5) },
    };
    const lines = linesAfter25Seconds(createView(scaler));
    expect(lines[6]).toBe("    none: 20 jobs");
    expect(lines[7]).toContain("    20s ago scale-out 2 to 5: 20 scheduled"); // 25 - 5
  });

  test("shows a decision that is itself the latest change only once", () => {
    const lines = linesAfter25Seconds(
      createView({ ...KNOWN, lastChange: { decision: OUT, atMs: msAfterStart(25) } }),
    );
    expect(lines.filter((line) => line.includes("scale-out"))).toHaveLength(1);
  });

  test("shows a held decision", () => {
    expect(linesAfter25Seconds(createView({ ...KNOWN, decision: HELD }))[6]).toBe(
      "    none: held: 503",
    );
  });

  test("cuts lines that are wider than the terminal and marks the cut", () => {
    const lines = linesAfter25Seconds(createView(KNOWN), 40);
    expect(lines[4]).toBe("    jobs 20 scheduled, 8 running, 1 wai…");
    expect(lines[5]).toBe("    instances ■■□□□ 2 in service, 3 pen…");
    expect(lines[6]).toBe("    scale-out 2 to 5: 20 scheduled + 0 …");
    expect([lines[4], lines[5], lines[6]].map((line) => line?.length)).toEqual([40, 40, 40]);
  });

  test("has no line wider than the terminal, whatever the facts are", () => {
    const aDecision = fc.constantFrom(undefined, OUT, STAYS, HELD);
    const aScaler = fc.record({
      name: fc.string({ unit: fc.constantFrom("a", "-", "9"), maxLength: 60 }),
      queues: fc.array(fc.constantFrom("default", "a-queue-with-a-long-name"), { maxLength: 6 }),
      queue: fc.option(aQueue, { nil: undefined }),
      group: fc.option(aGroup, { nil: undefined }),
      decision: aDecision,
      lastChange: fc.constantFrom(undefined, { decision: OUT, atMs: msAfterStart(5) }),
    });
    fc.assert(
      fc.property(aScaler, fc.integer({ min: 10, max: 200 }), (scaler, columns) => {
        const widths = linesAfter25Seconds(createView(scaler), columns).map((line) => line.length);
        expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

const { bold, dim, green } = pc.createColors(true);

describe("a line that is cut to a width", () => {
  test.each([
    ["12345", 6, "12345"],
    ["12345", 5, "12345"],
    ["12345", 4, "123…"], // 3 + the mark
    ["12345", 1, "…"],
    ["", 0, ""],
  ])("of %j to %d columns is %j", (line, columns, expected) => {
    expect(cutToWidth(line, columns)).toBe(expected);
  });

  test("does not count colours", () => {
    const line = `${bold("web")} ${dim("for default")}`;
    expect(cutToWidth(line, 15)).toBe(line); // 3 + 1 + 11
  });

  test("closes every style that it opens", () => {
    expect(cutToWidth(`${green("12345")}67890${dim("abc")}`, 4)).toBe(`${green("123")}${dim("")}…`);
    expect(cutToWidth(`${green("12345")}67890`, 8)).toBe(`${green("12345")}67…`);
  });

  test("is as long as the line or the width, wherever the styles are", () => {
    const parts = fc.array(
      fc
        .tuple(fc.stringMatching(/^[a-z ]{0,9}$/), fc.constantFrom(bold, green, String))
        .map(([text, style]) => style(text)),
    );
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 60 }), (texts, columns) => {
        const line = texts.join("");
        const width = stripVTControlCharacters(line).length;
        const shown = stripVTControlCharacters(cutToWidth(line, columns));
        expect(shown).toHaveLength(Math.min(width, columns));
      }),
    );
  });
});
