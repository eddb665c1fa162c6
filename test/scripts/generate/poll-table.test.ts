import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readDefinition } from "../../../config/definition.ts";
import { listStatesEntered } from "../../../local/engine/history.ts";
import {
  formatPollTable,
  listVisits,
  RECORDED_POLL,
  readRecordedPoll,
} from "../../../scripts/generate/poll-table.ts";
import { listTransitions } from "../../../scripts/generate/transitions.ts";

const recorded = readRecordedPoll();

describe("the recorded poll", () => {
  test("follows only transitions of the definition", () => {
    const states = listStatesEntered(recorded);
    const allowed = listTransitions(readDefinition()).map(({ from, to }) => `${from} to ${to}`);
    const followed = states.slice(1).map((to, index) => `${states[index]} to ${to}`);
    expect(followed.filter((transition) => !allowed.includes(transition))).toEqual([]);
    expect(followed).toContain("Anything to do? to Apply scaling");
  });

  test("takes 10 s from its beat to the next, almost all of it waiting", () => {
    const visits = listVisits(recorded);
    const total = visits.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    // Each visit is cut to whole milliseconds, and a poll begins a few of them after its beat.
    expect(total).toBeGreaterThan(9900);
    expect(total).toBeLessThanOrEqual(10_020);
    expect(visits.at(-1)).toMatchObject({ state: "Wait for next poll", type: "Wait" });
  });

  test("shows the decision and its reasons: 15 jobs at 4 agents need 4 instances", () => {
    const visit = listVisits(recorded).find(({ state }) => state === "Compute capacity");
    expect(visit?.results).toEqual([
      "web: scale-out 0 to 4",
      "· 12 scheduled + 3 running = 15 jobs",
      "· 15 jobs / 4 agents per instance = 4 instances",
    ]);
  });

  test("contains no secret and no path of a machine", () => {
    expect(readFileSync(RECORDED_POLL, "utf8")).not.toMatch(/of-the-sandbox|\/home\/|\/work\//);
  });
});

test("the table has a row for each state of the poll, in order", () => {
  const states = formatPollTable(recorded)
    .split("\n")
    .flatMap((line) => /^\| (\S.*?) \|/.exec(line)?.[1] ?? []);
  expect(states).toEqual(["State", "---", ...listStatesEntered(recorded)]);
});
