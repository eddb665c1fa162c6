import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Job } from "../../../simulation/fleet/options.ts";
import { BuildsReader, SKIP_REASONS } from "../../../simulation/job-files/builds.ts";
import { JobCollector } from "../../../simulation/job-files/job-collector.ts";
import { msAfterStart } from "../../support/fleet.ts";

/** A time some seconds after the start, as Buildkite writes it. */
function time(seconds: number): string {
  return new Date(msAfterStart(seconds)).toISOString();
}

/** A command job of the REST API: added at 0 s, runnable at 10 s, ran from 20 s to 80 s. */
const JOB = {
  type: "script",
  name: "RSpec",
  agent_query_rules: ["queue=default"],
  state: "passed",
  agent: { name: "my-agent", meta_data: ["queue=default"] },
  created_at: time(0),
  scheduled_at: time(0),
  runnable_at: time(10),
  started_at: time(20),
  finished_at: time(80),
  retried: false,
  matrix: null,
};

/** The same job for the simulator. */
const SIMULATED: Job = {
  queue: "default",
  waitingSinceMs: msAfterStart(0),
  scheduledMs: msAfterStart(10),
  durationMs: 60_000, // 80 - 20
};

function read(text: string, defaultQueue?: string): JobCollector {
  const into = new JobCollector();
  new BuildsReader(into, defaultQueue).read(Buffer.from(text), "builds.json");
  return into;
}

function readJobs(...jobs: object[]): JobCollector {
  return read(JSON.stringify([{ number: 1, state: "passed", jobs }]));
}

function listProblems(text: string): string[] {
  return read(text).problems.map(({ where, what }) => `${where}: ${what}`);
}

describe("a job of a build", () => {
  test("may run from runnable_at, waits from created_at, and has the duration of its run", () => {
    expect(readJobs(JOB)).toMatchObject({ jobs: [SIMULATED], problems: [], skipped: new Map() });
  });

  test("does not wait if it could run at once", () => {
    const { jobs } = readJobs({ ...JOB, runnable_at: time(0) });
    expect(jobs).toStrictEqual([
      { queue: "default", scheduledMs: msAfterStart(0), durationMs: 60_000 },
    ]);
  });

  test("may run from scheduled_at if there is no runnable_at", () => {
    const { jobs } = readJobs({ ...JOB, runnable_at: null, scheduled_at: time(5) });
    expect(jobs).toStrictEqual([{ ...SIMULATED, scheduledMs: msAfterStart(5) }]);
  });

  test("does not run before created_at, although a job of an upload has its build's scheduled_at", () => {
    const { jobs } = readJobs({ ...JOB, runnable_at: null, created_at: time(7) });
    expect(jobs).toStrictEqual([
      { queue: "default", scheduledMs: msAfterStart(7), durationMs: 60_000 },
    ]);
  });

  test.each([
    ["failed and was retried", { state: "failed", retried: true }],
    ["was canceled while it ran", { state: "canceled" }],
    ["timed out", { state: "timed_out" }],
  ])("counts if it %s, because an agent was busy with it", (_, changes) => {
    expect(readJobs({ ...JOB, ...changes }).jobs).toEqual([SIMULATED]);
  });

  test("has the queue of its agent query rules", () => {
    const { jobs } = readJobs({ ...JOB, agent_query_rules: ["os=linux", "queue=arm", "size=l"] });
    expect(jobs.map(({ queue }) => queue)).toEqual(["arm"]);
  });

  test("has the default queue if it has no queue rule and a default is set", () => {
    const noRule = JSON.stringify({
      jobs: [
        { ...JOB, agent_query_rules: ["os=linux"] },
        { ...JOB, agent_query_rules: null },
        { ...JOB, agent_query_rules: ["queue=arm"] },
      ],
    });
    const { jobs, skipped } = read(noRule, "linux");
    expect(jobs.map(({ queue }) => queue)).toEqual(["linux", "linux", "arm"]);
    expect(skipped).toEqual(new Map());
  });

  test.each<[string, object]>([
    [SKIP_REASONS.otherType, { type: "waiter" }],
    [SKIP_REASONS.otherType, { type: "manual" }],
    [SKIP_REASONS.otherType, { type: "trigger" }],
    [SKIP_REASONS.notStarted, { started_at: null }],
    [SKIP_REASONS.notStarted, { started_at: undefined }],
    [SKIP_REASONS.notFinished, { finished_at: null }],
    [SKIP_REASONS.backwards, { finished_at: time(19) }],
    [SKIP_REASONS.noTime, { runnable_at: null, scheduled_at: null }],
    [SKIP_REASONS.noQueue, { agent_query_rules: [] }],
    [SKIP_REASONS.noQueue, { agent_query_rules: ["os=linux", "queuex=a"] }],
    [SKIP_REASONS.manyQueues, { agent_query_rules: ["queue=a", "queue=b"] }],
  ])("is skipped and counted: %s", (reason, changes) => {
    const { jobs, skipped, problems } = readJobs({ ...JOB, ...changes }, JOB);
    expect(skipped).toEqual(new Map([[reason, 1]]));
    expect({ jobs, problems }).toEqual({ jobs: [SIMULATED], problems: [] });
  });

  test("counts once if it is on two pages", () => {
    const page = JSON.stringify([{ jobs: [{ ...JOB, id: "a" }] }]);
    const moved = JSON.stringify([
      {
        jobs: [
          { ...JOB, id: "a" },
          { ...JOB, id: "b" },
        ],
      },
    ]);
    const { jobs, skipped } = read(page + moved);
    expect(jobs).toEqual([SIMULATED, SIMULATED]);
    expect(skipped).toEqual(new Map([[SKIP_REASONS.repeated, 1]]));
  });

  test("counts as finished if it runs on one page and is finished on a later one", () => {
    const running = { jobs: [{ ...JOB, id: "a", finished_at: null }] };
    const finished = { jobs: [{ ...JOB, id: "a" }] };
    const { jobs, skipped } = read(JSON.stringify([running]) + JSON.stringify([finished]));
    expect(jobs).toEqual([SIMULATED]);
    expect(skipped).toEqual(new Map([[SKIP_REASONS.notFinished, 1]]));
  });
});

describe("a file of builds", () => {
  const build = (seconds: number) => ({
    number: seconds,
    jobs: [{ ...JOB, runnable_at: time(seconds) }],
  });
  const pages = [[build(1), build(2)], [build(3)]];

  test.each([
    ["a page", JSON.stringify(pages.flat())],
    ["a list of pages", JSON.stringify(pages)],
    ["pages in a row", pages.map((page) => JSON.stringify(page)).join("")],
    [
      "pages with blank lines between",
      pages.map((page) => JSON.stringify(page, null, 2)).join("\n\n"),
    ],
    [
      "builds in a row",
      pages
        .flat()
        .map((each) => JSON.stringify(each))
        .join("\r\n"),
    ],
  ])("can be %s", (_, text) => {
    const { jobs, problems } = read(text);
    expect(problems).toEqual([]);
    expect(jobs.map(({ scheduledMs }) => scheduledMs)).toEqual([
      msAfterStart(1),
      msAfterStart(2),
      msAfterStart(3),
    ]);
  });

  test("can have brackets, quotes and any script in its texts", () => {
    const texts = { message: 'a "]" and a \\', branch: "}{[", author: "Zoë 建造 🏗" };
    const page = JSON.stringify([{ ...texts, ...build(1) }]);
    const { jobs, problems } = read(page + page);
    expect(problems).toEqual([]);
    expect(jobs).toHaveLength(2);
  });

  test("can have empty pages, such as the one after the last", () => {
    expect(read("[]\n[]")).toMatchObject({ jobs: [], problems: [] });
  });
});

const ALLOWED =
  "allowed: builds with their jobs, as GET /v2/organizations/ORG/builds returns them (without exclude_jobs)";

describe("a problem with builds", () => {
  test.each([
    [`[]\n\n{"message": "Bad credentials"}`, `:3: Buildkite's answer was "Bad credentials"`],
    [`[{"number": 1}]`, ":1: [0]: there is no build with jobs"],
    [`[{"jobs": []}, {"number": 2, "jobs": null}]`, ":1: [1]: there is no build with jobs"],
    [`[[{"jobs": []}], ["x"]]`, ":1: [1][0]: there is no build with jobs"],
    ["{}", ":1: there is no build with jobs"],
  ])("has its location: %s", (text, problem) => {
    expect(listProblems(text)).toEqual([`builds.json${problem}; ${ALLOWED}`]);
  });

  test.each([
    ["[]\n[{]", 2],
    ["[]\n\n[]]", 3],
    [`[]\n[{"jobs": [`, 2],
    [`[]\n["`, 2],
    [`[]\n["\\`, 2],
    ["[]\nHTTP 502", 2],
    ["[]\n,\n[]", 2],
  ])("has the line of the document that is not JSON: %j", (text, line) => {
    const [problem, ...others] = listProblems(text);
    expect(others).toEqual([]);
    expect(problem).toMatch(new RegExp(`^builds\\.json:${line}: is not JSON \\(.+\\); allowed: `));
  });

  test("has the line of the document that is not UTF-8", () => {
    const into = new JobCollector();
    const bytes = Buffer.concat([Buffer.from(`[]\n["`), Buffer.from([0xff]), Buffer.from(`"]`)]);
    new BuildsReader(into).read(bytes, "builds.json");
    expect(into.problems).toEqual([{ where: "builds.json:2", what: `is not UTF-8; ${ALLOWED}` }]);
  });

  test("has its field and what is allowed, and no problem is left out", () => {
    const first = { ...JOB, started_at: "yesterday", finished_at: 1767603600 };
    const second = { ...JOB, agent_query_rules: "queue=a", created_at: "2026-02-30T00:00:00Z" };
    const times =
      "RFC 3339 with seconds and an offset, such as 2026-01-05T09:00:00Z or 2026-01-05T10:00:00.5+01:00";
    expect(listProblems(JSON.stringify([{ jobs: [JOB] }, { jobs: [first, JOB, second] }]))).toEqual(
      [
        `builds.json:1: [1].jobs[0].started_at: "yesterday" is not allowed; allowed: ${times}`,
        `builds.json:1: [1].jobs[0].finished_at: 1767603600 is not allowed; allowed: ${times}`,
        `builds.json:1: [1].jobs[2].agent_query_rules: "queue=a" is not allowed; allowed: a list of rules such as queue=default`,
        `builds.json:1: [1].jobs[2].created_at: "2026-02-30T00:00:00Z" is not allowed; allowed: ${times}`,
      ],
    );
  });

  test.each([
    ["null", "jobs[0]: null is not allowed; allowed: a job"],
    ["7", "jobs[0]: 7 is not allowed; allowed: a job"],
    ["{}", "jobs[0].type: is missing; allowed: the job's type, such as script"],
    [`{"type": 1}`, "jobs[0].type: 1 is not allowed; allowed: the job's type, such as script"],
    [`{"type": "script", "id": 5}`, "jobs[0].id: 5 is not allowed; allowed: the job's id"],
  ])("has its location if a job is %s", (job, problem) => {
    expect(listProblems(`{"jobs": [${job}]}`)).toEqual([`builds.json:1: ${problem}`]);
  });
});

describe("any builds", () => {
  const someBuilds = fc.array(
    fc.record({
      message: fc.string({ unit: "binary", maxLength: 8 }),
      jobs: fc.array(
        fc
          .record({ created: fc.nat(1e6), held: fc.nat(1e4), idle: fc.nat(1e4), ran: fc.nat(1e4) })
          .map(({ created, held, idle, ran }) => ({
            ...JOB,
            created_at: time(created),
            runnable_at: time(created + held),
            started_at: time(created + held + idle),
            finished_at: time(created + held + idle + ran),
          })),
      ),
    }),
  );

  test("result in the same jobs, however they are split into pages and concatenated", () => {
    fc.assert(
      fc.property(
        fc.array(someBuilds),
        fc.constantFrom("", "\n", "\r\n", " \t"),
        fc.constantFrom(0, 2),
        (pages, between, indent) => {
          const whole = read(JSON.stringify(pages.flat()));
          const cut = read(pages.map((page) => JSON.stringify(page, null, indent)).join(between));
          expect(whole.problems).toEqual([]);
          expect(cut).toEqual(whole);
          const jobs = pages.flat().flatMap((build) => build.jobs);
          expect(whole.jobs.map((job) => job.scheduledMs + job.durationMs)).toEqual(
            jobs.map(
              (job) =>
                Date.parse(job.runnable_at) +
                Date.parse(job.finished_at) -
                Date.parse(job.started_at),
            ),
          );
        },
      ),
    );
  });
});
