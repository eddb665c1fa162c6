import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { NamedFault } from "../../../functions/core/faults.ts";
import { type Tools, task } from "../../../functions/middleware/task.ts";
import { invokeLambda } from "../../../local/engine/invoke-lambda.ts";
import { runInVirtualTime } from "../../../local/engine/virtual-time.ts";
import { createContext } from "../../support/lambda.ts";
import { capturedOutput, captureOutput, logLines, restoreOutput } from "../../support/output.ts";
import { START } from "../../support/step.ts";

vi.hoisted(() => {
  process.env.LOG_LEVEL = "INFO";
});

const schema = v.object({ group: v.string(), size: v.optional(v.number(), 1) });
type Event = v.InferOutput<typeof schema>;

function called(event: unknown, run: (event: Event, tools: Tools) => Promise<unknown>) {
  return task(schema, run, {})(JSON.parse(JSON.stringify(event)), createContext());
}

/** What came of a Task of 14 seconds, and after how many milliseconds. */
function limited(run: (tools: Tools) => Promise<unknown>) {
  const handler = task(schema, (_, tools) => run(tools), {});
  return runInVirtualTime(Date.parse(START), async () => {
    const event = { execution: "loop-1", group: "web" };
    const call = { handler, event, functionName: "slow", limitSeconds: 14 };
    const settled = await Promise.allSettled([invokeLambda(call)]);
    return { ...settled[0], tookMs: Date.now() - Date.parse(START) };
  });
}

/** Resolves when the signal aborts. */
function abortOf({ signal }: Tools): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

beforeEach(captureOutput);
afterEach(restoreOutput);

describe("a Task's handler", () => {
  test("is given its event as the schema makes of it, and gives its result", async () => {
    const event = { execution: "loop-1", group: "web", more: "unread" };
    expect(await called(event, async (parsed) => parsed)).toEqual({ group: "web", size: 1 });
  });

  test("is given the clock", async () => {
    const { value } = Object(await limited(async ({ now }) => now()));
    expect(value).toBe(Date.parse(START));
  });

  test("lets an error out under its own name and writes it down once, with the execution", async () => {
    const failing = called({ execution: "loop-1", group: "web" }, async () => {
      throw new NamedFault("BuildkiteUnavailable", "no answer");
    });
    await expect(failing).rejects.toMatchObject({
      name: "BuildkiteUnavailable",
      message: "no answer",
    });
    expect(logLines()).toMatchObject([
      {
        level: "ERROR",
        message: "failed",
        execution: "loop-1",
        request: createContext().awsRequestId,
        error: { name: "BuildkiteUnavailable", message: "no answer" },
      },
    ]);
  });

  test("names the execution in each line, and no other one's", async () => {
    const speaking = async (_: Event, { log }: Tools) => log.warn("seen", { group: "web" });
    await called({ execution: "loop-1", group: "web" }, speaking);
    await called({ execution: "loop-2", group: "web" }, speaking);
    await called({ group: "web" }, speaking);
    expect(logLines().map(({ execution }) => execution)).toEqual(["loop-1", "loop-2", undefined]);
    expect(logLines()[0]).toMatchObject({
      level: "WARN",
      message: "seen",
      group: "web",
      service: "buildkite-scaling-loop",
    });
  });

  test("writes nothing where all is well", async () => {
    await called({ execution: "loop-1", group: "web" }, async () => "done");
    expect(capturedOutput()).toBe("");
  });
});

describe("an event that does not fit", () => {
  test.each([
    [{}, "input: group: is missing"],
    [{ group: 7, size: "big" }, "input: group: 7 is not allowed"],
    [null, "input"],
    ["web", "input"],
    [[], "input"],
  ])("is refused by name before anything is done: %j", async (event, problem) => {
    const done: unknown[] = [];
    const refused = called(event, async (parsed) => done.push(parsed));
    await expect(refused).rejects.toMatchObject({
      name: "InvalidInput",
      message: expect.stringContaining(problem),
    });
    expect(done).toEqual([]);
    expect(logLines()).toMatchObject([{ level: "ERROR", message: "failed" }]);
  });

  test("is refused with every problem of it", async () => {
    const refused = called({ size: "big" }, async () => undefined);
    await expect(refused).rejects.toMatchObject({
      message: expect.stringMatching(/group[\s\S]*size/),
    });
  });
});

describe("a Task's time", () => {
  test("ends for its calls 1.5 s before it ends for the Lambda, so that what is known can be said", async () => {
    const outcome = await limited(async (tools) => {
      await abortOf(tools);
      return "what is known";
    });
    expect(outcome).toEqual({ status: "fulfilled", value: "what is known", tookMs: 12_500 });
  });

  test("ends half a second early for a Task that goes on all the same, under a name", async () => {
    const outcome = await limited(() => new Promise(() => undefined));
    expect(outcome).toMatchObject({
      status: "rejected",
      reason: { name: "TaskOutOfTime" },
      tookMs: 13_500,
    });
    expect(logLines()).toMatchObject([{ execution: "loop-1", error: { name: "TaskOutOfTime" } }]);
  });

  test("is not cut where the work is done in time, and no timer is left behind", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const event = { execution: "loop-1", group: "web" };
    const aborted = await called(event, async (_, { signal }) => signal.aborted);
    expect([aborted, vi.getTimerCount()]).toEqual([false, 0]);
    vi.useRealTimers();
  });

  test("has no end where nobody says when it is", async () => {
    const { getRemainingTimeInMillis: _, ...context } = createContext();
    const handler = task(schema, async (_event, { signal }) => signal.aborted, {});
    expect(await Reflect.apply(handler, undefined, [{ group: "web" }, context])).toBe(false);
  });
});
