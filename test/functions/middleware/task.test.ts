import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { NamedFault } from "../../../functions/core/faults.ts";
import { type Tools, task } from "../../../functions/middleware/task.ts";
import { invokeLambda } from "../../../local/engine/invoke-lambda.ts";
import { runInVirtualTime } from "../../../local/engine/virtual-time.ts";
import { createContext } from "../../support/lambda.ts";
import { captureOutput, parseLogLines, readOutput, restoreOutput } from "../../support/output.ts";
import { START } from "../../support/step.ts";

vi.hoisted(() => {
  process.env.LOG_LEVEL = "INFO";
});

const schema = v.object({ group: v.string(), size: v.optional(v.number(), 1) });
type Event = v.InferOutput<typeof schema>;

function callTask(event: unknown, run: (event: Event, tools: Tools) => Promise<unknown>) {
  return task(schema, run, {})(JSON.parse(JSON.stringify(event)), createContext());
}

/** Runs a Task of 14 seconds. Returns its outcome and its duration in milliseconds. */
function runLimitedTask(run: (tools: Tools) => Promise<unknown>) {
  const handler = task(schema, (_, tools) => run(tools), {});
  return runInVirtualTime(Date.parse(START), async () => {
    const event = { execution: "loop-1", group: "web" };
    const call = { handler, event, functionName: "slow", limitSeconds: 14 };
    const settled = await Promise.allSettled([invokeLambda(call)]);
    return { ...settled[0], tookMs: Date.now() - Date.parse(START) };
  });
}

/** Resolves when the signal aborts. */
function waitForAbort({ signal }: Tools): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

beforeEach(captureOutput);
afterEach(restoreOutput);

describe("a Task's handler", () => {
  test("gets the event that the schema returns, and returns its result", async () => {
    const event = { execution: "loop-1", group: "web", more: "unread" };
    expect(await callTask(event, async (parsed) => parsed)).toEqual({ group: "web", size: 1 });
  });

  test("gets the clock", async () => {
    const { value } = Object(await runLimitedTask(async ({ now }) => now()));
    expect(value).toBe(Date.parse(START));
  });

  test("throws an error with its own name, and logs it once with the execution", async () => {
    const failing = callTask({ execution: "loop-1", group: "web" }, async () => {
      throw new NamedFault("BuildkiteUnavailable", "no answer");
    });
    await expect(failing).rejects.toMatchObject({
      name: "BuildkiteUnavailable",
      message: "no answer",
    });
    expect(parseLogLines()).toMatchObject([
      {
        level: "ERROR",
        message: "failed",
        execution: "loop-1",
        request: createContext().awsRequestId,
        error: { name: "BuildkiteUnavailable", message: "no answer" },
      },
    ]);
  });

  test("logs a thrown value that is no error with its type and its text", async () => {
    const failing = callTask({ group: "web" }, () => Promise.reject("out of order"));
    await expect(failing).rejects.toBe("out of order");
    expect(parseLogLines()).toMatchObject([
      { level: "ERROR", error: { name: "string", message: "out of order" } },
    ]);
  });

  test("logs the name of the current execution in each line", async () => {
    const writeWarning = async (_: Event, { log }: Tools) => log.warn("seen", { group: "web" });
    await callTask({ execution: "loop-1", group: "web" }, writeWarning);
    await callTask({ execution: "loop-2", group: "web" }, writeWarning);
    await callTask({ group: "web" }, writeWarning);
    expect(parseLogLines().map(({ execution }) => execution)).toEqual([
      "loop-1",
      "loop-2",
      undefined,
    ]);
    expect(parseLogLines()[0]).toMatchObject({
      level: "WARN",
      message: "seen",
      group: "web",
      service: "buildkite-scaling-loop",
    });
  });

  test("logs nothing if there is no fault", async () => {
    await callTask({ execution: "loop-1", group: "web" }, async () => "done");
    expect(readOutput()).toBe("");
  });
});

describe("an invalid event", () => {
  test.each([
    [{}, "input: group: is missing"],
    [{ group: 7, size: "big" }, "input: group: 7 is not allowed"],
    [null, "input"],
    ["web", "input"],
    [[], "input"],
  ])("is refused with a name before the handler runs: %j", async (event, problem) => {
    const done: unknown[] = [];
    const refused = callTask(event, async (parsed) => done.push(parsed));
    await expect(refused).rejects.toMatchObject({
      name: "InvalidInput",
      message: expect.stringContaining(problem),
    });
    expect(done).toEqual([]);
    expect(parseLogLines()).toMatchObject([{ level: "ERROR", message: "failed" }]);
  });

  test("is refused with all its problems", async () => {
    const refused = callTask({ size: "big" }, async () => undefined);
    await expect(refused).rejects.toMatchObject({
      message: expect.stringMatching(/group[\s\S]*size/),
    });
  });
});

describe("a Task's time", () => {
  test("ends for its calls 1.5 s before the Lambda's timeout, so that known facts can be returned", async () => {
    const outcome = await runLimitedTask(async (tools) => {
      await waitForAbort(tools);
      return "what is known";
    });
    expect(outcome).toEqual({ status: "fulfilled", value: "what is known", tookMs: 12_500 });
  });

  test("ends 0.5 s before the timeout for a Task that still runs, with a named error", async () => {
    const outcome = await runLimitedTask(() => new Promise(() => undefined));
    expect(outcome).toMatchObject({
      status: "rejected",
      reason: { name: "TaskOutOfTime" },
      tookMs: 13_500,
    });
    expect(parseLogLines()).toMatchObject([
      { execution: "loop-1", error: { name: "TaskOutOfTime" } },
    ]);
  });

  test("is not limited if the work ends in time, and no timer is left", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const event = { execution: "loop-1", group: "web" };
    const aborted = await callTask(event, async (_, { signal }) => signal.aborted);
    expect([aborted, vi.getTimerCount()]).toEqual([false, 0]);
    vi.useRealTimers();
  });

  test("is unlimited without a known timeout", async () => {
    const { getRemainingTimeInMillis: _, ...context } = createContext();
    const handler = task(schema, async (_event, { signal }) => signal.aborted, {});
    expect(await Reflect.apply(handler, undefined, [{ group: "web" }, context])).toBe(false);
  });
});
