import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { createLineDisplay } from "../../../cli/terminal/show.ts";
import { NOW } from "../../support/facts.ts";

function createLines() {
  const lines: string[] = [];
  const display = createLineDisplay((line) => lines.push(stripVTControlCharacters(line)), []);
  return { lines, display };
}

describe("plain lines", () => {
  test("begin with the title; stopping adds no line", () => {
    const { lines, display } = createLines();
    display.start(() => ({
      title: "Sandbox",
      startedMs: 0,
      polls: 0,
      calls: new Map(),
      scalers: [],
    }));
    display.stop();
    expect(lines).toEqual(["Sandbox"]);
  });

  test("show each poll with its time", () => {
    const { lines, display } = createLines();
    const decision = { scaler: "web", action: "none" as const, from: 1, to: 1, reasons: [] };
    const poll = { decisions: [decision], next: { nextPollAt: NOW, lastPoll: false } };
    display.observer.onPoll?.(poll, 4, Date.parse(NOW));
    expect(lines).toEqual(["2026-01-05T09:00:00Z poll 4: web stays at 1"]);
  });

  test("show refused changes and failed steps", () => {
    const { lines, display } = createLines();
    display.observer.onRefusal?.("web", "GroupNotFound", "there is no group web");
    display.observer.onFailure?.("Fetch metrics", "AccessDenied", "no");
    expect(lines).toEqual([
      "refused: web: GroupNotFound: there is no group web",
      "failed: Fetch metrics: AccessDenied: no",
    ]);
  });
});
