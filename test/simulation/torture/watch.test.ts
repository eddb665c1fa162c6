import { describe, expect, test } from "vitest";
import { parseExecutionInput } from "../../../functions/core/execution-input.ts";
import type { Observation } from "../../../functions/core/facts.ts";
import { formatInstant } from "../../../functions/core/instant.ts";
import { decidePoll, type PollResult } from "../../../functions/core/poll.ts";
import { type PollRecord, Watch, type WrittenCommand } from "../../../simulation/torture/watch.ts";

const BEAT_MS = Date.parse("2026-01-05T09:00:00Z");

const each = { agentsPerInstance: 1 };

const { scalers } = parseExecutionInput({
  name: "main",
  agentTokenParameter: "/token",
  scalers: [
    { ...each, queue: "lint", group: "plain", scaleIn: { cooldown: "5m" } },
    { ...each, queue: "build", group: "graceful", scaleIn: { graceful: true } },
    { ...each, queue: "test", group: "dry", dryRun: true },
  ],
});

const GROUP = { desired: 2, min: 0, max: 5, inService: 2, pending: 0 };

/** What a poll saw: two jobs and two agents in each queue. */
function observe(group: Partial<typeof GROUP> = {}, atMs = BEAT_MS): Observation {
  const queue = {
    jobs: { scheduled: 0, running: 2, waiting: 0 },
    agents: { total: 2, idle: 0, busy: 2 },
  };
  const facts = { ...GROUP, ...group };
  return {
    observedAt: formatInstant(atMs),
    queues: { lint: queue, build: queue, test: queue },
    groups: { plain: facts, graceful: facts, dry: facts },
  };
}

function record(poll: Partial<PollRecord> = {}): PollRecord {
  return {
    execution: 1,
    beatMs: BEAT_MS,
    beganMs: BEAT_MS,
    pollUntilMs: BEAT_MS + 180_000,
    observation: observe(),
    outdated: new Set(),
    ...poll,
  };
}

function command(group: string, written: Partial<WrittenCommand> = {}): WrittenCommand {
  const moved = { before: 2, after: 1, interrupted: 0, readMs: BEAT_MS };
  return { kind: "desired", group, poll: record(), sentMs: BEAT_MS, ...moved, ...written };
}

function watchAt(nowMs = BEAT_MS): { watch: Watch; setNow: (ms: number) => void } {
  let now = nowMs;
  const watch = new Watch(scalers, () => now);
  return {
    watch,
    setNow: (ms) => {
      now = ms;
    },
  };
}

const rulesBroken = (watch: Watch) => watch.violations.map(({ rule }) => rule);

describe("a command breaks a rule", () => {
  test.each<[string, WrittenCommand, string[]]>([
    ["never, if it is allowed", command("plain"), []],
    ["if its scaler only tries", command("dry"), ["a dry run writes nothing"]],
    [
      "if it is sent at the end of the slot",
      command("plain", { sentMs: BEAT_MS + 180_000 }),
      ["nothing is written after the slot"],
    ],
    ["not a millisecond before", command("plain", { sentMs: BEAT_MS + 179_999 }), []],
    [
      "if it lowers a graceful group",
      command("graceful"),
      ["a graceful group's desired capacity is never lowered"],
    ],
    [
      "if it ends a job of a graceful group",
      command("graceful", { kind: "termination", interrupted: 1 }),
      ["a graceful group ends no job"],
    ],
    ["not in a plain group", command("plain", { kind: "termination", interrupted: 1 }), []],
  ])("%s", (_, written, rules) => {
    const { watch } = watchAt();
    watch.checkCommand(written);
    expect(rulesBroken(watch)).toEqual(rules);
  });

  test.each<[string, number, string[], string[]]>([
    ["within the cooldown", 290_000, [], ["cooldowns are kept"]],
    ["after the cooldown", 300_000, [], []],
    ["within it, but not if the poll saw an older state", 290_000, ["plain"], []],
  ])("if it scales in again %s", (_, afterMs, outdated, rules) => {
    const nowMs = BEAT_MS + afterMs;
    const { watch, setNow } = watchAt();
    watch.checkCommand(command("plain"));
    setNow(nowMs);
    const poll = record({
      beganMs: nowMs,
      observation: observe({}, nowMs),
      outdated: new Set(outdated),
      pollUntilMs: nowMs + 1,
    });
    watch.checkCommand(command("plain", { poll, sentMs: nowMs }));
    expect(rulesBroken(watch)).toEqual(rules);
  });
});

describe("after a scale-in, one of the next execution within the cooldown", () => {
  const laterMs = BEAT_MS + 60_000;
  const later = (execution: number, outdated: string[] = []) =>
    record({
      execution,
      beganMs: laterMs,
      observation: observe({}, laterMs),
      outdated: new Set(outdated),
    });

  test.each<[string, PollRecord[], string[]]>([
    ["breaks the rule: the tag tells of the first one", [], ["cooldowns are kept"]],
    [
      "breaks the rule if the tag was written from a new answer",
      [later(2)],
      ["cooldowns are kept"],
    ],
    ["breaks none if the tag was written from an older answer", [later(2, ["plain"])], []],
  ])("%s", (_, tagWriters, rules) => {
    const { watch, setNow } = watchAt();
    watch.checkCommand(command("plain"));
    setNow(laterMs);
    for (const poll of tagWriters)
      watch.checkCommand(command("plain", { kind: "tag", poll, before: 1, after: 1 }));
    watch.checkCommand(command("plain", { poll: later(2), sentMs: laterMs }));
    expect(rulesBroken(watch)).toEqual(rules);
  });
});

/** A poll as the rules decide it, with parts replaced. */
function decide(observation: Observation, next: Partial<PollResult["poll"]["next"]> = {}) {
  const loop = {
    nextPollAt: formatInstant(BEAT_MS),
    pollUntil: formatInstant(BEAT_MS + 180_000),
  };
  const settings = { pollIntervalSeconds: 10, publishIntervalSeconds: 60 };
  const facts = { settings, loop, scalers, memory: {}, observation };
  const result = decidePoll({ ...facts, observedAt: observation.observedAt });
  return { ...result, poll: { ...result.poll, next: { ...result.poll.next, ...next } } };
}

describe("a poll breaks a rule", () => {
  const change = {
    scaler: "plain",
    group: "plain",
    action: "scale-in",
    from: 2,
    to: 1,
  } as const;

  test.each<[string, Observation, Partial<PollResult["poll"]["next"]>, string[]]>([
    ["never, if it is as the rules decide it", observe(), {}, []],
    [
      "if it plans a change without facts",
      { observedAt: formatInstant(BEAT_MS), groups: observe().groups },
      { plan: { decidedAt: formatInstant(BEAT_MS), changes: [change] } },
      ["without facts nothing is written"],
    ],
    [
      "if the next poll is between two beats",
      observe(),
      { nextPollAt: formatInstant(BEAT_MS + 15_000) },
      ["the next poll is on the beat"],
    ],
    [
      "if the next poll is a beat too late",
      observe(),
      { nextPollAt: formatInstant(BEAT_MS + 20_000) },
      ["the next poll is on the beat"],
    ],
  ])("%s", (_, observation, next, rules) => {
    const { watch } = watchAt();
    watch.checkPoll(record({ observation }), decide(observation, next));
    expect(rulesBroken(watch)).toEqual(rules);
  });

  test("if it carries more memory than fits", () => {
    const { watch } = watchAt();
    const result = decide(observe());
    const instances = Array.from({ length: 1000 }, (_, index) => `i-${index}-0123456789`);
    const memory = { plain: { stopping: { at: formatInstant(BEAT_MS), instances } } };
    const next = { ...result.poll.next, carry: { ...result.poll.next.carry, memory } };
    watch.checkPoll(record(), { ...result, poll: { ...result.poll, next } });
    expect(rulesBroken(watch)).toEqual(["the state is bounded"]);
  });
});

test("a violation has what happened before, with times", () => {
  const { watch } = watchAt();
  watch.note("fault: command late");
  watch.checkCommand(command("dry"));
  expect(watch.violations[0]?.before).toEqual([
    "2026-01-05T09:00:00.000Z fault: command late",
    "2026-01-05T09:00:00.000Z execution 1: desired of dry 2 to 1",
  ]);
});
