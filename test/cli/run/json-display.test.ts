import { expect, test } from "vitest";
import { createJsonDisplay } from "../../../cli/run/json-display.ts";
import { createGroup, createQueue, NOW } from "../../support/facts.ts";
import { createScaler } from "../../support/scaler.ts";

const SCALERS = [createScaler({ name: "web" }), createScaler({ name: "ios", dryRun: true })];

function createLines() {
  const lines: string[] = [];
  return {
    lines,
    display: createJsonDisplay(
      (line) => lines.push(line),
      () => Date.parse(NOW),
    ),
  };
}

test("a run as JSON has one object per line, each with its type and its time", () => {
  const { lines, display } = createLines();
  display.start(() => ({ title: "The scaling loop", startedMs: 0, polls: 0, scalers: [] }));
  const { onObservation, onPoll, onRefusal, onFailure } = display.observe("main", SCALERS);
  const queues = { default: createQueue({ scheduled: 2 }) };
  const groups = { web: createGroup({ desired: 7 }) };
  onObservation?.({ observedAt: NOW, queues, groups });
  const web = { scaler: "web", action: "scale-out" as const, from: 7, to: 9, reasons: ["9 jobs"] };
  const ios = { ...web, scaler: "ios" };
  onPoll?.({ decisions: [web, ios], next: { nextPollAt: NOW, lastPoll: false } }, 4, 1000);
  onRefusal?.("web", "GroupNotFound", "there is no group web");
  onFailure?.("Fetch metrics", "States.Timeout", "");
  display.say("main", "advice: Correct the name.");
  const polls = { polls: 4, beats: 4, eventPolls: 0, echoes: 0 };
  const tally = {
    startedMs: 0,
    seconds: 9,
    ...polls,
    scaleOuts: 1,
    scaleIns: 0,
    drains: 0,
    draining: 0,
  };
  display.sumUp({ ...tally, held: 0, refused: 1, failed: 1 }, "out/h.json");
  const at = { time: "2026-01-05T09:00:00Z" };
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { type: "start", ...at, title: "The scaling loop" },
    {
      type: "poll",
      time: "1970-01-01T00:00:01Z",
      loop: "main",
      number: 4,
      decisions: [web, { ...ios, dryRun: true }],
      queues,
      groups,
      nextPollAt: NOW,
    },
    {
      type: "refused",
      ...at,
      loop: "main",
      scaler: "web",
      error: "GroupNotFound",
      message: "there is no group web",
    },
    {
      type: "failed",
      ...at,
      loop: "main",
      state: "Fetch metrics",
      error: "States.Timeout",
      message: "",
    },
    { type: "message", ...at, loop: "main", text: "advice: Correct the name." },
    { type: "summary", ...at, ...tally, held: 0, refused: 1, failed: 1, history: "out/h.json" },
  ]);
});

test("a poll whose facts could not be read has none, not those of the poll before", () => {
  const { lines, display } = createLines();
  const { onObservation, onPoll } = display.observe("main", SCALERS);
  const poll = { decisions: [], next: { nextPollAt: NOW, lastPoll: false } };
  onObservation?.({ observedAt: NOW, queues: {}, groups: {} });
  onPoll?.(poll, 1, 0);
  onPoll?.(poll, 2, 0);
  expect(lines.map((line) => Object.hasOwn(JSON.parse(line), "queues"))).toEqual([true, false]);
});
