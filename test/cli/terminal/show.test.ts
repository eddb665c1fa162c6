import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { createLineDisplay } from "../../../cli/terminal/show.ts";
import { NOW } from "../../support/facts.ts";

function shown() {
  const lines: string[] = [];
  const show = createLineDisplay((line) => lines.push(stripVTControlCharacters(line)));
  return { lines, show };
}

describe("plain lines", () => {
  test("begin with the title, and add none at the end", () => {
    const { lines, show } = shown();
    show.start(() => ({
      title: "Sandbox",
      startedMs: 0,
      polls: 0,
      calls: new Map(),
      scalers: [],
    }));
    show.stop();
    expect(lines).toEqual(["Sandbox"]);
  });

  test("tell of each poll with its time", () => {
    const { lines, show } = shown();
    const decision = { scaler: "web", action: "none" as const, from: 1, to: 1, reasons: [] };
    const poll = { decisions: [decision], nextPollAt: NOW, lastPoll: false };
    show.listener.onPoll?.(poll, 4, Date.parse(NOW));
    expect(lines).toEqual(["09:00:00 poll 4: web stays at 1"]);
  });

  test("tell of what was refused and of what failed", () => {
    const { lines, show } = shown();
    show.listener.onRefusal?.("web", "GroupNotFound", "there is no group web");
    show.listener.onFailure?.("Fetch metrics", "AccessDenied", "no");
    expect(lines).toEqual([
      "refused: web: GroupNotFound: there is no group web",
      "failed: Fetch metrics: AccessDenied: no",
    ]);
  });
});
