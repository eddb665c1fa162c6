import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readJobFiles } from "../../../simulation/job-files/job-file.ts";
import { startRestServer } from "../../support/buildkite-rest.ts";
import { startCommand } from "../../support/command.ts";

const TOKEN = "bkua_never-to-be-seen";
const SECONDS = { timeout: 30_000 };
const MONDAY = Date.parse("2026-01-05T00:00:00Z");
const MINUTE = 60_000;

const folder = mkdtempSync(join(tmpdir(), "export-builds-"));
const server = await startRestServer({
  token: TOKEN,
  organization: "example",
  callsLeft: 50,
  failures: [],
  builds: Array.from({ length: 250 }, (_, index) => createBuild(MONDAY + index * MINUTE)),
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function createBuild(createdMs: number) {
  const at = (minutes: number) => new Date(createdMs + minutes * MINUTE).toISOString();
  const job = {
    id: at(0),
    type: "script",
    agent_query_rules: ["queue=default"],
    created_at: at(0),
    runnable_at: at(1),
    started_at: at(2),
    finished_at: at(5),
  };
  return { created_at: at(0), jobs: [job] };
}

async function runExport(args: readonly string[], env: Record<string, string>) {
  const where = ["--organization", "example", "--api-endpoint", server.endpoint];
  const command = ["export-builds", ...where, ...args];
  const variables = { PATH: process.env.PATH, NO_COLOR: "1", ...env };
  const { exitCode, output } = await startCommand(command, variables).ended;
  expect(output).not.toContain(TOKEN);
  return { exitCode, output };
}

test("export-builds writes a file that simulate --jobs reads", SECONDS, async () => {
  const out = join(folder, "builds.json");
  const args = ["--from", "2026-01-05", "--days", "1", "--out", out];
  const { exitCode, output } = await runExport(args, { BUILDKITE_API_TOKEN: TOKEN });
  expect([exitCode, output]).toEqual([
    0,
    expect.stringContaining(`250 jobs of 250 builds written to ${out}`),
  ]);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  expect(readFileSync(out, "utf8").trim().split("\n")).toHaveLength(3);
  const { jobs, problems } = readJobFiles([out]);
  expect(problems).toEqual([]);
  expect(jobs).toHaveLength(250);
  expect(jobs[0]).toEqual({
    queue: "default",
    waitingSinceMs: MONDAY,
    scheduledMs: MONDAY + MINUTE,
    durationMs: 3 * MINUTE,
  });
});

test("export-builds says how to create a token if there is none", SECONDS, async () => {
  const { exitCode, output } = await runExport([], {});
  expect(exitCode).toBe(1);
  expect(output).toMatch(/^error BUILDKITE_API_TOKEN is not set: .*read_builds/);
});

test(
  "export-builds refuses a folder that does not exist before it downloads",
  SECONDS,
  async () => {
    server.queries.length = 0;
    const out = join(folder, "missing", "builds.json");
    const { exitCode, output } = await runExport(["--out", out], { BUILDKITE_API_TOKEN: TOKEN });
    expect(exitCode).toBe(1);
    expect(output).toContain("missing cannot be written: ENOENT");
    expect(server.queries).toEqual([]);
  },
);
