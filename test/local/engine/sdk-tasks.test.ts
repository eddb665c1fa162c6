import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { Definition } from "../../../config/definition.ts";
import { listStatesEntered } from "../../../local/engine/history.ts";
import { type Outcome, runExecution } from "../../../local/engine/run-execution.ts";
import { runInVirtualTime } from "../../../local/engine/virtual-time.ts";
import { sandboxEnvironment } from "../../../local/sandbox/environment.ts";
import { EventQueue } from "../../../local/sandbox/event-queue.ts";
import type { InjectedFault } from "../../../local/sandbox/faults.ts";
import { createScriptedWorld } from "../../../local/sandbox/scripted-world.ts";
import { startSandbox } from "../../../local/sandbox/server.ts";

/** Tasks that call AWS's SDK without a Lambda function, against a sandbox, in virtual time. */

const START = Date.parse("2026-01-05T09:00:00Z");

const queues = new Map<string, EventQueue>();
const sandbox = await startSandbox({
  world: createScriptedWorld(),
  buildkite: { token: "none" },
  parameters: new Map(),
  queues,
  now: () => Date.now(),
});
afterAll(() => sandbox.close());
Object.assign(process.env, sandboxEnvironment(sandbox.url));

const QUEUE = "events.fifo";

beforeEach(() => {
  sandbox.faults.clear();
  queues.clear();
  queues.set(QUEUE, new EventQueue(() => Date.now()));
});

/** Receives a message, deletes it, and goes to Done; to Failed after any error. */
const definition: Definition = {
  StartAt: "Listen",
  States: {
    Listen: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:sqs:receiveMessage",
      TimeoutSeconds: 25,
      Parameters: { "QueueUrl.$": "$.url", "WaitTimeSeconds.$": "$.seconds" },
      ResultPath: "$.heard",
      Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.fault", Next: "Failed" }],
      Next: "Heard anything?",
    },
    "Heard anything?": {
      Type: "Choice",
      Choices: [{ Variable: "$.heard.Messages[0]", IsPresent: true, Next: "Acknowledge" }],
      Default: "Done",
    },
    Acknowledge: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:sqs:deleteMessage",
      Parameters: { "QueueUrl.$": "$.url", "ReceiptHandle.$": "$.heard.Messages[0].ReceiptHandle" },
      ResultPath: null,
      Next: "Done",
    },
    Done: { Type: "Succeed" },
    Failed: { Type: "Succeed" },
  },
};

/** One Task, which gets the input of the execution as its parameters. */
function createDefinition(Resource: string): Definition {
  return { StartAt: "Listen", States: { Listen: { Type: "Task", Resource, End: true } } };
}

interface Run {
  seconds?: number;
  handlers?: Record<string, () => unknown>;
  /** What happens meanwhile, and after how many milliseconds. */
  after?: { ms: number; act: (stopping: AbortController) => void };
}

function run({ seconds = 20, handlers = {}, after }: Run = {}): Promise<Outcome> {
  const stopping = new AbortController();
  return runInVirtualTime(START, () => {
    if (after !== undefined) setTimeout(() => after.act(stopping), after.ms);
    const input = { url: `${sandbox.url}/000000000000/${QUEUE}`, seconds };
    const { signal } = stopping;
    return runExecution({ definition, handlers, input, name: "trial", signal }).outcome;
  });
}

const sendMessage = () => queues.get(QUEUE)?.send('{"at":"09:00:03"}');

function readFault({ output }: Outcome): { Error: string; Cause: string } {
  return Object(output).fault;
}

/** Milliseconds from the start to the end of an execution. */
function durationMs({ history }: Outcome): number {
  return Number(history.at(-1)?.event_timestamp) - START;
}

describe("a Task that calls the SDK", () => {
  test("waits on the engine's clock, and goes on with the message", async () => {
    const outcome = await run({ after: { ms: 3300, act: sendMessage } });
    expect(durationMs(outcome)).toBe(3300);
    expect(listStatesEntered(outcome.history)).toEqual([
      "Listen",
      "Heard anything?",
      "Acknowledge",
      "Done",
    ]);
    expect(Object(outcome.output).heard.Messages).toMatchObject([{ Body: '{"at":"09:00:03"}' }]);
    expect(queues.get(QUEUE)?.count()).toBe(0);
  });

  test("goes on without a message when the wait is over", async () => {
    const outcome = await run({ seconds: 7 });
    expect(durationMs(outcome)).toBe(7000);
    expect(Object(outcome.output).heard).toEqual({});
  });

  test("is recorded as Step Functions records it", async () => {
    const { history } = await run({ seconds: 0 });
    const parameters = { QueueUrl: `${sandbox.url}/000000000000/${QUEUE}`, WaitTimeSeconds: 0 };
    const call = { resourceType: "aws-sdk:sqs", resource: "receiveMessage" };
    expect(history.slice(2, 5).map(({ type, details }) => [type, details])).toEqual([
      [
        "TaskScheduled",
        {
          ...call,
          region: "us-east-1",
          parameters: JSON.stringify(parameters),
          timeoutInSeconds: 25,
        },
      ],
      ["TaskStarted", call],
      ["TaskSucceeded", { ...call, output: "{}", outputDetails: { truncated: false } }],
    ]);
  });

  test("ends at once when the execution is aborted", async () => {
    const outcome = await run({ after: { ms: 1000, act: (stopping) => stopping.abort() } });
    expect([outcome.status, durationMs(outcome)]).toEqual(["ABORTED", 1000]);
  });

  test("may have a handler in the place of the call", async () => {
    const outcome = await run({ handlers: { Listen: () => ({ Messages: [] }) } });
    expect(Object(outcome.output).heard).toEqual({ Messages: [] });
    expect(outcome.history.map(({ type }) => type)).toContain("TaskSucceeded");
  });

  test("is refused before the execution if the engine does not know the call", () => {
    const publish = createDefinition("arn:aws:states:::aws-sdk:sns:publish");
    expect(() =>
      runExecution({ definition: publish, handlers: {}, input: {}, name: "trial" }),
    ).toThrow(
      'the Task "Listen" has no handler, and the engine does not know aws-sdk:sns:publish; it knows aws-sdk:sqs:receiveMessage, aws-sdk:sqs:deleteMessage',
    );
  });
});

const FAILURES: {
  what: string;
  fault: InjectedFault;
  error: string;
  type?: string;
  afterMs?: number;
}[] = [
  {
    what: "SQS answers 500",
    fault: { awsError: "InternalFailure", status: 500 },
    error: "Sqs.SqsException",
  },
  {
    what: "AWS refuses access",
    fault: { awsError: "AccessDeniedException" },
    error: "Sqs.SqsException",
  },
  { what: "the connection is lost", fault: "reset", error: "Sqs.SdkClientException" },
  {
    what: "SQS never answers",
    fault: "hang",
    error: "States.Timeout",
    type: "TaskTimedOut",
    afterMs: 25_000,
  },
];

describe("a call that fails", () => {
  test.each(FAILURES)("is caught by its name on AWS: $what, $error", async (failure) => {
    const { fault, error, type = "TaskFailed", afterMs = 0 } = failure;
    sandbox.faults.add({ service: "SQS", fault });
    const outcome = await run();
    expect(readFault(outcome).Error).toBe(error);
    expect(durationMs(outcome)).toBe(afterMs);
    const failed = outcome.history.find((event) => event.type === type);
    expect(failed?.details).toMatchObject({ resourceType: "aws-sdk:sqs", error });
  });

  test("because the queue is missing says so", async () => {
    queues.clear();
    const { Error: name, Cause } = readFault(await run());
    expect(name).toBe("Sqs.QueueDoesNotExistException");
    expect(Cause).toMatch(
      /^The specified queue does not exist\. \(Service: Sqs, Status Code: 400, Request ID: /,
    );
  });

  test("because a parameter is missing ends the execution", async () => {
    const receive = createDefinition("arn:aws:states:::aws-sdk:sqs:receiveMessage");
    const input = { WaitTimeSeconds: 1 };
    const { outcome } = runExecution({ definition: receive, handlers: {}, input, name: "trial" });
    expect(await outcome).toMatchObject({ status: "FAILED", error: "States.Runtime" });
  });
});

test("the SQS client stays out of the Lambda functions", () => {
  const folder = join(import.meta.dirname, "../../../functions");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  expect(files).toContain("fetch-metrics.ts");
  const importing = files.filter((file) =>
    readFileSync(join(folder, file), "utf8").includes("client-sqs"),
  );
  expect(importing).toEqual([]);
});
