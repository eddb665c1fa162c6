import { describe, expect, test } from "vitest";
import type { PollCause } from "../../../cli/terminal/loop-events.ts";
import { formatPoll } from "../../../cli/terminal/poll-lines.ts";
import type { RecordedDecision } from "../../../local/engine/recorded-tasks.ts";

function formatDecisions(...decisions: RecordedDecision[]) {
  return formatPoll({
    poll: { decisions, next: { nextPollAt: "", lastPoll: false } },
    number: 3,
    atMs: Date.parse("2026-01-05T09:00:20.999Z"),
  });
}

function createUnchanged(scaler: string, at: number): RecordedDecision {
  return { scaler, action: "none", from: at, to: at, reasons: ["2 jobs"] };
}

describe("a poll as plain lines", () => {
  test("is one line for all scalers without a change, without reasons", () => {
    expect(formatDecisions(createUnchanged("web", 2), createUnchanged("ios", 0))).toEqual([
      "2026-01-05T09:00:20Z poll 3: web stays at 2, ios stays at 0",
    ]);
  });

  test("is one line with reasons for each change, and one line for the others", () => {
    const out: RecordedDecision = {
      scaler: "web",
      action: "scale-out",
      from: 2,
      to: 5,
      reasons: ["20 jobs", "at most 5 (max)"],
    };
    const back: RecordedDecision = { ...out, scaler: "ios", action: "scale-in", from: 3, to: 0 };
    expect(
      formatDecisions(createUnchanged("mac", 1), out, { ...back, reasons: ["0 jobs"] }),
    ).toEqual([
      "2026-01-05T09:00:20Z poll 3: web scale-out 2 to 5: 20 jobs; at most 5 (max)",
      "2026-01-05T09:00:20Z poll 3: ios scale-in 3 to 0: 0 jobs",
      "2026-01-05T09:00:20Z poll 3: mac stays at 1",
    ]);
  });

  test("is one line with reasons for each held decision", () => {
    const held: RecordedDecision = {
      scaler: "web",
      action: "none",
      from: null,
      to: null,
      reasons: ["held: Buildkite answered 503"],
      fault: "BuildkiteUnavailable",
    };
    expect(formatDecisions(held)).toEqual([
      "2026-01-05T09:00:20Z poll 3: web unchanged: held: Buildkite answered 503",
    ]);
  });

  test("says what began it unless it is its beat", () => {
    const poll = {
      decisions: [createUnchanged("web", 2)],
      next: { nextPollAt: "", lastPoll: false },
    };
    const format = (cause: PollCause) => formatPoll({ poll, number: 3, atMs: 0, cause })[0];
    expect(format("beat")).toBe("1970-01-01T00:00:00Z poll 3: web stays at 2");
    expect(format("event")).toBe("1970-01-01T00:00:00Z poll 3 (event): web stays at 2");
    expect(format("echo")).toBe("1970-01-01T00:00:00Z poll 3 (echo): web stays at 2");
  });

  test("has no line without decisions", () => {
    expect(formatDecisions()).toEqual([]);
  });
});
