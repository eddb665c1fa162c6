import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readHistories } from "../../local/engine/history.ts";
import { sandboxEnvironment } from "../../local/sandbox/environment.ts";
import { closeServer, listenOnLocalhost } from "../../local/sandbox/listen.ts";
import { createScriptedWorld } from "../../local/sandbox/scripted-world.ts";
import { startSandbox } from "../../local/sandbox/server.ts";
import { CTRL_C, startInTerminal } from "../support/terminal.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "interrupt-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SECONDS = { timeout: 30_000 };
const SHOW_CURSOR = "\u001b[?25h";

/** The rest of the line that begins with a label. A path may be longer than a line of the terminal. */
function readLabel(lines: readonly string[], label: string): string {
  const first = lines.findLastIndex((line) => line.startsWith(`${label} `));
  const rest = lines.slice(first + 1).findIndex((line) => /^(\S+ {2,}|$)/.test(line));
  const end = rest === -1 ? undefined : first + 1 + rest;
  return lines.slice(first, end).join("").slice(label.length).trim();
}

describe("Ctrl-C in a terminal", () => {
  test.each([
    ["try", [process.execPath, "cli/main.ts", "try"]],
    // npm receives SIGINT from the terminal too and forwards it: the command receives it twice.
    ["npm start", ["npm", "start", "--"]],
  ])("ends %s well: with a summary, the history and the report", SECONDS, async (name, command) => {
    const out = join(folder, name.replace(" ", "-"));
    const session = startInTerminal([...command, "--poll-interval", "1", "--out", out]);
    await session.says("poll 2");
    session.type(CTRL_C);
    const { exitCode, lines, written } = await session.ended;
    expect(exitCode).toBe(0);
    expect(readLabel(lines, "polls")).toMatch(/^[2-9]$/);
    const [history = []] = await readHistories(readLabel(lines, "history"));
    expect(history.at(-1)?.type).toBe("ExecutionAborted");
    expect(readFileSync(readLabel(lines, "report"), "utf8")).toContain("<!doctype html>");
    expect(written.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(written.lastIndexOf("\u001b[?25l"));
  });

  test("ends run well: with a summary and the whole history", SECONDS, async () => {
    const world = createScriptedWorld();
    world.setQueue("default", { scheduled: 5, idle: 2 });
    world.setGroup("web", { desired: 2 });
    const sandbox = await startSandbox({
      world,
      buildkite: { token: "t" },
      parameters: new Map(),
      now: () => Date.now(),
    });
    const path = join(folder, "history.json");
    const flags = ["--asg-name", "web", "--agent-endpoint", sandbox.agentEndpoint];
    const session = startInTerminal(
      [process.execPath, "cli/main.ts", "run", ...flags, "--poll-interval", "1", "--history", path],
      { columns: 80, rows: 24 },
      { ...process.env, ...sandboxEnvironment(sandbox.url), BUILDKITE_AGENT_TOKEN: "t" },
    );
    await session.says("poll 2");
    session.type(CTRL_C);
    const { exitCode, lines } = await session.ended;
    await sandbox.close();
    expect([exitCode, readLabel(lines, "polls")]).toEqual([0, expect.stringMatching(/^[2-9]$/)]);
    const [history = []] = await readHistories(path);
    expect(history.at(-1)?.type).toBe("ExecutionAborted");
  });
});

test("Ctrl-C ends run at once, also while Buildkite does not answer", SECONDS, async () => {
  const silent = createServer();
  const url = await listenOnLocalhost(silent);
  const env = { ...process.env, ...sandboxEnvironment(url), BUILDKITE_AGENT_TOKEN: "t" };
  const session = startInTerminal(
    [process.execPath, "cli/main.ts", "run", "--asg-name", "web", "--agent-endpoint", url],
    { columns: 80, rows: 24 },
    env,
  );
  await session.says("no poll yet");
  session.type(CTRL_C);
  const typedMs = performance.now();
  const { exitCode, written } = await session.ended;
  expect(performance.now() - typedMs).toBeLessThan(5000); // The calls would take 9 s or more.
  expect([exitCode, written]).toEqual([0, expect.stringContaining("ran for")]);
  silent.closeAllConnections();
  await closeServer(silent);
});
