import { describe, expect, test, vi } from "vitest";
import type { Definition } from "../../../config/definition.ts";
import { type HistoryEvent, listStatesEntered } from "../../../local/engine/history.ts";
import { type Handler, PAYLOAD_BYTES } from "../../../local/engine/invoke-lambda.ts";
import {
  type Outcome,
  type RunOptions,
  runExecution,
} from "../../../local/engine/run-execution.ts";
import { runInVirtualTime } from "../../../local/engine/virtual-time.ts";

/** The behaviour of Step Functions and Lambda that the engine and its adaptation reproduce. */

const START = Date.parse("2026-01-05T09:00:00Z");

interface TaskFields {
  TimeoutSeconds?: number;
  Parameters?: Record<string, string>;
  ResultPath?: string;
  Retry?: { ErrorEquals: string[]; MaxDelaySeconds?: number; JitterStrategy?: "FULL" }[];
  Catch?: { ErrorEquals: string[]; ResultPath: string; Next: string }[];
}

const WORK_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:work";

/** A Task called Work, then Done. */
function work(fields: TaskFields = {}): Definition {
  return {
    StartAt: "Work",
    States: {
      Work: { Type: "Task", Resource: WORK_ARN, Next: "Done", ...fields },
      Done: { Type: "Succeed" },
    },
  };
}

const CATCH_ALL = { Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.fault", Next: "Done" }] };

function run(definition: Definition, handler: Handler, rest: Partial<RunOptions> = {}) {
  const options = { definition, handlers: { Work: handler }, input: { kept: 1 }, name: "trial" };
  return runInVirtualTime(START, () => runExecution({ ...options, ...rest }).outcome);
}

class Throttled extends Error {
  override readonly name = "Throttled";
}

function createThrower(error: unknown): Handler {
  return () => {
    throw error;
  };
}

const hang: Handler = () => new Promise(() => {});

function readSeconds({ event_timestamp }: HistoryEvent): number {
  return (Number(event_timestamp) - START) / 1000;
}

/** When events of a type happened, in seconds since the start. */
function when({ history }: Outcome, type: string): number[] {
  return history.filter((event) => event.type === type).map(readSeconds);
}

function readFault({ output }: Outcome): { Error: string; Cause: string } {
  const { fault } = Object(output);
  return { Error: fault.Error, Cause: fault.Cause };
}

describe("a handler", () => {
  test("receives its event as JSON, and returns its result as JSON", async () => {
    const events: unknown[] = [];
    const handler: Handler = (event) => {
      events.push(event);
      return { at: new Date(START), gone: undefined, list: [undefined] };
    };
    const { output } = await run(work(), handler);
    expect(events).toEqual([{ kept: 1 }]);
    expect(output).toStrictEqual({ at: "2026-01-05T09:00:00.000Z", list: [null] });
  });

  test("that returns nothing results in null", async () => {
    const { output } = await run(work({ ResultPath: "$.result" }), () => undefined);
    expect(output).toEqual({ kept: 1, result: null });
  });

  test("does not change the state by changing its event", async () => {
    const changeEvent: Handler = (event: { kept: number }) => {
      event.kept = 2;
    };
    const { output } = await run(work({ ResultPath: "$.result" }), changeEvent);
    expect(output).toMatchObject({ kept: 1 });
  });

  test("receives its function's name, a request id and the remaining time", async () => {
    const contexts: unknown[] = [];
    const handler: Handler = async (_event, context) => {
      await new Promise((resolve) => setTimeout(resolve, 4000));
      contexts.push({ ...context, left: context.getRemainingTimeInMillis() });
    };
    await run(work(), handler, { limitSeconds: { Work: 14 } });
    expect(contexts).toEqual([
      expect.objectContaining({
        functionName: "work",
        awsRequestId: expect.stringMatching(/^[\da-f-]{36}$/),
        left: 10_000, // 14 s - 4 s
      }),
    ]);
  });

  test("counts as in flight until it returns", async () => {
    const counts = await runInVirtualTime(START, async () => {
      let inFlight = () => -1;
      const handler = () => inFlight();
      const options = { definition: work(), handlers: { Work: handler }, input: {}, name: "trial" };
      const execution = runExecution(options);
      inFlight = execution.inFlight;
      const { output } = await execution.outcome;
      return { before: 0, during: output, after: inFlight() };
    });
    expect(counts).toEqual({ before: 0, during: 1, after: 0 });
  });

  test("that is missing is an error before the execution starts", () => {
    const options = { definition: work(), handlers: {}, input: {}, name: "trial" };
    expect(() => runExecution(options)).toThrow('the Task "Work" has no handler');
  });
});

describe("an error of a handler", () => {
  test("is caught by its name, with Lambda's error document as the cause", async () => {
    const error = new Throttled("too many");
    const { Error: name, Cause } = readFault(await run(work(CATCH_ALL), createThrower(error)));
    expect(name).toBe("Throttled");
    expect(JSON.parse(Cause)).toEqual({
      errorType: "Throttled",
      errorMessage: "too many",
      trace: error.stack?.split("\n"),
    });
  });

  test("that is not an Error has the name of its type, as on Lambda", async () => {
    const { Error: name, Cause } = readFault(await run(work(CATCH_ALL), createThrower("so what")));
    expect(name).toBe("string");
    expect(JSON.parse(Cause)).toEqual({ errorType: "string", errorMessage: "so what", trace: [] });
  });

  test("without a matching Catch fails the execution", async () => {
    const outcome = await run(work(), createThrower(new Throttled("too many")));
    expect(outcome).toMatchObject({ status: "FAILED", error: "Throttled" });
    expect(JSON.parse(outcome.cause ?? "")).toMatchObject({ errorMessage: "too many" });
  });

  test("is retried by its name", async () => {
    const retry = { Retry: [{ ErrorEquals: ["Throttled"] }] };
    const attempts = [
      createThrower(new Throttled("1")),
      createThrower(new Throttled("2")),
      () => "done",
    ];
    const next: Handler = (event, context) => attempts.shift()?.(event, context);
    const outcome = await run(work(retry), next);
    expect(outcome).toMatchObject({ status: "SUCCEEDED", output: "done" });
    expect(when(outcome, "LambdaFunctionScheduled")).toEqual([0, 1, 3]); // Waits of 1 s and 2 s.
  });

  test("with another name is not retried", async () => {
    const retry = { Retry: [{ ErrorEquals: ["Throttled"] }], ...CATCH_ALL };
    const outcome = await run(work(retry), createThrower(new TypeError("no")));
    expect(when(outcome, "LambdaFunctionScheduled")).toEqual([0]);
  });

  const BACK_OFF = [
    { random: 0, attempts: [0, 0, 0, 0] },
    { random: 0.5, attempts: [0, 0.5, 1.5, 3] }, // Half of 1 s, 2 s and, instead of 4 s, 3 s.
    { random: 0.9999, attempts: [0, 1, 3, 6] }, // All of 1 s, 2 s and 3 s.
  ];

  test.each(BACK_OFF)(
    "is retried after $random of the back-off, which is at most MaxDelaySeconds",
    async ({ random, attempts }) => {
      vi.spyOn(Math, "random").mockReturnValue(random);
      const retrier = { ErrorEquals: ["Throttled"], MaxDelaySeconds: 3 };
      const retry = { Retry: [{ ...retrier, JitterStrategy: "FULL" } as const], ...CATCH_ALL };
      const outcome = await run(work(retry), createThrower(new Throttled("too many")));
      vi.restoreAllMocks();
      expect(when(outcome, "LambdaFunctionScheduled")).toEqual(attempts);
    },
  );
});

describe("time limits", () => {
  test("a function that exceeds its own limit fails with Lambda's error name", async () => {
    const outcome = await run(work(CATCH_ALL), hang, { limitSeconds: { Work: 14 } });
    const { Error: name, Cause } = readFault(outcome);
    expect(name).toBe("Sandbox.Timedout");
    expect(JSON.parse(Cause).errorMessage).toMatch(/Task timed out after 14.00 seconds$/);
    expect(when(outcome, "LambdaFunctionFailed")).toEqual([14]);
  });

  test("a Task that exceeds its TimeoutSeconds is caught as States.Timeout, without a cause", async () => {
    const slow = work({ TimeoutSeconds: 17, ...CATCH_ALL });
    const outcome = await run(slow, hang, { limitSeconds: { Work: 60 } });
    expect(readFault(outcome)).toEqual({ Error: "States.Timeout", Cause: "" });
    expect(when(outcome, "LambdaFunctionTimedOut")).toEqual([17]);
  });

  test("an execution ends after five minutes, as on Express", async () => {
    const forever: Definition = {
      StartAt: "Wait",
      States: {
        Wait: { Type: "Wait", Seconds: 40, Next: "Enough?" },
        "Enough?": {
          Type: "Choice",
          Choices: [{ Variable: "$.enough", IsPresent: true, Next: "Done" }],
          Default: "Wait",
        },
        Done: { Type: "Succeed" },
      },
    };
    const outcome = await run(forever, hang);
    expect(outcome).toMatchObject({ status: "TIMED_OUT", error: "States.Timeout" });
    expect(when(outcome, "ExecutionTimedOut")).toEqual([300]);
  });

  test("a result over 256 KiB ends the execution; no Catch applies", async () => {
    const large = () => "x".repeat(PAYLOAD_BYTES); // Two quotation marks over the limit.
    const outcome = await run(work(CATCH_ALL), large);
    expect(outcome).toMatchObject({ status: "FAILED", error: "States.DataLimitExceeded" });
    const returnLargest = () => "x".repeat(PAYLOAD_BYTES - 2);
    expect(await run(work(CATCH_ALL), returnLargest)).toMatchObject({ status: "SUCCEEDED" });
  });
});

describe("an aborted execution", () => {
  test("ends at once, even within a Wait", async () => {
    const waiting: Definition = {
      StartAt: "Wait",
      States: { Wait: { Type: "Wait", Seconds: 60, Next: "Done" }, Done: { Type: "Succeed" } },
    };
    const stop = new AbortController();
    const outcome = await runInVirtualTime(START, () => {
      setTimeout(() => stop.abort(), 5000);
      const options = { definition: waiting, handlers: {}, input: {}, name: "trial" };
      return runExecution({ ...options, signal: stop.signal }).outcome;
    });
    expect(outcome.status).toBe("ABORTED");
    expect(when(outcome, "ExecutionAborted")).toEqual([5]);
  });

  test("has no events of a handler that is still running", async () => {
    const stop = new AbortController();
    const handler: Handler = async () => {
      stop.abort();
      await new Promise((resolve) => setTimeout(resolve, 1000));
    };
    const { status, history } = await run(work(), handler, { signal: stop.signal });
    expect(status).toBe("ABORTED");
    expect(history.at(-1)?.type).toBe("ExecutionAborted");
  });
});

describe("the state language", () => {
  test("Parameters read the execution's name and input from the context", async () => {
    const Parameters = { "execution.$": "$$.Execution.Name", "input.$": "$$.Execution.Input" };
    const { output } = await run(work({ Parameters }), (event) => event);
    expect(output).toEqual({ execution: "trial", input: { kept: 1 } });
  });

  test("Fail reads its error and its cause from the state", async () => {
    const failing: Definition = {
      StartAt: "Refused",
      States: { Refused: { Type: "Fail", ErrorPath: "$.fault.Error", CausePath: "$.fault.Cause" } },
    };
    const input = { fault: { Error: "InvalidInput", Cause: "because" } };
    const outcome = await run(failing, hang, { input });
    expect(outcome).toMatchObject({ status: "FAILED", error: "InvalidInput", cause: "because" });
  });

  const PRESENCE = [
    { input: { plan: { changes: [] } }, isPresent: true },
    { input: { plan: null }, isPresent: true },
    { input: {}, isPresent: false },
  ];

  /** Goes to Yes if a rule about `$.plan` matches, else to No. */
  async function choose(rule: object, input: object): Promise<string | undefined> {
    const choosing: Definition = {
      StartAt: "Choose",
      States: {
        Choose: {
          Type: "Choice",
          Choices: [{ Variable: "$.plan", ...rule, Next: "Yes" }],
          Default: "No",
        },
        Yes: { Type: "Succeed" },
        No: { Type: "Succeed" },
      },
    };
    const { history } = await run(choosing, hang, { input });
    return listStatesEntered(history).at(-1);
  }

  test.each(PRESENCE)(
    "a Choice tests whether a value is present: $input",
    async ({ input, isPresent }) => {
      const absent = { Variable: "$.plan", IsPresent: false };
      expect(await choose({ IsPresent: true }, input)).toBe(isPresent ? "Yes" : "No");
      expect(await choose({ IsPresent: false }, input)).toBe(isPresent ? "No" : "Yes");
      expect(await choose({ And: [absent, absent] }, input)).toBe(isPresent ? "No" : "Yes");
    },
  );

  const WAITS = [
    { at: "2026-01-05T09:00:07Z", seconds: 7 },
    { at: "2026-01-05T08:59:00Z", seconds: 0 },
  ];

  test.each(WAITS)(
    "Wait until $at waits $seconds s, and passes on what OutputPath says",
    async ({ at, seconds }) => {
      const waiting: Definition = {
        StartAt: "Wait",
        States: {
          Wait: { Type: "Wait", TimestampPath: "$.at", OutputPath: "$.carry", Next: "Done" },
          Done: { Type: "Succeed" },
        },
      };
      const outcome = await run(waiting, hang, { input: { at, carry: { memory: {} } } });
      expect(outcome.output).toEqual({ memory: {} });
      // For a time in the past, the engine uses a timer of 1 ms.
      expect(when(outcome, "WaitStateExited").map(Math.floor)).toEqual([seconds]);
    },
  );
});

describe("the definition", () => {
  test("is edited as a copy", async () => {
    const settings = (pollIntervalSeconds: number): Definition => ({
      StartAt: "Settings",
      States: {
        Settings: { Type: "Pass", Result: { pollIntervalSeconds }, Next: "Done" },
        Done: { Type: "Succeed" },
      },
    });
    const definition = settings(10);
    const edit = (copy: Definition) => Object.assign(copy, settings(1));
    expect(await run(definition, hang, { edit })).toMatchObject({
      output: { pollIntervalSeconds: 1 },
    });
    expect(definition).toEqual(settings(10));
  });

  test("that is invalid is refused before the execution starts", () => {
    const broken: Definition = { StartAt: "Nowhere", States: {} };
    const options = { definition: broken, handlers: {}, input: {}, name: "trial" };
    expect(() => runExecution(options)).toThrow("State machine definition is invalid");
  });
});
