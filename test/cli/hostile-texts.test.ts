import { describe, expect, test } from "vitest";
import { printMigration } from "../../cli/migrate/command.ts";
import { formatReplay } from "../../cli/replay/format-replay.ts";
import { createLineRunDisplay } from "../../cli/run/display.ts";
import { drawLiveView } from "../../cli/terminal/draw-live-view.ts";
import { formatPoll } from "../../cli/terminal/poll-lines.ts";
import { failureText, refusalText } from "../../cli/terminal/problem-texts.ts";
import { formatFileProblem, validateText } from "../../config/validate-file.ts";
import type { Decision } from "../../functions/core/decision.ts";

/** Sets the title of the window, clears the screen, forges a line, turns the direction of writing. */
const HOSTILE = "a\u001b]0;owned\u0007\u009b2J\nok\rb\u202e";

/** What the styles of this project never contain: they are `ESC [ digits m`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const RAW = /\u001b(?!\[\d+m)|[\u0007\r\u009b\u202e]|\nok/;

const DECISION: Decision = {
  scaler: HOSTILE,
  action: "scale-out",
  from: 1,
  to: 2,
  reasons: [HOSTILE],
  fault: HOSTILE,
};

const TWO_SCALERS = [
  `- {queue: ${JSON.stringify(HOSTILE)}, group: web, agentsPerInstance: ${JSON.stringify(HOSTILE)}}`,
  `- {queue: b, group: ${JSON.stringify(HOSTILE)}, ${JSON.stringify(HOSTILE)}: 1}`,
];

function validateHostile(): string {
  const file = [
    "clusters:",
    "  - name: main",
    "    agentTokenParameter: /a",
    "    scalers:",
    ...TWO_SCALERS.map((line) => `      ${line}`),
  ].join("\n");
  return validateText(file, "scalers.yml").problems.map(formatFileProblem).join(" ");
}

function migrateHostile(settings: Record<string, string>): string {
  const lines: string[] = [];
  const push = (line: string) => void lines.push(line);
  const text = JSON.stringify({ Environment: { Variables: settings } });
  printMigration([{ name: "scaler.json", text }], { print: push, note: push });
  return lines.join(" ");
}

function replayHostile(): string {
  const pair = { scaler: HOSTILE, recorded: DECISION, today: { ...DECISION, to: 3 } };
  const poll = { at: HOSTILE, decisions: [pair] };
  const refused = { at: HOSTILE, decisions: [], refused: HOSTILE };
  return formatReplay(
    {
      executions: [{ arn: HOSTILE, polls: [poll, refused], lost: 1, gaps: [HOSTILE] }],
      totals: { polls: 2, decisions: 1, differing: 1, reworded: 0, lost: 1 },
      dropped: [HOSTILE],
      added: [HOSTILE],
      unanswerable: [HOSTILE],
      othersSettings: true,
    },
    true,
  ).join(" ");
}

function sayHostile(): string {
  const lines: string[] = [];
  createLineRunDisplay((line) => lines.push(line), true).say(HOSTILE, HOSTILE);
  return lines.join(" ");
}

const TIMES = { startedMs: 0, polls: 1, nextPollMs: 0 };
const TIMED = { decision: DECISION, atMs: 0 };
const SCALER = {
  name: HOSTILE,
  queues: [HOSTILE, HOSTILE],
  latest: { ...TIMED, facts: {} },
  lastChange: { ...TIMED, decision: { ...DECISION } },
};
const LITTLE_ROOM = { columns: 1000, rows: 6 };
const VIEW = { title: HOSTILE, ...TIMES, scalers: [SCALER] };

describe("control characters of texts from outside do not reach a terminal raw:", () => {
  test.each([
    ["a poll of run", () => formatPoll({ poll: createPoll(), number: 1, atMs: 0 }).join(" ")],
    ["a refused change", () => refusalText(HOSTILE, HOSTILE, HOSTILE)],
    ["a failed step", () => failureText("Fetch metrics", HOSTILE, HOSTILE)],
    ["a line about a loop", sayHostile],
    ["the live view", () => drawLiveView(VIEW, 0, { columns: 1000, rows: 50 }).join(" ")],
    ["a live view with little room", () => drawLiveView(VIEW, 0, LITTLE_ROOM).join(" ")],
    ["replay", replayHostile],
    ["validate", validateHostile],
    ["a problem of migrate", () => migrateHostile({ [HOSTILE]: "1", SCALE_OUT_FACTOR: HOSTILE })],
    ["a file of migrate", () => migrateHostile({ ...LAMBDA, BUILDKITE_QUEUE: HOSTILE })],
  ])("%s", (_, print) => {
    const text = print();
    expect(text).toContain("\\u001b]0;owned");
    expect(RAW.exec(text)).toBeNull();
  });
});

const LAMBDA = {
  ASG_NAME: "web",
  AGENTS_PER_INSTANCE: "1",
  BUILDKITE_AGENT_TOKEN_SSM_KEY: "/token",
};

function createPoll() {
  return { decisions: [DECISION], next: { nextPollAt: "", lastPoll: false } };
}
