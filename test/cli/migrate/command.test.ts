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

function writeEnvFile(text: string): string {
  const path = join(folder, "scaler.env");
  writeFileSync(path, text);
  return path;
}

const VALID = `BUILDKITE_QUEUE=default
ASG_NAME=web
AGENTS_PER_INSTANCE=4
BUILDKITE_AGENT_TOKEN_SSM_KEY=/buildkite/token
LAMBDA_INTERVAL=20s
LOGS=all
`;

describe("buildkite-scaling-loop migrate", () => {
  afterEach(() => {
    process.exitCode = undefined;
    vi.restoreAllMocks();
  });

  /** Runs the command. Returns its output on stdout and stderr, and the exit code. */
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

  test("prints a scalers.yml to stdout and what is left to do to stderr", async () => {
    const { printed, notes, exitCode } = await cli([writeEnvFile(VALID)]);
    const { loops, problems } = validateText(printed, "scalers.yml");
    expect(problems).toEqual([]);
    expect(loops[0]?.scalers).toMatchObject([
      { queue: "default", group: "web", agentsPerInstance: 4, agentStartupGrace: "5m" },
    ]);
    expect(notes).toEqual([
      "unknown setting LOGS",
      "to do deploy with --param pollIntervalSeconds=20 (LAMBDA_INTERVAL was 20s); it applies to all clusters",
      "later once this file is deployed without a dry run, stop the old scaler (delete-function-concurrency takes it back):",
      expect.stringMatching(/^ {2}aws lambda put-function-concurrency .*ASG_NAME=='web'/),
    ]);
    expect(exitCode).toBe(0);
  });

  test.each([[[]], [["-"]]])("reads standard input with %j", async (args) => {
    const fromFile = await cli([writeEnvFile(VALID)]);
    vi.restoreAllMocks();
    expect(await cli(args, VALID)).toEqual(fromFile);
  });

  test("prints all problems and no scalers.yml if there are problems", async () => {
    const text = VALID.replace("=4", "=four").replace("=20s", "=20").replace("ASG_NAME", "ASGNAME");
    expect(await cli([writeEnvFile(text)])).toEqual({
      printed: "",
      notes: [
        "error ASG_NAME: is missing; buildkite-agent-scaler does not start without it",
        'error line 3: AGENTS_PER_INSTANCE: "four" is not allowed; allowed: a whole number',
        'error line 5: LAMBDA_INTERVAL: "20" is not allowed; allowed: a duration such as 90s, 5m or 1h30m; "20" has no unit',
        "unknown setting ASGNAME (did you mean ASG_NAME?), LOGS",
        "3 errors: no scalers.yml is written",
      ],
      exitCode: 1,
    });
  });

  test("merges several files", async () => {
    const other = join(folder, "other.env");
    writeFileSync(other, VALID.replace("=web", "=large"));
    const { printed } = await cli([writeEnvFile(VALID), other]);
    expect(validateText(printed, "scalers.yml").loops[0]?.scalers).toMatchObject([
      { group: "web" },
      { group: "large" },
    ]);
  });

  test("reports a file that does not exist", async () => {
    expect(await cli([join(folder, "no.env")])).toEqual({
      printed: "",
      notes: [`error ${join(folder, "no.env")}: there is no such file`],
      exitCode: 1,
    });
  });

  test("reports a folder, which cannot be read", async () => {
    const { notes, exitCode } = await cli([folder]);
    expect(notes).toEqual([`error ${folder}: cannot be read: EISDIR`]);
    expect(exitCode).toBe(1);
  });
});
