import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { Command } from "commander";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { addMigrate } from "../../../cli/migrate/command.ts";
import { validateText } from "../../../config/validate-file.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "migrate-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(text: string): string {
  const path = join(folder, "scaler.env");
  writeFileSync(path, text);
  return path;
}

const FINE = `BUILDKITE_QUEUE=default
ASG_NAME=web
AGENTS_PER_INSTANCE=4
BUILDKITE_AGENT_TOKEN_SSM_KEY=/buildkite/token
LAMBDA_INTERVAL=20s
LOGS=all
`;

describe("scaling-loop migrate", () => {
  afterEach(() => {
    process.exitCode = undefined;
    vi.restoreAllMocks();
  });

  /** What is printed, what is said about it, and the exit code. */
  async function cli(args: string[], stdin = "") {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const program = new Command().exitOverride();
    addMigrate(program, Readable.from([stdin]));
    await program.parseAsync(["migrate", ...args], { from: "user" });
    const printed = log.mock.calls.map(([line]) => String(line)).join("\n");
    const notes = error.mock.calls.map(([line]) => stripVTControlCharacters(String(line)));
    return { printed, notes, exitCode: process.exitCode };
  }

  test("prints a file's settings as scalers.yml, and beside it what is left to do", async () => {
    const { printed, notes, exitCode } = await cli([written(FINE)]);
    const { loops, problems } = validateText(printed, "scalers.yml");
    expect(problems).toEqual([]);
    expect(loops[0]?.scalers).toMatchObject([
      { queue: "default", group: "web", agentsPerInstance: 4, agentStartupGrace: "0s" },
    ]);
    expect(notes).toEqual([
      "not known LOGS",
      "to do set pollIntervalSeconds to 20 in Settings, the first state of statemachine/scaling-loop.asl.yml: LAMBDA_INTERVAL was 20s; it holds for all clusters",
    ]);
    expect(exitCode).toBe(0);
  });

  test.each([[[]], [["-"]]])("reads standard input with %j", async (args) => {
    const fromFile = await cli([written(FINE)]);
    vi.restoreAllMocks();
    expect(await cli(args, FINE)).toEqual(fromFile);
  });

  test("prints nothing but errors, all of them, where settings make no sense", async () => {
    const text = FINE.replace("=4", "=four").replace("=20s", "=20").replace("ASG_NAME", "ASGNAME");
    expect(await cli([written(text)])).toEqual({
      printed: "",
      notes: [
        "error ASG_NAME: is missing; the reference does not run without it",
        'error line 3: AGENTS_PER_INSTANCE: "four" is not allowed; allowed: a whole number',
        'error line 5: LAMBDA_INTERVAL: "20" is not allowed; allowed: a duration such as 90s, 5m or 1h30m; "20" has no unit',
        "not known ASGNAME (did you mean ASG_NAME?), LOGS",
        "3 errors: nothing is migrated",
      ],
      exitCode: 1,
    });
  });

  test("says that there is no such file", async () => {
    expect(await cli([join(folder, "no.env")])).toEqual({
      printed: "",
      notes: [`error ${join(folder, "no.env")}: there is no such file`],
      exitCode: 1,
    });
  });

  test("says that a folder cannot be read", async () => {
    const { notes, exitCode } = await cli([folder]);
    expect(notes).toEqual([`error ${folder}: cannot be read: EISDIR`]);
    expect(exitCode).toBe(1);
  });
});
