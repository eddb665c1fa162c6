import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { Command } from "commander";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { addReplay } from "../../../cli/replay/command.ts";
import type { History, HistoryEvent } from "../../../local/engine/history.ts";
import { createObservation, runLoop } from "../../support/loop.ts";

const folder = mkdtempSync(join(tmpdir(), "replay-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** Three polls: no jobs, then three for the group of five at most, then as many instances. */
async function recorded(): Promise<History> {
  let poll = 0;
  const seen = [
    () => createObservation(0, 0),
    () => createObservation(3, 0),
    () => createObservation(3, 3),
  ];
  const fetch = () => seen[poll++ % 3]?.();
  const { history } = await runLoop(
    "2026-01-05T09:00:05Z",
    { slotSeconds: 30, publishMetrics: false },
    { "Fetch metrics": fetch },
  );
  return history;
}

const HISTORY = await recorded();

function written(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const OWN = written("own.json", { events: HISTORY });

/** What the command prints, what it says beside, and its exit code. */
async function replayed(args: string[], input = "") {
  const said: { out: string[]; err: string[] } = { out: [], err: [] };
  vi.spyOn(console, "log").mockImplementation((text) => void said.out.push(String(text)));
  vi.spyOn(console, "error").mockImplementation((text) => void said.err.push(String(text)));
  const program = new Command();
  addReplay(program, Readable.from([input]));
  await program.parseAsync(["replay", ...args], { from: "user" });
  const plain = (lines: string[]) => lines.join("\n").split("\n").map(stripVTControlCharacters);
  return { out: plain(said.out), err: plain(said.err), exitCode: process.exitCode };
}

/** The history with some of its events otherwise, or gone. */
function changed(change: (event: HistoryEvent) => HistoryEvent | undefined): History {
  return HISTORY.flatMap((event) => change(structuredClone(event)) ?? []);
}

const answers = HISTORY.filter(
  ({ type, details }) =>
    type === "LambdaFunctionSucceeded" && details.output?.includes("decisions"),
);
const questions = HISTORY.filter(
  ({ type, details }) =>
    type === "LambdaFunctionScheduled" && details.input?.includes('"observation"'),
);

function idOf(event: HistoryEvent | undefined): string {
  if (event === undefined) throw new RangeError("no such event");
  return event.id;
}

describe("replay", () => {
  test("of what was recorded a moment ago differs in nothing", async () => {
    const { out, exitCode } = await replayed([OWN]);
    expect(out).toEqual(["1 execution, 3 polls replayed, 3 decisions compared, none differs"]);
    expect(exitCode).toBe(0);
  });

  test("shows a decision that would be another one today, with both sets of reasons, and fails", async () => {
    const doctored = changed((event) => {
      if (event.id !== idOf(answers[1])) return event;
      const output = event.details.output?.replace('"to":3', '"to":4');
      return { ...event, details: { ...event.details, output: output ?? "" } };
    });
    const { out, exitCode } = await replayed([written("doctored.json", { events: doctored })]);
    expect(out).toEqual([
      "2026-01-05T09:00:15.000Z web: recorded scale-out 0 to 4, today scale-out 0 to 3",
      "  recorded: 3 scheduled + 0 running = 3 jobs; 3 jobs / 1 agent per instance = 3 instances",
      "  today:    3 scheduled + 0 running = 3 jobs; 3 jobs / 1 agent per instance = 3 instances",
      "1 execution, 3 polls replayed, 3 decisions compared, 1 differs",
    ]);
    expect(exitCode).toBe(1);
  });

  test("takes other words for no difference, and shows them when asked", async () => {
    const reworded = changed((event) => {
      if (event.id !== idOf(answers[1])) return event;
      const output = event.details.output?.replace("3 scheduled", "three scheduled");
      return { ...event, details: { ...event.details, output: output ?? "" } };
    });
    const path = written("reworded.json", { events: reworded });
    const quiet = await replayed([path]);
    expect(quiet.out).toEqual([
      "1 execution, 3 polls replayed, 3 decisions compared, none differs, 1 in other words",
    ]);
    expect(quiet.exitCode).toBe(0);
    const { out } = await replayed([path, "--reasons"]);
    expect(out[0]).toBe("2026-01-05T09:00:15.000Z web: scale-out 0 to 3, in other words");
    expect(out[1]).toContain("three scheduled + 0 running");
  });

  test("reads what the AWS CLI prints, of several executions at once", async () => {
    const other = changed((event) => ({ ...event, execution_arn: `${event.execution_arn}-2` }));
    const mixed = HISTORY.flatMap((event, index) => [event, other[index] ?? event]);
    const events = mixed.map((event) => ({ logStreamName: "a", message: JSON.stringify(event) }));
    const { out } = await replayed([written("aws.json", { events, searchedLogStreams: [] })]);
    expect(out).toEqual(["2 executions, 6 polls replayed, 6 decisions compared, none differs"]);
  });

  test("reads standard input", async () => {
    const { out } = await replayed(["-"], HISTORY.map((event) => JSON.stringify(event)).join("\n"));
    expect(out).toEqual(["1 execution, 3 polls replayed, 3 decisions compared, none differs"]);
  });

  test("gives its findings to machines too", async () => {
    const { out } = await replayed([OWN, "--json"]);
    const result = JSON.parse(out.join("\n"));
    expect(result.totals).toEqual({ polls: 3, decisions: 3, differing: 0, reworded: 0, lost: 0 });
    expect(result.executions[0].polls[1].decisions[0].today).toMatchObject({
      scaler: "web",
      to: 3,
    });
  });
});

const AS_RECORDED =
  "each decision alone: facts and cooldowns are as recorded, not as these settings would have made them";

describe("replay under other settings", () => {
  const file = (...scalers: string[]) =>
    written(
      "other.yml",
      [
        "clusters:",
        "  - name: main",
        "    agentTokenParameter: /a",
        "    scalers:",
        ...scalers,
      ].join("\n"),
    );

  test("shows what they would have decided", async () => {
    const two = file("      - {queue: default, group: web, agentsPerInstance: 2}");
    const { out, exitCode } = await replayed([OWN, "--scalers", two]);
    // 3 jobs at 2 agents are 2 instances; of 3 desired, one is too many.
    expect(out).toEqual([
      AS_RECORDED,
      "2026-01-05T09:00:15.000Z web: recorded scale-out 0 to 3, today scale-out 0 to 2",
      expect.stringContaining("3 jobs / 1 agent per instance"),
      expect.stringContaining("3 jobs / 2 agents per instance"),
      "2026-01-05T09:00:25.000Z web: recorded none, today scale-in 3 to 2",
      expect.stringContaining("recorded:"),
      expect.stringContaining("today:"),
      "1 execution, 3 polls replayed, 3 decisions compared, 2 differ",
    ]);
    expect(exitCode).toBe(1);
  });

  test("says which scalers either side lacks, and that nothing is compared", async () => {
    const other = file("      - {queue: default, group: ios, agentsPerInstance: 2}");
    const { out, err, exitCode } = await replayed([OWN, "--scalers", other]);
    expect(out.slice(0, 2)).toEqual([
      "web is not in the scalers file: not replayed",
      "ios was not recorded: there are no facts to decide on",
    ]);
    expect(err.join()).toContain("no scaler in it has the name of one in the scalers file");
    expect(exitCode).toBe(2);
  });

  test("invents no facts of a queue that was not recorded", async () => {
    const other = file("      - {queue: mac, group: web, agentsPerInstance: 2}");
    const { out, exitCode } = await replayed([OWN, "--scalers", other]);
    expect(out[0]).toBe("web: its queue or group was not recorded: not replayed");
    expect(exitCode).toBe(2);
  });

  test("refuses a file with errors", async () => {
    const { err, exitCode } = await replayed([OWN, "--scalers", join(folder, "no.yml")]);
    expect(err[0]).toContain("there is no such file");
    expect(exitCode).toBe(2);
  });
});

test("pages that overlap are read once, and a line that is cut is said and left out", async () => {
  const lines = [...HISTORY, ...HISTORY.slice(3, 9)].map((event) => JSON.stringify(event));
  const path = written("pages.jsonl", [...lines, '{"id":"99","ty'].join("\n"));
  const { out, err, exitCode } = await replayed([path]);
  expect(out).toEqual(["1 execution, 3 polls replayed, 3 decisions compared, none differs"]);
  expect(err).toEqual([`${path}: line ${lines.length + 1} is no JSON, or was cut off: left out`]);
  expect(exitCode).toBe(0);
});

describe("a history that is not whole is said, not guessed:", () => {
  const trial = "trial";

  test.each([
    {
      what: "events that are missing",
      events: changed((event) => (event.id === "5" || event.id === "6" ? undefined : event)),
      said: [`${trial}: events 5 to 6 are missing`],
      polls: 3,
      lost: 0,
    },
    {
      what: "an end that is missing",
      events: HISTORY.slice(0, -1),
      said: [
        `${trial}: nothing is recorded after event ${HISTORY.length - 1}: the execution still runs, or its end is missing`,
      ],
      polls: 3,
      lost: 0,
    },
    {
      what: "an input that is cut",
      events: changed((event) =>
        event.id === idOf(questions[0])
          ? { ...event, details: { input: '{"set', inputDetails: { truncated: true } } }
          : event,
      ),
      said: [`${trial}: the input of event ${idOf(questions[0])} is cut`],
      polls: 2,
      lost: 1,
    },
    {
      what: "an output that was not logged",
      events: changed((event) =>
        event.id === idOf(answers[2]) ? { ...event, details: {} } : event,
      ),
      said: [`${trial}: the output of event ${idOf(answers[2])} is cut`],
      polls: 2,
      lost: 1,
    },
    {
      what: "an answer that is missing",
      events: changed((event) => (event.id === idOf(answers[1]) ? undefined : event)),
      said: [
        `${trial}: event ${idOf(answers[1])} is missing`,
        `${trial}: the answer to event ${idOf(questions[1])} is missing`,
      ],
      polls: 2,
      lost: 1,
    },
    {
      what: "a question that is missing",
      events: changed((event) => (event.id === idOf(questions[1]) ? undefined : event)),
      said: [
        `${trial}: event ${idOf(questions[1])} is missing`,
        expect.stringContaining("and what it was asked is missing"),
      ],
      polls: 2,
      lost: 1,
    },
    {
      what: "a call that failed",
      events: changed((event) =>
        event.id === idOf(answers[0])
          ? { ...event, type: "LambdaFunctionFailed", details: { error: "Lambda.Unknown" } }
          : event,
      ),
      said: [`${trial}: event ${idOf(questions[0])} came to no decision: Lambda.Unknown`],
      polls: 2,
      lost: 1,
    },
  ])("$what", async ({ events, said, polls, lost }) => {
    const { out, exitCode } = await replayed([written("gap.json", { events })]);
    const replayable = lost === 0 ? "" : `, ${lost} poll not replayable`;
    expect(out).toEqual([
      ...said,
      `1 execution, ${polls} polls replayed, ${polls} decisions compared, none differs${replayable}`,
    ]);
    expect(exitCode).toBe(0);
  });
});

describe("what cannot be used at all ends with 2 and what to do:", () => {
  test.each([
    ["a file that is not there", join(folder, "none.json"), "there is no such file"],
    ["a file that is no JSON", written("text.json", "hello"), "line 1 is no JSON"],
    ["JSON that is no history", written("other.json", [{ a: 1 }]), "not an event of an execution"],
    [
      "a history without a poll",
      written("short.json", { events: HISTORY.slice(0, 3) }),
      "has to log with level ALL and execution data",
    ],
  ])("%s", async (_, path, said) => {
    const { err, exitCode } = await replayed([path]);
    expect(err.join("\n")).toContain(said);
    expect(exitCode).toBe(2);
  });
});
