import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Definition } from "../../../config/definition.ts";
import {
  countLoggedBytes,
  cutIntoPolls,
  type EventDetails,
  type HistoryEvent,
  listStatesEntered,
  parseHistories,
  readHistories,
  writeHistory,
} from "../../../local/engine/history.ts";
import type { Handler } from "../../../local/engine/invoke-lambda.ts";
import { runExecution } from "../../../local/engine/run-execution.ts";
import { runInVirtualTime } from "../../../local/engine/virtual-time.ts";

const START = Date.parse("2026-01-05T09:00:00Z");
const ARN = "arn:aws:states:eu-west-1:123456789012:express:scaling-loop";
const FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:scaling-loop-work";

const definition: Definition = {
  StartAt: "Work",
  States: {
    Work: {
      Type: "Task",
      Resource: FUNCTION_ARN,
      TimeoutSeconds: 17,
      Parameters: { "only.$": "$.only" },
      ResultPath: "$.result",
      Retry: [{ ErrorEquals: ["Flaky"], IntervalSeconds: 2, MaxAttempts: 1 }],
      Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.fault", Next: "Done" }],
      Next: "Done",
    },
    Done: { Type: "Succeed" },
  },
};

function recordHistory(work: Handler, onEvent?: (event: HistoryEvent) => void) {
  return runInVirtualTime(START, async () => {
    const options = { definition, handlers: { Work: work }, input: { only: "ü" }, name: "trial" };
    const execution = runExecution(onEvent === undefined ? options : { ...options, onEvent });
    return (await execution.outcome).history;
  });
}

class Flaky extends Error {
  override readonly name = "Flaky";
}

const fail: Handler = () => {
  throw new Flaky("again");
};

const WHOLE = { truncated: false };

describe("a history", () => {
  test("has the events that Express writes to CloudWatch Logs", async () => {
    const history = await recordHistory(() => 7);
    const input = '{"only":"ü"}';
    const output = '{"only":"ü","result":7}';
    const told: [string, EventDetails][] = [
      ["ExecutionStarted", { input, inputDetails: WHOLE }],
      ["TaskStateEntered", { name: "Work", input, inputDetails: WHOLE }],
      [
        "LambdaFunctionScheduled",
        { input, inputDetails: WHOLE, resource: FUNCTION_ARN, timeoutInSeconds: 17 },
      ],
      ["LambdaFunctionStarted", {}],
      ["LambdaFunctionSucceeded", { output: "7", outputDetails: WHOLE }],
      ["TaskStateExited", { name: "Work", output, outputDetails: WHOLE }],
      ["SucceedStateEntered", { name: "Done", input: output, inputDetails: WHOLE }],
      ["SucceedStateExited", { name: "Done", output, outputDetails: WHOLE }],
      ["ExecutionSucceeded", { output, outputDetails: WHOLE }],
    ];
    expect(history.map(({ type, details }) => [type, details])).toEqual(told);
  });

  test("numbers its events; the chain begins with the second", async () => {
    const history = await recordHistory(() => 7);
    expect(history.map(({ id }) => id).join(" ")).toBe("1 2 3 4 5 6 7 8 9");
    expect(history.map(({ previous_event_id }) => previous_event_id).join(" ")).toBe(
      "0 0 2 3 4 5 6 7 8",
    );
    expect(new Set(history.map(({ execution_arn }) => execution_arn)).size).toBe(1);
  });

  test("has each attempt of a Task, and the last failure in the state", async () => {
    const history = await recordHistory(fail);
    expect(
      history.map(({ type, event_timestamp }) => [type, Number(event_timestamp) - START]),
    ).toEqual([
      ["ExecutionStarted", 0],
      ["TaskStateEntered", 0],
      ["LambdaFunctionScheduled", 0],
      ["LambdaFunctionStarted", 0],
      ["LambdaFunctionFailed", 0],
      ["LambdaFunctionScheduled", 2000], // IntervalSeconds
      ["LambdaFunctionStarted", 2000],
      ["LambdaFunctionFailed", 2000],
      ["TaskStateExited", 2000],
      ["SucceedStateEntered", 2000],
      ["SucceedStateExited", 2000],
      ["ExecutionSucceeded", 2000],
    ]);
    const { error, cause } = history[7]?.details ?? {};
    expect(error).toBe("Flaky");
    const { only, fault } = JSON.parse(history[8]?.details.output ?? "");
    expect({ only, fault }).toEqual({ only: "ü", fault: { Error: "Flaky", Cause: cause } });
  });

  test("is reported event by event, in order", async () => {
    const heard: HistoryEvent[] = [];
    const history = await recordHistory(fail, (event) => heard.push(event));
    expect(heard).toEqual(history);
  });

  test("is the same after it was written to a file and read again", async () => {
    const folder = await mkdtemp(join(tmpdir(), "history-"));
    const history = await recordHistory(fail);
    const file = join(folder, "history.json");
    await writeHistory(file, history);
    expect(await readHistories(file)).toEqual([history]);
    await rm(folder, { recursive: true });
  });
});

function event(id: number, type: string, details: object = {}, execution = "one") {
  return {
    id: String(id),
    type,
    details,
    previous_event_id: String(id - 1),
    event_timestamp: String(START + id),
    execution_arn: `${ARN}:${execution}`,
    redrive_count: "0",
  };
}

describe("the output of the AWS CLI", () => {
  /** Two executions, interleaved and out of order, as in a log group. */
  const logged = [
    event(
      1,
      "ExecutionStarted",
      { input: "{}", inputDetails: WHOLE, roleArn: "arn:of:a:role" },
      "two",
    ),
    event(2, "LambdaFunctionScheduled", { resource: FUNCTION_ARN, timeoutInSeconds: "17" }),
    event(10, "ExecutionSucceeded", { output: "{}", outputDetails: WHOLE }),
    event(1, "ExecutionStarted", { input: "{}", inputDetails: WHOLE }),
  ];
  const around = (message: string) => ({
    logStreamName: "states/scaling-loop/2026-01-05-09-00/abc",
    timestamp: START,
    message,
    ingestionTime: START + 900,
    eventId: "39",
  });
  const lines = logged.map((each) => JSON.stringify(each));

  const PRINTED = [
    { how: "as it is", text: JSON.stringify({ events: lines.map(around) }, undefined, 4) },
    { how: "with --query 'events[].message'", text: JSON.stringify(lines, undefined, 4) },
    { how: "one a line", text: `${lines.join("\n")}\n` },
    { how: "one event only", text: lines[3] ?? "", ids: [["1"]] },
  ];

  test.each(PRINTED)("is read $how", ({ text, ids = [["1"], ["1", "2", "10"]] }) => {
    expect(parseHistories(text).map((history) => history.map(({ id }) => id))).toEqual(ids);
  });

  test("contains the same events as a history of the engine", () => {
    const [, one = []] = parseHistories(lines.join("\n"));
    expect(one[1]).toEqual({
      id: "2",
      type: "LambdaFunctionScheduled",
      details: { resource: FUNCTION_ARN, timeoutInSeconds: 17 },
      previous_event_id: "1",
      event_timestamp: String(START + 2),
      execution_arn: `${ARN}:one`,
    });
  });

  const REFUSED = [
    { text: `${lines[0]}\nREPORT RequestId`, said: "line 2 is not JSON" },
    { text: '{"level":"INFO"}', said: "not an event of an execution" },
  ];

  test.each(REFUSED)("is refused if it is something else: $said", ({ text, said }) => {
    expect(() => parseHistories(text)).toThrow(said);
  });
});

describe("from a history", () => {
  const enterEvent = (id: number, name: string) => event(id, "TaskStateEntered", { name });
  const history = [
    event(1, "ExecutionStarted"),
    enterEvent(2, "Claim slot"),
    enterEvent(3, "Fetch metrics"),
    enterEvent(4, "Compute capacity"),
    enterEvent(5, "Fetch metrics"),
    event(6, "ExecutionSucceeded"),
  ];

  test("polls are cut: each lasts from one Fetch metrics to the next, or to the end", () => {
    const ids = cutIntoPolls(history).map((poll) => poll.map(({ id }) => id));
    expect(ids).toEqual([
      ["3", "4"],
      ["5", "6"],
    ]);
  });

  test("the states are listed in the order in which they were entered", () => {
    expect(listStatesEntered(history)).toEqual([
      "Claim slot",
      "Fetch metrics",
      "Compute capacity",
      "Fetch metrics",
    ]);
  });

  const SIZES: { details: EventDetails; bytes: number }[] = [
    { details: { input: '{"a":1}' }, bytes: 19 }, // "input":"{\"a\":1}" with two backslashes
    { details: { output: '"ü"' }, bytes: 17 }, // "output":"\"ü\"": ü is two bytes of UTF-8
    { details: { error: "Flaky", cause: "again" }, bytes: 31 }, // "error":"Flaky","cause":"again"
  ];

  test.each(SIZES)(
    "the details of an event add to its size as they are sent: $details, $bytes bytes",
    ({ details, bytes }) => {
      const empty = countLoggedBytes({ ...event(1, "Any"), details: {} });
      expect(countLoggedBytes({ ...event(1, "Any"), details }) - empty).toBe(bytes);
    },
  );
});
