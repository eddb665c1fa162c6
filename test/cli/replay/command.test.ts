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

/** Records three polls: without jobs, with three jobs, with three jobs and three instances. */
async function recordHistory(): Promise<History> {
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

const HISTORY = await recordHistory();

function writeFile(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const OWN = writeFile("own.json", { events: HISTORY });

/** Runs the command. Returns its output on stdout and stderr, and the exit code. */
async function runReplay(args: string[], input = "") {
  const output: { out: string[]; err: string[] } = { out: [], err: [] };
  vi.spyOn(console, "log").mockImplementation((text) => void output.out.push(String(text)));
  vi.spyOn(console, "error").mockImplementation((text) => void output.err.push(String(text)));
  const program = new Command();
  addReplay(program, Readable.from([input]));
  await program.parseAsync(["replay", ...args], { from: "user" });
  const plain = (lines: string[]) => lines.join("\n").split("\n").map(stripVTControlCharacters);
  return { out: plain(output.out), err: plain(output.err), exitCode: process.exitCode };
}

/** Returns the history with changed events; an event is removed if `change` returns undefined. */
function changeEvents(change: (event: HistoryEvent) => HistoryEvent | undefined): History {
  return HISTORY.flatMap((event) => change(structuredClone(event)) ?? []);
}

const outputs = HISTORY.filter(
  ({ type, details }) =>
    type === "LambdaFunctionSucceeded" && details.output?.includes("decisions"),
);
const inputs = HISTORY.filter(
  ({ type, details }) =>
    type === "LambdaFunctionScheduled" && details.input?.includes('"observation"'),
);

function eventId(event: HistoryEvent | undefined): string {
  if (event === undefined) throw new RangeError("no such event");
  return event.id;
}

describe("replay", () => {
  test("of a history that was recorded with the same code shows no difference", async () => {
    const { out, exitCode } = await runReplay([OWN]);
    expect(out).toEqual(["1 execution, 3 polls replayed, 3 decisions compared, 0 differ"]);
    expect(exitCode).toBe(0);
  });

  test("shows a decision that differs today, with the reasons of both, and fails", async () => {
    const doctored = changeEvents((event) => {
      if (event.id !== eventId(outputs[1])) return event;
      const output = event.details.output?.replace('"to":3', '"to":4');
      return { ...event, details: { ...event.details, output: output ?? "" } };
    });
    const { out, exitCode } = await runReplay([writeFile("doctored.json", { events: doctored })]);
    expect(out).toEqual([
      "2026-01-05T09:00:15.000Z web: recorded scale-out 0 to 4, today scale-out 0 to 3",
      "  recorded: 3 scheduled + 0 running = 3 jobs; 3 jobs / 1 agent per instance = 3 instances",
      "  today:    3 scheduled + 0 running = 3 jobs; 3 jobs / 1 agent per instance = 3 instances",
      "1 execution, 3 polls replayed, 3 decisions compared, 1 differs",
    ]);
    expect(exitCode).toBe(1);
  });

  test("does not count other reasons as a difference, and shows them with --reasons", async () => {
    const reworded = changeEvents((event) => {
      if (event.id !== eventId(outputs[1])) return event;
      const output = event.details.output?.replace("3 scheduled", "three scheduled");
      return { ...event, details: { ...event.details, output: output ?? "" } };
    });
    const path = writeFile("reworded.json", { events: reworded });
    const quiet = await runReplay([path]);
    expect(quiet.out).toEqual([
      "1 execution, 3 polls replayed, 3 decisions compared, 0 differ, 1 with other reasons",
    ]);
    expect(quiet.exitCode).toBe(0);
    const { out } = await runReplay([path, "--reasons"]);
    expect(out[0]).toBe("2026-01-05T09:00:15.000Z web: scale-out 0 to 3, with other reasons");
    expect(out[1]).toContain("three scheduled + 0 running");
  });

  test("reads records in which the answer is the next state with its decisions", async () => {
    const older = changeEvents((event) => {
      if (!outputs.some((output) => event.id === eventId(output))) return event;
      const { decisions, next } = JSON.parse(event.details.output ?? "");
      const output = JSON.stringify({ decisions, ...next });
      return { ...event, details: { ...event.details, output } };
    });
    const { out } = await runReplay([writeFile("older.json", { events: older })]);
    expect(out).toEqual(["1 execution, 3 polls replayed, 3 decisions compared, 0 differ"]);
  });

  test("reads the output of the AWS CLI, with several executions", async () => {
    const other = changeEvents((event) => ({
      ...event,
      execution_arn: `${event.execution_arn}-2`,
    }));
    const mixed = HISTORY.flatMap((event, index) => [event, other[index] ?? event]);
    const events = mixed.map((event) => ({ logStreamName: "a", message: JSON.stringify(event) }));
    const { out } = await runReplay([writeFile("aws.json", { events, searchedLogStreams: [] })]);
    expect(out).toEqual(["2 executions, 6 polls replayed, 6 decisions compared, 0 differ"]);
  });

  test("reads standard input", async () => {
    const { out } = await runReplay(
      ["-"],
      HISTORY.map((event) => JSON.stringify(event)).join("\n"),
    );
    expect(out).toEqual(["1 execution, 3 polls replayed, 3 decisions compared, 0 differ"]);
  });

  test("prints the result as JSON with --json", async () => {
    const { out } = await runReplay([OWN, "--json"]);
    const result = JSON.parse(out.join("\n"));
    expect(result.totals).toEqual({ polls: 3, decisions: 3, differing: 0, reworded: 0, lost: 0 });
    expect(result.executions[0].polls[1].decisions[0].today).toMatchObject({
      scaler: "web",
      to: 3,
    });
  });
});

const AS_RECORDED =
  "each decision is replayed alone: facts and cooldowns stay as recorded, even if these settings would have changed them";

describe("replay under other settings", () => {
  const file = (...scalers: string[]) =>
    writeFile(
      "other.yml",
      [
        "clusters:",
        "  - name: main",
        "    agentTokenParameter: /a",
        "    scalers:",
        ...scalers,
      ].join("\n"),
    );

  test("shows the decisions under these settings", async () => {
    const two = file("      - {queue: default, group: web, agentsPerInstance: 2}");
    const { out, exitCode } = await runReplay([OWN, "--scalers", two]);
    // 3 jobs at 2 agents are 2 instances; of 3 desired, one is too many.
    expect(out).toEqual([
      AS_RECORDED,
      "2026-01-05T09:00:15.000Z web: recorded scale-out 0 to 3, today scale-out 0 to 2",
      expect.stringContaining("3 jobs / 1 agent per instance"),
      expect.stringContaining("3 jobs / 2 agents per instance"),
      "2026-01-05T09:00:25.000Z web: recorded stays at 3, today scale-in 3 to 2",
      expect.stringContaining("recorded:"),
      expect.stringContaining("today:"),
      "1 execution, 3 polls replayed, 3 decisions compared, 2 differ",
    ]);
    expect(exitCode).toBe(1);
  });

  test("reports scalers that only one side has, and that nothing is compared", async () => {
    const other = file("      - {queue: default, group: ios, agentsPerInstance: 2}");
    const { out, err, exitCode } = await runReplay([OWN, "--scalers", other]);
    expect(out.slice(0, 2)).toEqual([
      "web is not in the scalers file, and is not replayed",
      "ios was not recorded: there are no facts for its decision",
    ]);
    expect(err.join()).toContain("contains no scaler of the scalers file");
    expect(exitCode).toBe(2);
  });

  test("does not replay a scaler whose queue was not recorded", async () => {
    const other = file("      - {queue: mac, group: web, agentsPerInstance: 2}");
    const { out, exitCode } = await runReplay([OWN, "--scalers", other]);
    expect(out[0]).toBe(
      "web is not replayed, because its group or one of its queues was not recorded",
    );
    expect(exitCode).toBe(2);
  });

  test("refuses a scalers file with problems", async () => {
    const { err, exitCode } = await runReplay([OWN, "--scalers", join(folder, "no.yml")]);
    expect(err[0]).toContain("there is no such file");
    expect(exitCode).toBe(2);
  });
});

test("overlapping pages are read once, and a truncated line is reported and left out", async () => {
  const lines = [...HISTORY, ...HISTORY.slice(3, 9)].map((event) => JSON.stringify(event));
  const path = writeFile("pages.jsonl", [...lines, '{"id":"99","ty'].join("\n"));
  const { out, err, exitCode } = await runReplay([path]);
  expect(out).toEqual(["1 execution, 3 polls replayed, 3 decisions compared, 0 differ"]);
  expect(err).toEqual([
    `${path}: line ${lines.length + 1} is not JSON, or was cut off; it is left out`,
  ]);
  expect(exitCode).toBe(0);
});

describe("a gap in a history is reported:", () => {
  const name = "trial";

  test.each([
    {
      what: "missing events",
      events: changeEvents((event) => (event.id === "5" || event.id === "6" ? undefined : event)),
      said: [`${name}: events 5 to 6 are missing`],
      polls: 3,
      lost: 0,
    },
    {
      what: "a missing end",
      events: HISTORY.slice(0, -1),
      said: [
        `${name}: there is no event after event ${HISTORY.length - 1}: the execution is still running, or its end is missing`,
      ],
      polls: 3,
      lost: 0,
    },
    {
      what: "a truncated input",
      events: changeEvents((event) =>
        event.id === eventId(inputs[0])
          ? { ...event, details: { input: '{"set', inputDetails: { truncated: true } } }
          : event,
      ),
      said: [`${name}: the input of event ${eventId(inputs[0])} is truncated, or was not logged`],
      polls: 2,
      lost: 1,
    },
    {
      what: "an output that was not logged",
      events: changeEvents((event) =>
        event.id === eventId(outputs[2]) ? { ...event, details: {} } : event,
      ),
      said: [`${name}: the output of event ${eventId(outputs[2])} is truncated, or was not logged`],
      polls: 2,
      lost: 1,
    },
    {
      what: "a missing result",
      events: changeEvents((event) => (event.id === eventId(outputs[1]) ? undefined : event)),
      said: [
        `${name}: event ${eventId(outputs[1])} is missing`,
        `${name}: the result of event ${eventId(inputs[1])} is missing`,
      ],
      polls: 2,
      lost: 1,
    },
    {
      what: "a missing input",
      events: changeEvents((event) => (event.id === eventId(inputs[1]) ? undefined : event)),
      said: [
        `${name}: event ${eventId(inputs[1])} is missing`,
        expect.stringContaining("enters Compute capacity, but the function's input is missing"),
      ],
      polls: 2,
      lost: 1,
    },
    {
      what: "a failed call",
      events: changeEvents((event) =>
        event.id === eventId(outputs[0])
          ? { ...event, type: "LambdaFunctionFailed", details: { error: "Lambda.Unknown" } }
          : event,
      ),
      said: [`${name}: the call of event ${eventId(inputs[0])} failed: Lambda.Unknown`],
      polls: 2,
      lost: 1,
    },
  ])("$what", async ({ events, said, polls, lost }) => {
    const { out, exitCode } = await runReplay([writeFile("gap.json", { events })]);
    const replayable = lost === 0 ? "" : `, ${lost} poll not replayable`;
    expect(out).toEqual([
      ...said,
      `1 execution, ${polls} polls replayed, ${polls} decisions compared, 0 differ${replayable}`,
    ]);
    expect(exitCode).toBe(0);
  });
});

describe("the exit code is 2, with the reason, for", () => {
  test.each([
    ["a file that does not exist", join(folder, "none.json"), "there is no such file"],
    ["a file that is not JSON", writeFile("text.json", "hello"), "line 1 is not JSON"],
    [
      "JSON that is not a history",
      writeFile("other.json", [{ a: 1 }]),
      "not an event of an execution",
    ],
    [
      "a history without a poll",
      writeFile("short.json", { events: HISTORY.slice(0, 3) }),
      "must log with level ALL and with execution data",
    ],
  ])("%s", async (_, path, said) => {
    const { err, exitCode } = await runReplay([path]);
    expect(err.join("\n")).toContain(said);
    expect(exitCode).toBe(2);
  });
});
