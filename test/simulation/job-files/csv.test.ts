import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCsv } from "../../../simulation/job-files/csv.ts";
import { JobCollector } from "../../../simulation/job-files/job-collector.ts";

const HEADER = "scheduled_at,queue,duration_seconds";

/** 9 o'clock on a Monday. */
const NINE_MS = Date.parse("2026-01-05T09:00:00Z");

function read(text: string): JobCollector {
  const into = new JobCollector();
  readCsv(text, "jobs.csv", into);
  return into;
}

function listProblems(...rows: string[]): string[] {
  const { problems } = read([HEADER, ...rows].join("\n"));
  return problems.map(({ where, what }) => `${where}: ${what}`);
}

describe("a CSV of jobs", () => {
  test("is a header and one job per row, in the order of the file", () => {
    const { jobs, problems } = read(
      `${HEADER}\n2026-01-05T09:00:00Z,default,90\n2026-01-05T08:59:00Z,arm,0\n`,
    );
    expect(problems).toEqual([]);
    expect(jobs).toEqual([
      { queue: "default", scheduledMs: NINE_MS, durationMs: 90_000 },
      { queue: "arm", scheduledMs: NINE_MS - 60_000, durationMs: 0 },
    ]);
  });

  test("can have its columns in any order, and other columns", () => {
    const { jobs } = read(
      `duration_seconds,command,queue,scheduled_at\n7,make,default,2026-01-05T09:00:00Z`,
    );
    expect(jobs).toEqual([{ queue: "default", scheduledMs: NINE_MS, durationMs: 7000 }]);
  });

  test.each([
    ["with another offset", "2026-01-05T10:00:00+01:00,q,1", 0],
    ["with a half-hour offset", "2026-01-05T14:30:00+05:30,q,1", 0],
    ["with a fraction", "2026-01-05T09:00:00.25Z,q,1", 250],
    ["on the last day of February in a leap year", "2024-02-29T09:00:00Z,q,1", -58_406_400_000],
  ])("accepts a time %s", (_, row, afterMs) => {
    // From 29 February 2024 there are 307 days to 2025, 365 to 2026 and 4 to 5 January:
    // 676 * 86,400,000 ms = 58,406,400,000 ms.
    expect(read(`${HEADER}\n${row}`).jobs).toEqual([
      { queue: "q", scheduledMs: NINE_MS + afterMs, durationMs: 1000 },
    ]);
  });

  test.each([
    ["0", 0],
    ["0.0004", 0],
    ["1.1", 1100],
    ["12.3456", 12_346],
    ["007", 7000],
  ])("accepts %s seconds and rounds them to milliseconds", (seconds, durationMs) => {
    expect(read(`${HEADER}\n2026-01-05T09:00:00Z,q,${seconds}`).jobs[0]?.durationMs).toBe(
      durationMs,
    );
  });

  test("can have quotes, line breaks in quotes, spaces around fields, CRLF and blank lines", () => {
    const { jobs, problems } = read(
      `"scheduled_at", queue ,duration_seconds,note\r\n\r\n"2026-01-05T09:00:00Z",my queue , 5,"a ""b"",\r\nc"\r\n`,
    );
    expect(problems).toEqual([]);
    expect(jobs).toEqual([{ queue: "my queue", scheduledMs: NINE_MS, durationMs: 5000 }]);
  });

  test("has no jobs if there is only a header", () => {
    expect(read(HEADER)).toMatchObject({ jobs: [], problems: [] });
  });
});

describe("a header", () => {
  test.each([
    ["scheduled_at,queue", `"duration_seconds" is missing;`],
    [
      "scheduled_at,queue,duration_secs",
      `"duration_seconds" is missing (is "duration_secs" meant?);`,
    ],
    ["scheduled_at,queue,duration_seconds,queue", `"queue" is there 2 times;`],
    ["Scheduled_At;queue;duration_seconds", `"scheduled_at" is missing; "queue" is missing; "dura`],
    ["2026-01-05T09:00:00Z,default,90", `"scheduled_at" is missing; "queue" is missing; "dura`],
  ])("that is wrong, here %s, is the only problem of its file", (header, what) => {
    const { jobs, problems } = read(`\n${header}\nx\n2026-01-05T09:00:00Z,default,90,1`);
    expect(jobs).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.where).toMatch(/^jobs\.csv:[12]: header$/);
    expect(problems[0]?.what.startsWith(what)).toBe(true);
    expect(problems[0]?.what).toContain(
      "allowed: scheduled_at,queue,duration_seconds once each, in any order; others are ignored",
    );
  });
});

const TIME = "2026-01-05T09:00:00Z";

describe("a bad row", () => {
  test.each([
    ["yesterday"],
    ["1767603600"],
    ["2026-01-05"],
    ["2026-01-05T09:00:00"],
    ["2026-01-05 09:00:00Z"],
    ["2026-01-05T09:00Z"],
    ["2026-01-05t09:00:00z"],
    ["2026-02-29T09:00:00Z"],
    ["2026-04-31T09:00:00Z"],
    ["2026-13-01T09:00:00Z"],
    ["2026-01-05T24:00:00Z"],
    ["2026-01-05T09:60:00Z"],
    ["2026-01-05T09:00:00+99:00"],
  ])("has the time %s", (time) => {
    expect(listProblems(`${time},default,90`)).toEqual([
      `jobs.csv:2: scheduled_at: "${time}" is not allowed; allowed: RFC 3339 with seconds and an offset, such as 2026-01-05T09:00:00Z or 2026-01-05T10:00:00.5+01:00`,
    ]);
  });

  test.each([["-1"], ["+1"], ["1e3"], ["0x10"], [".5"], ["5."], ["1:30"], ["90s"], ["NaN"]])(
    "has the duration %s",
    (seconds) => {
      expect(listProblems(`${TIME},default,${seconds}`)).toEqual([
        `jobs.csv:2: duration_seconds: "${seconds}" is not allowed; allowed: seconds as a decimal number of at least 0, such as 90 or 12.5`,
      ]);
    },
  );

  test("has a duration that is too long, which the message truncates", () => {
    const [problem] = listProblems(`${TIME},default,${"9".repeat(400)}`);
    expect(problem).toContain(`duration_seconds: "${"9".repeat(60)}..." is not allowed`);
  });

  test("has a comma instead of a decimal point, so it has one field too many", () => {
    expect(listProblems(`${TIME},default,1,5`)).toEqual([
      "jobs.csv:2: the row has 4 fields; allowed: 3, as in the header",
    ]);
  });

  test.each([
    [`${TIME},"que"ue,90`, `"\\"que\\"ue" is not allowed`],
    [`${TIME},que"ue,90`, `"que\\"ue" is not allowed`],
    [`${TIME},"a\nb",90`, `"a\\nb" is not allowed`],
    [`${TIME},,90`, "is empty"],
    [`${TIME}," ",90`, "is empty"],
  ])("has an invalid queue name: %j", (row, what) => {
    expect(listProblems(row)).toEqual([
      `jobs.csv:2: queue: ${what}; allowed: the name of a queue, without quotes`,
    ]);
  });

  test("is reported with its line and everything that is wrong with it, and so are all other bad rows", () => {
    const problems = listProblems(
      "x,,-1", // 2
      `${TIME},default,90`, // 3
      "", // 4
      `${TIME},"a`, // 5, on two lines
      `b",1`, // 6
      `${TIME},"z"w,1`, // 7
      "  ", // 8
      `${TIME},default`, // 9
      `${TIME},default,1`, // 10
      ",,", // 11
    );
    expect(problems.map((problem) => problem.split(/: (?!allowed)/, 2).join(" "))).toEqual([
      "jobs.csv:2 scheduled_at",
      "jobs.csv:2 queue",
      "jobs.csv:2 duration_seconds",
      "jobs.csv:5 queue",
      "jobs.csv:7 queue",
      "jobs.csv:8 the row has 1 field; allowed",
      "jobs.csv:9 the row has 2 fields; allowed",
      "jobs.csv:11 scheduled_at",
      "jobs.csv:11 queue",
      "jobs.csv:11 duration_seconds",
    ]);
  });

  test("is reported with the right line after CRLF within quotes", () => {
    const { problems } = read(
      `${HEADER},note\r\n${TIME},q,1,"a\r\nb\r\nc"\r\n${TIME},q,x,"d\r\ne"\r\n${TIME},q,y,\r\n`,
    );
    // The header on line 1, a row on 2 to 4, a row on 5 and 6, a row on 7.
    expect(problems.map(({ where }) => where)).toEqual([
      "jobs.csv:5: duration_seconds",
      "jobs.csv:7: duration_seconds",
    ]);
  });

  test("opens a quote and never closes it, and the problems before it are reported too", () => {
    expect(listProblems("x,q,1", `${TIME},"default,1`, `${TIME},default,1`)).toEqual([
      expect.stringMatching(/^jobs\.csv:2: scheduled_at: /),
      "jobs.csv:3: a quote opens here or further down and is never closed; allowed: pairs of quotes",
    ]);
  });
});

const aJob = fc.record({
  queue: fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
    .filter((queue) => queue === queue.trim() && !/["\p{Cc}]/u.test(queue)),
  scheduledMs: fc.integer({ min: 0, max: Date.parse("9999-12-31T23:59:59.999Z") }),
  durationMs: fc.nat(1e9),
});

describe("any jobs", () => {
  test("are read as they were written, with any line break, quoted or not", () => {
    fc.assert(
      fc.property(
        fc.array(aJob),
        fc.constantFrom("\n", "\r\n"),
        fc.boolean(),
        (jobs, lineBreak, isQuoted) => {
          const rows = jobs.map(({ queue, scheduledMs, durationMs }) => {
            const name = isQuoted || queue.includes(",") ? `"${queue}"` : queue;
            return [new Date(scheduledMs).toISOString(), name, durationMs / 1000].join(",");
          });
          expect(read([HEADER, ...rows].join(lineBreak))).toMatchObject({ jobs, problems: [] });
        },
      ),
    );
  });

  test("are read among bad rows, and exactly the bad rows are reported", () => {
    const aRow = fc.oneof(
      fc.constantFrom(`${TIME},q,1`, `${TIME},"q",0.5`).map((row) => ({ row, isBad: false })),
      fc
        .constantFrom("x", `${TIME},q,-1`, `${TIME},q"q,1`, `${TIME},"q"q,1`, `y,q,1`, `${TIME},q`)
        .map((row) => ({ row, isBad: true })),
    );
    fc.assert(
      fc.property(fc.array(aRow), (rows) => {
        const { jobs, problems } = read([HEADER, ...rows.map(({ row }) => row)].join("\n"));
        const bad = rows.flatMap(({ isBad }, index) => (isBad ? [index + 2] : []));
        expect(problems.map(({ where }) => Number(where.split(":")[1]))).toEqual(bad);
        expect(jobs).toHaveLength(rows.length - bad.length);
      }),
    );
  });
});
