import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawLiveView } from "../../../cli/terminal/draw-live-view.ts";
import type { LoopView, ScalerFacts, ScalerView } from "../../../cli/terminal/loop-view.ts";
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

const FACTS: ScalerFacts = {
  queue: {
    jobs: { scheduled: 20, running: 8, waiting: 1 },
    agents: { idle: 0, busy: 8, total: 8 },
  },
  group: { desired: 5, min: 0, max: 10, inService: 2, pending: 3 },
};
const WEB: ScalerView = { name: "web", queues: ["default", "large"] };
const KNOWN: ScalerView = { ...WEB, ...FACTS, latest: decideAfter(19, OUT) };

/** A decision some seconds after the start, from other facts than those of now. */
function decideAfter(seconds: number, decision: Decision): NonNullable<ScalerView["latest"]> {
  const facts = {
    queue: {
      jobs: { scheduled: 20, running: 0, waiting: 0 },
      agents: { idle: 0, busy: 0, total: 0 },
    },
    group: { desired: 2, min: 0, max: 10, inService: 1, pending: 1 },
  };
  return { decision, atMs: msAfterStart(seconds), facts };
}

function createView(scalers: readonly ScalerView[], over: Partial<LoopView> = {}): LoopView {
  const times = { startedMs: START_MS, endsMs: msAfterStart(180), nextPollMs: msAfterStart(30) };
  const calls = new Map([["Buildkite", 3]]);
  return { title: "Sandbox", ...times, polls: 3, calls, scalers, ...over };
}

/** The lines of the view 25 s after the start, without colours. */
function drawAfter25Seconds(view: LoopView, columns = 160, rows = 50): string[] {
  return drawLiveView(view, msAfterStart(25), { columns, rows }).map(stripVTControlCharacters);
}

/** The lines of one scaler in a terminal of a width and with room for everything. */
function drawOne(scaler: ScalerView, columns = 160): string[] {
  return drawAfter25Seconds(createView([scaler]), columns).slice(3);
}

describe("the header of the live view", () => {
  test("has the title, the elapsed time, the next poll and the calls", () => {
    expect(drawAfter25Seconds(createView([WEB]), 60).slice(0, 2)).toEqual([
      `Sandbox ${"─".repeat(52)}`, // 60 - 8
      "25s of 3m · poll 3 · next poll in 5 s · calls: Buildkite 3", // 30 - 25
    ]);
  });

  test.each([
    { cause: "beat" as const, text: "poll 3 · " },
    { cause: "event" as const, text: "poll 3 (event) · " },
    { cause: "echo" as const, text: "poll 3 (echo of an event) · " },
  ])("says what began the poll unless it is the beat: $cause", ({ cause, text }) => {
    expect(drawAfter25Seconds(createView([WEB], { cause }))[1]).toContain(` · ${text}next poll`);
  });

  test("goes on in the next line where the terminal is narrow", () => {
    const title = "The scaling loop for 3 groups in eu-west-1; stop it with Ctrl-C";
    expect(drawAfter25Seconds(createView([WEB], { title }), 40).slice(0, 4)).toEqual([
      "The scaling loop for 3 groups in",
      "eu-west-1; stop it with Ctrl-C ─────────",
      "25s of 3m · poll 3 · next poll in 5 s",
      "calls: Buildkite 3",
    ]);
  });

  test("has no end, no next poll and no calls if there are none", () => {
    const over = { endsMs: undefined, nextPollMs: undefined, calls: new Map() };
    expect(drawAfter25Seconds(createView([WEB], over))[1]).toBe(
      "25s · poll 3 · no poll left · calls: none",
    );
  });

  test("says `no poll yet` before the first poll, not `no poll left`", () => {
    const over = { polls: 0, nextPollMs: undefined };
    expect(drawAfter25Seconds(createView([WEB], over))[1]).toBe(
      "25s of 3m · poll 0 · no poll yet · calls: Buildkite 3",
    );
  });

  test("never has a negative time until the next poll", () => {
    const over = { nextPollMs: msAfterStart(20) };
    expect(drawAfter25Seconds(createView([WEB], over))[1]).toContain("next poll in 0 s");
  });
});

describe("a scaler in the live view", () => {
  test("has no facts and no decision at first", () => {
    expect(drawOne(WEB)).toEqual([
      "  web · for default, large",
      "    no metrics of the queue",
      "    no facts of the group",
      "    no decision yet",
    ]);
  });

  test("shows jobs, agents, instances, and the decision with its age, its facts and its reasons", () => {
    expect(drawOne(KNOWN)).toEqual([
      "  web · for default, large",
      "    jobs 20 scheduled, 8 running, 1 waiting · agents 8 busy, 0 idle",
      "    instances ■■□□□ 2 in service, 3 pending, 5 desired (0 to 10)",
      "    scale-out 2 to 5 · decided 6 s ago with 20 scheduled, 0 running, 1 in service", // 25 - 19
      "      20 scheduled + 0 running = 20 jobs; 20 jobs / 4 agents per instance = 5 instances",
    ]);
  });

  test("shows how long the oldest job has waited, if one waits", () => {
    expect(drawOne({ ...KNOWN, longestWaitSeconds: 72.9 })[1]).toContain(
      " · longest wait 1m12s · ",
    );
    expect(drawOne({ ...KNOWN, longestWaitSeconds: 9 })[1]).toContain(" · longest wait 9 s · ");
    expect(drawOne(KNOWN)[1]).not.toContain("wait ");
  });

  test("does not repeat its name if its only queue has the same name", () => {
    expect(drawOne({ ...WEB, queues: ["web"] })[0]).toBe("  web");
  });

  test("has no boxes without instances, and if not all of them fit", () => {
    const none = { desired: 0, min: 0, max: 10, inService: 0, pending: 0 };
    expect(drawOne({ ...KNOWN, group: none })[2]).toBe(
      "    instances 0 in service, 0 pending, 0 desired (0 to 10)",
    );
    const many = { desired: 25, min: 0, max: 30, inService: 25, pending: 0 };
    expect(drawOne({ ...KNOWN, group: many })[2]).toBe(
      "    instances 25 in service, 0 pending, 25 desired (0 to 30)",
    );
  });

  test("says how many instances drain, if any do", () => {
    expect(drawOne({ ...KNOWN, draining: 2 })[2]).toBe(
      "    instances ■■□□□ 2 in service, 3 pending, 2 draining, 5 desired (0 to 10)",
    );
    expect(drawOne({ ...KNOWN, draining: 0 }).join()).not.toContain("draining");
  });

  test("that stays says so, and shows its latest change beside its name", () => {
    const lines = drawOne({
      ...KNOWN,
      latest: decideAfter(19, STAYS),
      lastChange: { decision: OUT, atMs: msAfterStart(5) },
    });
    expect(lines[0]).toBe("  web · for default, large · scale-out 2 to 5, 20 s ago"); // 25 - 5
    expect(lines.slice(3)).toEqual([
      "    stays at 5 · decided 6 s ago with 20 scheduled, 0 running, 1 in service",
      "      20 jobs",
    ]);
  });

  test("shows a decision that is itself the latest change only once", () => {
    const lines = drawOne({ ...KNOWN, lastChange: { decision: OUT, atMs: msAfterStart(19) } });
    expect(lines.filter((line) => line.includes("scale-out"))).toHaveLength(1);
  });

  test("in dry run says what it would do", () => {
    expect(drawOne({ ...KNOWN, isDryRun: true })[3]).toMatch(/^ {4}would scale-out 2 to 5 · /);
  });

  test("that is held says so in its reasons, whether its capacity is known or not", () => {
    expect(drawOne({ ...WEB, latest: decideAfter(19, HELD) }).slice(3)).toEqual([
      "    stays at 5 · decided 6 s ago with 20 scheduled, 0 running, 1 in service",
      "      held: 503",
    ]);
    const unknown = { decision: { ...HELD, from: null, to: null }, atMs: START_MS, facts: {} };
    expect(drawOne({ ...WEB, latest: unknown })[3]).toBe("    unchanged · decided 25 s ago");
  });

  test("wraps what is wider than the terminal, at spaces", () => {
    expect(drawOne({ ...KNOWN, longestWaitSeconds: 9 }, 60)).toEqual([
      "  web · for default, large",
      "    jobs 20 scheduled, 8 running, 1 waiting",
      "    longest wait 9 s · agents 8 busy, 0 idle",
      "    instances 2 in service, 3 pending, 5 desired (0 to 10)",
      "    scale-out 2 to 5",
      "    decided 6 s ago with 20 scheduled, 0 running, 1 in",
      "    service",
      "      20 scheduled + 0 running = 20 jobs; 20 jobs / 4 agents",
      "      per instance = 5 instances",
    ]);
  });
});

/** Scalers with the names `s01`, `s02` and so on. */
function createScalers(count: number, over: Partial<ScalerView> = {}): ScalerView[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `s${String(index + 1).padStart(2, "0")}`;
    return { ...KNOWN, name, queues: [name], longestWaitSeconds: 9, ...over };
  });
}

describe("a live view with little room", () => {
  test("has five lines per scaler: what does not fit is left out, the reasons are shortened", () => {
    // 2 + 3 x (1 + 5) = 20 lines
    const lines = drawAfter25Seconds(createView(createScalers(3)), 80, 20);
    expect(lines).toHaveLength(20);
    expect(lines.slice(3, 8)).toEqual([
      "  s01",
      "    jobs 20 scheduled, 8 running, 1 waiting · longest wait 9 s",
      "    instances ■■□□□ 2 in service, 3 pending, 5 desired (0 to 10)",
      "    scale-out 2 to 5 · decided 6 s ago",
      "      20 scheduled + 0 running = 20 jobs; 20 jobs / 4 agents per instance = 5…",
    ]);
  });

  test("leaves out boxes and then limits where the terminal is narrow", () => {
    const scalers = createScalers(3, { draining: 2 });
    const [wide, narrow, narrower] = [120, 80, 60].map(
      (columns) => drawAfter25Seconds(createView(scalers), columns, 21)[5],
    );
    const counts = "2 in service, 3 pending, 2 draining, 5 desired";
    expect([wide, narrow, narrower]).toEqual([
      `    instances ■■□□□ ${counts} (0 to 10)`,
      `    instances ■■□□□ ${counts} (0 to 10)`,
      `    instances ${counts}`,
    ]);
  });

  test("has one line per scaler if five are too many", () => {
    expect(drawAfter25Seconds(createView(createScalers(3)), 80, 19).slice(2)).toEqual([
      "",
      "scaler  scheduled  wait  running  instances  decision",
      "s01            20   9 s        8     2 of 5  scale-out 2 to 5, 6 s ago",
      "s02            20   9 s        8     2 of 5  scale-out 2 to 5, 6 s ago",
      "s03            20   9 s        8     2 of 5  scale-out 2 to 5, 6 s ago",
    ]);
  });

  test("has fewer columns in a narrow terminal, and reasons in a wide one", () => {
    const scalers = createScalers(3);
    expect(drawAfter25Seconds(createView(scalers), 60, 19)[4]).toBe(
      "s01            20     2 of 5  scale-out 2 to 5, 6 s ago",
    );
    expect(drawAfter25Seconds(createView(scalers), 120, 19)[4]).toBe(
      "s01            20   9 s        8     2 of 5  scale-out 2 to 5, 6 s ago: 20 scheduled + 0 running = 20 jobs; 20 jobs / 4…",
    );
  });

  test("says how many scalers do not fit, and how many of them are held", () => {
    const lines = drawAfter25Seconds(createView(createScalers(30)), 80, 23);
    expect(lines).toHaveLength(23);
    expect(lines.slice(0, 2).join()).toMatch(/^Sandbox .*,25s of 3m/);
    // 23 lines - 2 of the header - 1 blank - 1 with titles - 1 for the others = 18
    expect(lines.at(-2)).toMatch(/^s18 /);
    expect(lines.at(-1)).toBe("12 more");
    const held = createScalers(30, { latest: decideAfter(19, HELD) });
    expect(drawAfter25Seconds(createView(held), 80, 23).at(-1)).toBe(
      "12 more, 12 of them held by a fault",
    );
  });
});

describe("whatever the facts are, the live view", () => {
  const aScaler = fc.record({
    name: fc.string({ unit: fc.constantFrom("a", "-", "9"), maxLength: 60 }),
    queues: fc.array(fc.constantFrom("default", "a-queue-with-a-long-name"), { maxLength: 6 }),
    queue: fc.option(aQueue, { nil: undefined }),
    group: fc.option(aGroup, { nil: undefined }),
    longestWaitSeconds: fc.constantFrom(undefined, 9, 3600),
    latest: fc
      .constantFrom(undefined, OUT, STAYS, HELD)
      .map((decision) => (decision === undefined ? undefined : decideAfter(19, decision))),
    lastChange: fc.constantFrom(undefined, { decision: OUT, atMs: msAfterStart(5) }),
  });
  const someScalers = fc.array(aScaler, { maxLength: 40 });

  test("fits into the terminal", () => {
    const rows = fc.integer({ min: 12, max: 60 });
    fc.assert(
      fc.property(
        someScalers,
        fc.integer({ min: 40, max: 200 }),
        rows,
        (scalers, columns, rows) => {
          const lines = drawAfter25Seconds(createView(scalers), columns, rows);
          expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns);
          expect(lines.length).toBeLessThanOrEqual(rows);
        },
      ),
    );
  });
});
