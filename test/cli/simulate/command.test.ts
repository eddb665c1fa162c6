import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Command } from "commander";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { addSimulate } from "../../../cli/simulate/command.ts";

const folder = mkdtempSync(join(tmpdir(), "simulate-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

function writeLines(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  return path;
}

const writeScalersFile = (name: string, agentsPerInstance: number) =>
  writeLines(
    name,
    "clusters:",
    "  - name: main",
    "    agentTokenParameter: /buildkite/agent-token",
    "    scalers:",
    `      - {queue: web, group: web, agentsPerInstance: ${agentsPerInstance}}`,
  );

const FILE = writeScalersFile("scalers.yml", 1);
const JOBS = writeLines(
  "jobs.csv",
  "scheduled_at,queue,duration_seconds",
  "2026-01-05T09:00:04Z,web,100",
  "2026-01-05T09:00:04Z,ios,100",
);

/** Runs the command; returns what it writes to stdout and stderr. */
async function runSimulate(...args: string[]) {
  const result = { out: "", err: "", exitCode: 0 };
  const out = (text: string) => {
    result.out += text;
  };
  const err = (text: string) => {
    result.err += text;
  };
  vi.spyOn(console, "log").mockImplementation((text) => out(`${text}\n`));
  vi.spyOn(console, "error").mockImplementation((text) => err(`${text}\n`));
  const program = new Command().exitOverride().configureOutput({
    writeErr: err,
    writeOut: out,
  });
  addSimulate(program);
  for (const command of program.commands) command.exitOverride().copyInheritedSettings(program);
  await program.parseAsync(["simulate", ...args], { from: "user" }).catch((error: Error) => {
    result.exitCode = error.message === "(outputHelp)" ? 0 : 1;
  });
  return {
    out: stripVTControlCharacters(result.out),
    err: stripVTControlCharacters(result.err),
    exitCode: Number(process.exitCode ?? result.exitCode),
  };
}

const FIXED = ["--boot", "60", "--connect", "30", "--terminate", "10"];
const ONE_JOB = ["--scalers", FILE, "--jobs", JOBS, ...FIXED];

describe("simulate", () => {
  test("prints the policies side by side, marks the best and lists what it left out", async () => {
    const { out, err, exitCode } = await runSimulate(...ONE_JOB);
    expect(out).toMatch(/^\d+ minutes? from 2026-01-05T09:00Z, polls every 10 s, seed 1/);
    // 6 s to the poll, 60 s and 30 s. (buildkite-agent-scaler has no grace period and terminates the instance again and again.) Native: the second sample at 120 s, so 116 s + 90 s.
    expect(out).toMatch(/^ +ours +reference +native +ideal$/m);
    expect(out).toMatch(/^wait p50 +96\.0 s \* +.* +3m26s +0\.0 s$/m);
    expect(out).toMatch(/^jobs +1 +1 +1 +1$/m);
    expect(err).toBe("1 job left out: no scaler serves ios\n");
    expect(exitCode).toBe(0);
  });

  test("prints JSON, the same for the same seed", async () => {
    const args = ["--scalers", FILE, "--days", "1", "--json", "--compare", "reference"];
    const { out } = await runSimulate(...args);
    const { policies } = JSON.parse(out);
    expect(policies.map(({ policy }: { policy: string }) => policy)).toEqual(["ours", "reference"]);
    expect(policies[0].measures.jobs).toBeGreaterThan(100);
    expect((await runSimulate(...args)).out).toBe(out);
    expect((await runSimulate(...args, "--seed", "2")).out).not.toBe(out);
  });

  test("counts one day as a day", async () => {
    const { out } = await runSimulate("--scalers", FILE, "--days", "1", "--no-compare");
    expect(out).toMatch(/^1 day from 2026-01-05T00:00Z/);
  });

  test("compares with another scalers file", async () => {
    const other = writeScalersFile("four.yml", 4);
    const { out } = await runSimulate(...ONE_JOB, "--compare", other);
    expect(out).toMatch(/^ +ours +four\.yml$/m);
    expect(out).toContain("four.yml: this project's rules, with four.yml");
  });

  test("simulates only the scalers file with --no-compare", async () => {
    const { out } = await runSimulate(...ONE_JOB, "--no-compare");
    expect(out).toMatch(/^ +ours$/m);
  });

  test("compares with the same rules and Buildkite's events", async () => {
    const { out } = await runSimulate(...ONE_JOB, "--compare", "events", "--event-delay", "1");
    expect(out).toMatch(/^ +ours +events$/m);
    expect(out).toMatch(/^wait p50 +96\.0 s +91\.0 s \*$/m); // 1 s to the event, 60 s and 30 s.
  });

  test("listens to events in the clusters of a file that have some", async () => {
    const listening = writeLines(
      "events.yml",
      "clusters:",
      "  - name: main",
      "    agentTokenParameter: /buildkite/agent-token",
      "    events: {bus: aws.partner/buildkite.com/example/1}",
      "    scalers:",
      "      - {queue: web, group: web, agentsPerInstance: 1}",
    );
    const { out } = await runSimulate(...ONE_JOB, "--compare", listening, "--events-lost", "1");
    expect(out).toContain(
      "events.yml: this project's rules, with events.yml and Buildkite's events",
    );
    expect(out).toMatch(/^wait p50 +96\.0 s +96\.0 s$/m);
  });

  test("compares with both versions of the reference's Elastic CI mode", async () => {
    const { out } = await runSimulate(
      ...ONE_JOB,
      "--compare",
      "reference-elastic-1.12",
      "reference-elastic-1.13",
    );
    expect(out).toMatch(/^ +ours +reference-elastic-1\.12 +reference-elastic-1\.13$/m);
    expect(out).toMatch(/^SSM calls +0 +\d+ +\d+$/m); // Only the mode asks instances.
  });

  test("applies limits of single groups", async () => {
    const { out } = await runSimulate(...ONE_JOB, "--no-compare", "--limits", "web=1..1");
    expect(out).toMatch(/^wait p50 +0\.0 s$/m); // One instance is in service from the start.
  });

  test("reads durations with and without units", async () => {
    const runWith = (boot: string, connect: string) =>
      runSimulate(
        ...["--scalers", FILE, "--jobs", JOBS, "--no-compare", "--json"],
        ...["--boot", boot, "--connect", connect],
      );
    expect((await runWith("1m", "25s..35s")).out).toBe((await runWith("60", "25..35")).out);
  });

  test("writes a report", async () => {
    const path = join(folder, "report.html");
    const { err } = await runSimulate(...ONE_JOB, "--no-compare", "--report", path);
    expect(err).toContain(`the report was written to ${path}`);
  });

  test("tells in the report how events arrive, if a policy has events", async () => {
    const path = join(folder, "events.html");
    const flags = ["--compare", "events", "--event-delay", "1..2", "--events-lost", "0.1"];
    await runSimulate(...ONE_JOB, ...flags, "--report", path);
    expect(readFileSync(path, "utf8")).toContain(
      "<dt>Events</dt><dd>1 to 2 s after their job; 10 % are lost</dd>",
    );
  });

  test("tells in the report what its figures rest on", async () => {
    const path = join(folder, "basis.html");
    const limits = ["--max", "7", "--limits", "web=1..3", "--launch-failures", "0.125"];
    await runSimulate(...ONE_JOB, "--no-compare", ...limits, "--report", path);
    const [, page = ""] = readFileSync(path, "utf8").split(/(?:How this was made|<script)/);
    expect(page).toContain(`<dt>Workload</dt><dd>jobs of ${JOBS}</dd>`);
    expect(page).toContain("<dd>0 to 7; web: 1 to 3</dd>");
    expect(page).toContain("<dd>60 s from launch to in service</dd>");
    expect(page).toContain("<dt>Launches that fail</dt><dd>12.5 %</dd>");
    expect(page).not.toContain("<dt>Instances lost</dt>");
    expect(page).toContain("$0.10 (US dollars) per instance-hour");
    expect(page).toMatch(/<summary>Settings of ours<\/summary><pre>clusters:\n {2}- name: main\n/);
    expect(page).not.toContain("/buildkite/agent-token");
  });

  test("describes its workloads and their parameters in the help", async () => {
    const { out } = await runSimulate("--help");
    expect(out).toContain("office-hours: a team's working days (UTC)");
    expect(out).toMatch(/--set people=20 +team size/);
  });
});

describe("simulate refuses, with the allowed values,", () => {
  test("scalers files with problems, and reports all problems of all files", async () => {
    const bad = writeLines("bad.yml", "clusters: []");
    const { err, exitCode } = await runSimulate(
      "--scalers",
      bad,
      "--compare",
      join(folder, "no.yml"),
    );
    expect(err).toContain(
      `error ${bad}:1: clusters: [] is not allowed; allowed: at least one cluster`,
    );
    expect(err).toContain(
      `error --compare ${join(folder, "no.yml")}: there is no such policy and no such file; allowed: reference, `,
    );
    expect(exitCode).toBe(1);
  });

  test("parameters that are unknown or contradict each other", async () => {
    const { err, exitCode } = await runSimulate(
      ...["--scalers", FILE, "--set", "poeple=3", "jobsFrom=9", "jobsTo=3", "medianSeconds=0"],
    );
    expect(err.trim().split("\n")).toEqual([
      'error --set poeple=3: "poeple" is not known here; did you mean "people"?',
      'error --set medianSeconds=0: "0" is not allowed; allowed: a number above 0',
      "error --set jobsFrom: 9 is above jobsTo, which is 3",
    ]);
    expect(exitCode).toBe(1);
  });

  test("a policy that does not exist, with the nearest one", async () => {
    const { err, exitCode } = await runSimulate("--scalers", FILE, "--compare", "refernce");
    expect(err).toBe(
      'error --compare refernce: there is no such policy and no such file; did you mean "reference"?\n',
    );
    expect(exitCode).toBe(1);
  });

  test("limits that contradict each other or that no group has, together with all other problems", async () => {
    const { err, exitCode } = await runSimulate(
      ...["--scalers", FILE, "--min", "5", "--max", "2", "--set", "poeple=3"],
      ...["--limits", "wbe=1..2", "web=1..2", "web=1..3"],
    );
    expect(err.trim().split("\n")).toEqual([
      "error --min: 5 is above --max, which is 2",
      'error --limits wbe: no scaler has a group of this name; did you mean "web"?',
      "error --limits web: is set twice; keep one of the two",
      'error --set poeple=3: "poeple" is not known here; did you mean "people"?',
    ]);
    expect(exitCode).toBe(1);
  });

  test("flags of made-up jobs together with job files", async () => {
    const { err, exitCode } = await runSimulate(
      ...ONE_JOB,
      ...["--days", "2", "--set", "people=3", "--workload", "steady", "--from", "2026-01-06"],
    );
    const what =
      "is set together with --jobs, whose files have the jobs and their period; use one of the two";
    expect(err.trim().split("\n").slice(1)).toEqual(
      ["workload", "set", "from", "days"].map((name) => `error --${name}: ${what}`),
    );
    expect(exitCode).toBe(1);
  });

  test("a poll interval that is too long with events", async () => {
    const { err } = await runSimulate(
      ...["--scalers", FILE, "--compare", "events", "--poll-interval", "30"],
    );
    expect(err).toBe("error --poll-interval: 30 is too long with events; allowed: at most 20\n");
  });

  test("flags of events if no policy has events", async () => {
    const { err } = await runSimulate("--scalers", FILE, "--events-lost", "0.5");
    expect(err).toBe(
      "error --events-lost: is set, but no policy has events; add --compare events, or events to a cluster\n",
    );
  });

  test("a default queue without job files", async () => {
    const { err } = await runSimulate("--scalers", FILE, "--default-queue", "web");
    expect(err).toBe("error --default-queue: is set without --jobs; it is for jobs of files\n");
  });

  test("job files with invalid rows, and names each line", async () => {
    const bad = writeLines(
      "bad.csv",
      "scheduled_at,queue,duration_seconds",
      "today,web,5",
      "2026-01-05T09:00:00Z,web,-1",
    );
    const { err, exitCode } = await runSimulate("--scalers", FILE, "--jobs", bad);
    expect(err).toContain(`error ${bad}:2: scheduled_at`);
    expect(err).toContain(`error ${bad}:3: duration_seconds`);
    expect(exitCode).toBe(1);
  });

  test("job files without a job that a scaler serves", async () => {
    const others = writeLines(
      "others.csv",
      "scheduled_at,queue,duration_seconds",
      "2026-01-05T09:00:00Z,mac,5",
    );
    const { err, exitCode } = await runSimulate("--scalers", FILE, "--jobs", others);
    expect(err).toContain("no job is for a queue that a scaler serves");
    expect(exitCode).toBe(1);
  });

  test.each([
    [["--days", "0"], "a number above 0"],
    [["--from", "yesterday"], "a day such as 2026-01-05"],
    [["--boot", "fast"], "durations such as 45, 45s or 1m30s: one for all, a range 30s..1m"],
    [["--boot", "1m..30s"], "durations such as 45"],
    [["--connect", "90,p95=30s"], "durations such as 45"],
    [["--idle-timeout", "0"], "a duration such as 90s or 5m, or whole seconds; at least 1s"],
    [["--limits", "web=5..1"], "a group with its limits, such as web=1..20"],
    [["--launch-failures", "1"], "a share of at least 0 and below 1"],
    [["--events-lost", "1.1"], "a share from 0 to 1"],
    [["--event-delay", "soon"], "durations such as 45, 45s or 1m30s: one for all, a range 30s..1m"],
    [["--workload", "holidays"], "office-hours"],
    [["--price", "-1"], "a number of at least 0"],
  ])("%j", async (args, allowed) => {
    const { err, exitCode } = await runSimulate("--scalers", FILE, ...args);
    expect(err).toContain(allowed);
    expect(exitCode).toBe(1);
  });
});
