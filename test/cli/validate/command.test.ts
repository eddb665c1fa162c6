import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Command } from "commander";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { addValidate, validate } from "../../../cli/validate/command.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "validate-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function writeScalersFile(...lines: string[]): string {
  const path = join(folder, "scalers.yml");
  writeFileSync(path, lines.join("\n"));
  return path;
}

/** Runs `validate`. Returns its lines without colours, and the exit code. */
function runValidate(path: string) {
  const lines: string[] = [];
  const exitCode = validate(path, (line) => lines.push(stripVTControlCharacters(line)));
  return { exitCode, lines: lines.map((line) => line.replaceAll(path, "scalers.yml")) };
}

const VALID = [
  "defaults: {scaleIn: {graceful: true, factor: 1}}",
  "clusters:",
  "  - name: main",
  "    agentTokenParameter: /buildkite/agent-token",
  "    scalers:",
  "      - {queue: default, group: web, agentsPerInstance: 1, demandShare: 0.5}",
  "      - {queues: [default, b], group: large, agentsPerInstance: 1, demandShare: 0.5}",
  "  - name: other",
  "    agentTokenParameter: /other",
  "    scalers:",
  "      - {queue: default, group: other, agentsPerInstance: 1}",
];

/** The same with a factor that makes no sense. */
const WARNED = VALID.map((line) => line.replace("factor: 1", "factor: 2"));

const WARNING =
  "warning scalers.yml:1: defaults.scaleIn.factor: 2 is above 1, which has no effect in a graceful group: the loop never drains more instances than the surplus";

describe("validate", () => {
  test("prints what each cluster of a file contains", () => {
    expect(runValidate(writeScalersFile(...VALID))).toEqual({
      exitCode: 0,
      lines: [
        "ok main: 2 scalers, 2 queues, 2 groups, 1 loop",
        "ok other: 1 scaler, 1 queue, 1 group, 1 loop",
      ],
    });
  });

  test("counts all loops of a cluster that is divided into several", () => {
    const scalers = Array.from({ length: 101 }, (_, index) => `{queue: a, group: g${index}}`);
    const path = writeScalersFile(
      "defaults: {agentsPerInstance: 1, demandShare: 0.009, scaleIn: {graceful: true}}",
      "clusters:",
      `  - {name: main, agentTokenParameter: /a, scalers: [${scalers}]}`,
    );
    expect(runValidate(path)).toEqual({
      exitCode: 0,
      lines: ["ok main: 101 scalers, 1 queue, 101 groups, 2 loops"],
    });
  });

  test("counts scalers in dry run, and says so if all of them are", () => {
    const withDryRun = VALID.map((line) => line.replace("web,", "web, dryRun: true,"));
    expect(runValidate(writeScalersFile(...withDryRun)).lines).toEqual([
      "ok main: 2 scalers, 2 queues, 2 groups, 1 loop, 1 in dry run",
      "ok other: 1 scaler, 1 queue, 1 group, 1 loop",
    ]);
    const allInDryRun = VALID.map((line) =>
      line.replace("defaults: {", "defaults: {dryRun: true, "),
    );
    expect(runValidate(writeScalersFile(...allInDryRun))).toEqual({
      exitCode: 0,
      lines: [
        "ok main: 2 scalers, 2 queues, 2 groups, 1 loop, 2 in dry run",
        "ok other: 1 scaler, 1 queue, 1 group, 1 loop, 1 in dry run",
        "hint every scaler is in dry run: a deployed loop decides and logs, and changes no group; remove dryRun to let it scale",
      ],
    });
  });

  test("prints warnings, and succeeds", () => {
    expect(runValidate(writeScalersFile(...WARNED))).toEqual({
      exitCode: 0,
      lines: [
        WARNING,
        "ok main: 2 scalers, 2 queues, 2 groups, 1 loop",
        "ok other: 1 scaler, 1 queue, 1 group, 1 loop",
      ],
    });
  });

  test("prints all problems and all warnings, and fails", () => {
    const path = writeScalersFile(
      ...WARNED,
      "      - {queue: c, group: web, agentsPerInstance: 0}",
    );
    expect(runValidate(path)).toEqual({
      exitCode: 1,
      lines: [
        "error scalers.yml:12: clusters[1] (other): scalers[1] (web): agentsPerInstance: 0 is not allowed; allowed: a whole number of at least 1",
        'error scalers.yml:12: clusters[1] (other): scalers[1] (web): group: "web" is already the group of clusters[0] (main): scalers[0] (web); allowed: a group in one entry only',
        WARNING,
        "2 errors in scalers.yml: the file cannot be deployed",
      ],
    });
  });
});

describe("buildkite-scaling-loop validate", () => {
  afterEach(() => {
    process.exitCode = undefined;
    vi.restoreAllMocks();
  });

  async function cli(...args: string[]): Promise<string[]> {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const program = new Command().exitOverride();
    addValidate(program);
    await program.parseAsync(["validate", ...args], { from: "user" });
    return log.mock.calls.map(([line]) => stripVTControlCharacters(String(line)));
  }

  test("exits with 0 for a valid file", async () => {
    const lines = await cli(writeScalersFile(...VALID));
    expect(lines).toContain("ok other: 1 scaler, 1 queue, 1 group, 1 loop");
    expect(process.exitCode).toBe(0);
  });

  test("exits with 1 for any other file", async () => {
    const lines = await cli(join(folder, "no.yml"));
    expect(lines[0]).toContain("there is no such file");
    expect(process.exitCode).toBe(1);
  });

  test.each(["region", "stage"])("refuses --%s without --online, which it needs", async (name) => {
    const lines = await cli(writeScalersFile(...VALID), `--${name}`, "eu-west-1");
    expect(lines[0]).toBe(`error --${name}: has no effect without --online; add --online`);
    expect(process.exitCode).toBe(1);
  });

  test("checks scalers.yml by default", async () => {
    const lines = await cli();
    expect(lines).toEqual(["ok main: 1 scaler, 1 queue, 1 group, 1 loop"]);
  });
});
