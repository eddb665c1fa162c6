import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { addTry } from "../../../cli/try/command.ts";
import { listStatesEntered, readHistories } from "../../../local/engine/history.ts";
import { type Started, startCommand } from "../../support/command.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "try-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** Commander's error for options of `try`. */
async function readRefusal(...options: string[]): Promise<string> {
  const program = new Command("scaling-loop").exitOverride();
  addTry(program);
  for (const command of program.commands) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
  }
  try {
    await program.parseAsync(["try", ...options], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 1) return error.message;
    throw error;
  }
  throw new Error("try refused nothing");
}

describe("try", () => {
  test.each(["0", "-1", "25h", "1.5m", "many", "", "NaN"])(
    "refuses to run for the duration %j",
    async (duration) => {
      expect(await readRefusal(`--duration=${duration}`)).toBe(
        `error: option '--duration <duration>' argument '${duration}' is invalid. allowed: a duration such as 90s or 5m, or whole seconds; at least 1s and at most 24h`,
      );
    },
  );

  test.each([
    [["--poll-interval", "0"], "or whole seconds; at least 1s"],
    [["--poll-interval", "1.5"], "or whole seconds; at least 1s"],
    [["--seed", "x"], "allowed: a whole number of at least 0"],
    [["--workload", "lazy"], "Allowed choices are mix, steady, bursts, rare-long"],
    [["--minutes", "3"], "unknown option '--minutes'"],
    [["--scalers"], "argument missing"],
  ])("refuses %j with a reason", async (options, why) => {
    expect(await readRefusal(...options)).toContain(why);
  });

  test("runs nothing if the scalers file has problems: it prints all of them and exits with 1", async () => {
    const path = join(folder, "scalers.yml");
    const scaler =
      "{queue: default, group: web, agentsPerInstance: 0, dryrun: true, scaleIn: {cooldown: x}}";
    writeFileSync(
      path,
      `clusters:\n  - {name: main, agentTokenParameter: /a, scalers: [${scaler}]}\n`,
    );
    const program = new Command();
    addTry(program);
    const printed: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line) => printed.push(line));
    const out = join(folder, "never-written");
    await program.parseAsync(["try", "--scalers", path, "--out", out], { from: "user" });
    expect(printed).toHaveLength(3);
    for (const wrong of ["agentsPerInstance", "dryrun", "cooldown"])
      expect(printed.join()).toContain(wrong);
    expect(process.exitCode).toBe(1);
    expect(readdirSync(folder)).not.toContain("never-written");
  });

  test("runs nothing if the poll interval is too long for events: it says so and exits with 1", async () => {
    const program = new Command();
    addTry(program);
    const printed: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line) => printed.push(line));
    await program.parseAsync(["try", "--poll-interval", "21"], { from: "user" });
    expect(printed).toEqual([
      "--poll-interval: 21 is too long with events; allowed: at most 20, or --no-events",
    ]);
    expect(process.exitCode).toBe(1);
  });

  test("runs nothing if the folder cannot be written: it says so and exits with 1", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const program = new Command();
    addTry(program);
    const printed: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line) => printed.push(line));
    await program.parseAsync(["try", "--out", file], { from: "user" });
    expect(printed).toEqual([
      `--out: ${file} cannot be written: EEXIST; allowed: a writable folder`,
    ]);
    expect(process.exitCode).toBe(1);
  });
});

function startTry(...options: string[]): Started {
  const { FORCE_COLOR: _, ...env } = process.env;
  return startCommand(["try", ...options], { ...env, NO_COLOR: "1" });
}

/** The histories in the file that the output names. */
function readWrittenHistories(output: string) {
  const path = /^history {9}(.+)$/m.exec(output)?.[1];
  if (path === undefined) throw new Error(`the output names no history: ${output}`);
  return readHistories(path);
}

describe("try, started as a user starts it", () => {
  test("polls, scales out, prints a summary and writes its history", {
    timeout: 20_000,
  }, async () => {
    const out = join(folder, "whole");
    const options = ["--duration", "3s", "--poll-interval", "1", "--no-events", "--out", out];
    const { exitCode, output } = await startTry(...options).ended;
    expect([exitCode, output]).toEqual([0, expect.stringContaining(": steady scale-out 0 to ")]);
    expect(output).toMatch(/^Sandbox of Buildkite and AWS at http:\/\/127\.0\.0\.1:\d+$/m);
    expect(output).toMatch(/^polls {11}[1-4]$/m); // One a second for 3 s, the first second begun.
    expect(output).toMatch(/^decisions {7}[1-9]\d* scale-outs?, 0 scale-ins$/m);
    expect(output).toMatch(/^calls {11}.*SetDesiredCapacity \d/m);
    const [history = [], ...others] = await readWrittenHistories(output);
    expect(others).toEqual([]);
    expect(history.at(-1)?.type).toBe("ExecutionSucceeded");
    expect(listStatesEntered(history)).toContain("Apply scaling");
  });

  test("polls when Buildkite says that a job is scheduled, and once more", {
    timeout: 20_000,
  }, async () => {
    const options = ["--duration", "7s", "--out", join(folder, "events")];
    const { exitCode, output } = await startTry(...options).ended;
    expect([exitCode, output]).toEqual([0, expect.stringContaining(" poll 2 (event): ")]);
    expect(output).toContain(" poll 3 (echo): ");
    expect(output).toMatch(/^polls {11}\d: 1 on the beat, \d after an event, \d as its echo$/m);
    expect(output).toMatch(/^calls {11}.*ReceiveMessage \d/m);
  });

  test("stops at Ctrl-C and still prints a summary", { timeout: 20_000 }, async () => {
    const run = startTry("--poll-interval", "1", "--out", join(folder, "stopped"));
    await run.says("poll 1: ");
    run.interrupt();
    const { exitCode, output } = await run.ended;
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/^polls {11}[1-9]\d*$/m)]);
    const [history = []] = await readWrittenHistories(output);
    expect(history.at(-1)?.type).toBe("ExecutionAborted");
  });
});
