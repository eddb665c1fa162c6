import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appearanceMs } from "../../../simulation/fleet/options.ts";
import { SKIP_REASONS } from "../../../simulation/job-files/builds.ts";
import { dropUnservedJobs, readJobFiles } from "../../../simulation/job-files/job-file.ts";
import { createJob, msAfterStart } from "../../support/fleet.ts";

const HEADER = "scheduled_at,queue,duration_seconds";
const MARK = "\uFEFF";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "job-files-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function file(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function time(seconds: number): string {
  return new Date(msAfterStart(seconds)).toISOString();
}

/** A CSV row of a job that runs for a second. */
function row(seconds: number, queue = "default"): string {
  return `${time(seconds)},${queue},1`;
}

/** A job of a build that is added at `added` seconds, can run at `runnable`, and runs for a second. */
function buildJob(added: number, runnable: number, changes: object = {}): object {
  return {
    type: "script",
    agent_query_rules: ["queue=default"],
    created_at: time(added),
    scheduled_at: time(added),
    runnable_at: time(runnable),
    started_at: time(runnable + 100),
    finished_at: time(runnable + 101),
    ...changes,
  };
}

describe("job files", () => {
  test("can be a CSV and builds, and their jobs are merged in the order of appearance", () => {
    const csv = file("jobs.csv", [HEADER, row(30), row(10), row(20)].join("\n"));
    // It appears at 15 s, but it may run last.
    const builds = file("builds.json", JSON.stringify([{ jobs: [buildJob(15, 40)] }]));
    const { jobs, problems } = readJobFiles([csv, builds]);
    expect(problems).toEqual([]);
    expect(jobs).toEqual([
      createJob(10, 1),
      { ...createJob(40, 1), waitingSinceMs: msAfterStart(15) },
      createJob(20, 1),
      createJob(30, 1),
    ]);
  });

  test("keep the order of jobs that appear at the same time", () => {
    const csv = file("same.csv", [HEADER, row(5, "b"), row(5, "a"), row(0, "c")].join("\n"));
    expect(readJobFiles([csv, csv]).jobs.map(({ queue }) => queue)).toEqual([
      ...["c", "c"],
      ...["b", "a", "b", "a"],
    ]);
  });

  test.each([
    ["a CSV", `${HEADER}\n${row(1)}`],
    ["a CSV with a byte order mark", `${MARK}${HEADER}\r\n${row(1)}\r\n`],
    ["a page of builds", JSON.stringify([{ jobs: [buildJob(1, 1)] }])],
    ["a build", JSON.stringify({ jobs: [buildJob(1, 1)] })],
    [
      "builds after a byte order mark and blank lines",
      `${MARK}\n \n${JSON.stringify([{ jobs: [buildJob(1, 1)] }])}`,
    ],
  ])("are recognized by their content, not by their name: %s", (_, content) => {
    expect(readJobFiles([file("jobs.txt", content)])).toEqual({
      jobs: [createJob(1, 1)],
      skipped: [],
      problems: [],
    });
  });

  test("count the skipped jobs of all files, the most frequent reason first", () => {
    const unfinished = buildJob(0, 0, { finished_at: null });
    const wait = { type: "waiter" };
    const [first, second] = [
      file("1.json", JSON.stringify([{ jobs: [unfinished, wait, buildJob(0, 0, { id: "a" })] }])),
      file("2.json", JSON.stringify([{ jobs: [wait, buildJob(0, 0, { id: "a" }), wait] }])),
    ];
    const { jobs, skipped } = readJobFiles([first, second]);
    expect(jobs).toEqual([createJob(0, 1)]);
    expect(skipped).toEqual([
      { reason: SKIP_REASONS.otherType, count: 3 }, // 1 + 2
      { reason: SKIP_REASONS.notFinished, count: 1 },
      { reason: SKIP_REASONS.repeated, count: 1 },
    ]);
  });

  test("use the default queue for builds", () => {
    const path = file(
      "rules.json",
      JSON.stringify({ jobs: [buildJob(0, 0, { agent_query_rules: [] })] }),
    );
    expect(readJobFiles([path], { defaultQueue: "linux" }).jobs).toEqual([
      createJob(0, 1, "linux"),
    ]);
    expect(readJobFiles([path])).toMatchObject({
      jobs: [],
      skipped: [{ reason: SKIP_REASONS.noQueue, count: 1 }],
    });
  });
});

const ALLOWED =
  "allowed: a CSV with the header scheduled_at,queue,duration_seconds, or builds as Buildkite's REST API returns them";

describe("with any problem", () => {
  test("there are no jobs, and the problems of all files are reported", () => {
    const good = file("good.csv", `${HEADER}\n${row(1)}`);
    const bad = file("bad.csv", `${HEADER}\n${row(1)}\nx,q,1`);
    const worse = file("worse.json", `{"message": "Bad credentials"}`);
    const { jobs, problems } = readJobFiles([bad, good, worse]);
    expect(jobs).toEqual([]);
    expect(problems.map(({ where }) => where)).toEqual([`${bad}:3: scheduled_at`, `${worse}:1`]);
  });

  test.each([
    ["is empty", ""],
    ["is empty", MARK],
    ["is empty", " \r\n\t\n"],
    ["is not UTF-8", Buffer.from([0x71, 0xff])],
    ["is not UTF-8", Buffer.from(`\uFEFF${HEADER}`, "utf16le")],
  ])("a file that %s is reported", (what, content) => {
    const path = file("odd", content);
    expect(readJobFiles([path]).problems).toEqual([{ where: path, what: `${what}; ${ALLOWED}` }]);
  });

  test("a missing file and a directory are reported", () => {
    const [missing, folder] = [join(directory, "missing.csv"), join(directory, "folder")];
    mkdirSync(folder);
    expect(readJobFiles([missing, folder]).problems).toEqual([
      { where: missing, what: `there is no such file; ${ALLOWED}` },
      { where: folder, what: `cannot be read: EISDIR; ${ALLOWED}` },
    ]);
  });
});

describe("any jobs in any files", () => {
  test("are read once each, in the order of appearance", () => {
    const aFile = fc.array(fc.record({ seconds: fc.nat(50), held: fc.nat(20) }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(aFile, { maxLength: 3 }), fc.boolean(), (files, isCsv) => {
        const paths = files.map((jobs, index) =>
          isCsv
            ? file(`${index}`, [HEADER, ...jobs.map(({ seconds }) => row(seconds))].join("\n"))
            : file(
                `${index}`,
                JSON.stringify([
                  { jobs: jobs.map(({ seconds, held }) => buildJob(seconds, seconds + held)) },
                ]),
              ),
        );
        const { jobs } = readJobFiles(paths);
        const appeared = files.flat().map(({ seconds }) => msAfterStart(seconds));
        expect(jobs.map(appearanceMs)).toEqual(appeared.toSorted((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });
});

describe("jobs that no scaler serves", () => {
  test("are dropped and counted by queue, and the others keep their order", () => {
    const [a, b, c] = ["a", "b", "c"].map((queue) => createJob(0, 1, queue));
    const jobs = [a, b, c, b, a].filter((each) => each !== undefined);
    expect(dropUnservedJobs(jobs, ["a", "unused"])).toEqual({
      jobs: [a, a],
      unserved: new Map([
        ["b", 2],
        ["c", 1],
      ]),
    });
  });

  test("do not exist if every queue is served", () => {
    const jobs = [createJob(0, 1, "__proto__"), createJob(1, 1, "a")];
    expect(dropUnservedJobs(jobs, new Set(["a", "__proto__"]))).toEqual({
      jobs,
      unserved: new Map(),
    });
  });
});
