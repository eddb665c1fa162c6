import { readdirSync } from "node:fs";
import validate from "asl-validator";
import { describe, expect, test } from "vitest";
import { type Definition, readDefinition } from "../../config/definition.ts";
import { LONGEST_LISTEN_SECONDS } from "../../functions/core/events.ts";
import { loopSettingsSchema } from "../../functions/core/loop-settings.ts";
import { SLOT_LEAD_SECONDS, SLOT_SECONDS } from "../../functions/core/slot.ts";
import { HANDLERS } from "../../local/engine/handlers.ts";
import { LAMBDA_LIMIT_SECONDS } from "../../local/engine/invoke-lambda.ts";

const definition = readDefinition();
const states = Object.entries(definition.States);

type State = Definition["States"][string];
type Task = Extract<State, { Type: "Task" }>;

const tasks = states.flatMap(([name, state]): [string, Task][] =>
  state.Type === "Task" ? [[name, state]] : [],
);

/** A Task calls a Lambda function or, to listen for events, SQS itself. */
const isSdkTask = ([, { Resource }]: [string, Task]) => Resource.includes(":aws-sdk:");
const sdkTasks = tasks.filter(isSdkTask);
const functionTasks = tasks.filter((task) => !isSdkTask(task));

/** The errors of Step Functions if Lambda itself fails. */
const SERVICE_ERRORS = [
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
  "Lambda.ClientExecutionTimeoutException",
];

const INPUT_ERRORS = ["InvalidInput", "InvalidScaler"];

/** Every state that can follow a state. */
function listNextStates(state: State): string[] {
  const next = "Next" in state ? [state.Next] : [];
  const caught = "Catch" in state ? (state.Catch ?? []).map((catcher) => catcher.Next) : [];
  if (state.Type !== "Choice") return [...next, ...caught];
  return [...state.Choices.map((choice) => choice.Next), ...(state.Default ? [state.Default] : [])];
}

function findReachable(name: string, seen = new Set<string>()): Set<string> {
  const state = definition.States[name];
  if (seen.has(name) || state === undefined) return seen;
  seen.add(name);
  for (const next of listNextStates(state)) findReachable(next, seen);
  return seen;
}

/** Every key and every text in a state, without comments. */
function listWords(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(listWords);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "Comment" ? [] : [key, ...listWords(inner)],
  );
}

describe("the definition", () => {
  test("is valid", () => {
    const { isValid, errorsText } = validate(structuredClone(definition));
    expect(isValid, errorsText("\n")).toBe(true);
  });

  test("shares no object between states, although its YAML repeats blocks", () => {
    const retries = tasks.flatMap(([, { Retry }]) => (Retry === undefined ? [] : [Retry]));
    expect(retries).toHaveLength(2);
    expect(new Set(retries).size).toBe(2);
  });

  test("begins with its settings: 10, 60 and 2 seconds", () => {
    expect(definition.StartAt).toBe("Settings");
    expect(definition.States.Settings).toMatchObject({
      Type: "Pass",
      Parameters: {
        settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 60, leastGapSeconds: 2 },
        memory: {},
      },
    });
  });

  test("has every setting of the loop", () => {
    const { Parameters } = { Parameters: undefined, ...definition.States.Settings };
    expect(Object.keys(Object(Parameters).settings)).toEqual(
      Object.keys(loopSettingsSchema.entries),
    );
  });

  test("reaches every state, and no other", () => {
    expect([...findReachable(definition.StartAt)].sort()).toEqual(
      Object.keys(definition.States).sort(),
    );
  });

  test("has no Parallel and no Map state: one loop, one path", () => {
    const types = new Set(states.map(([, { Type }]) => Type));
    expect([...types].sort()).toEqual(["Choice", "Fail", "Pass", "Succeed", "Task", "Wait"]);
  });

  test("uses JSONPath only", () => {
    const words = listWords(definition);
    expect(words).not.toContain("QueryLanguage");
    expect(words.filter((word) => word.includes("{%"))).toEqual([]);
  });

  test("has no name that suggests a secret", () => {
    const suspicious = /token|secret|password|credential|authorization/i;
    expect(listWords(definition).filter((word) => suspicious.test(word))).toEqual([]);
  });

  test("reads only its state, the clock, and the execution's input and name", () => {
    const paths = listWords(definition).filter((word) => word.startsWith("$$"));
    expect([...new Set(paths)].sort()).toEqual([
      "$$.Execution.Input",
      "$$.Execution.Input.events.queueUrl",
      "$$.Execution.Input.name",
      "$$.Execution.Input.scalers",
      "$$.Execution.Name",
      "$$.State.EnteredTime",
    ]);
  });

  test("has a comment on each state, except on two Choice states", () => {
    const silent = states.filter(([, { Comment }]) => !Comment).map(([name]) => name);
    expect(silent).toEqual(["Metrics due?", "Time left?"]);
  });

  test("fails because of its input only", () => {
    const refusals = states.flatMap(([, state]) =>
      "Catch" in state ? (state.Catch ?? []).filter(({ Next }) => isFailState(Next)) : [],
    );
    expect(refusals.map(({ ErrorEquals }) => ErrorEquals)).toEqual([INPUT_ERRORS]);
    const straight = states.flatMap(([, state]) => ("Next" in state ? [state.Next] : []));
    expect(straight.filter(isFailState)).toEqual([]);
  });

  function isFailState(name: string): boolean {
    return definition.States[name]?.Type === "Fail";
  }
});

/** The slot of a loop that is scheduled for T, in seconds after T. */
const SLOT_START = SLOT_LEAD_SECONDS;
const SLOT_END = SLOT_LEAD_SECONDS + SLOT_SECONDS;

/** The longest time of a Task: every attempt until its limit, and the longest waits between them. */
function longestSeconds({ TimeoutSeconds = 60, Retry = [] }: Task): number {
  const retries = Retry.map(({ MaxAttempts = 3, IntervalSeconds = 1 }) => {
    expect(MaxAttempts).toBeLessThanOrEqual(1); // More attempts would wait longer each time.
    return MaxAttempts * (IntervalSeconds + TimeoutSeconds);
  });
  return TimeoutSeconds + Math.max(0, ...retries);
}

/** Whether a rule asks if the slot is over. Other comparisons with the clock may lead anywhere at any time. */
function comparesWithSlotEnd(value: unknown): boolean {
  return listWords(value).some((word) => word.endsWith("loop.pollUntil"));
}

/** A time at which a path through the definition is in a state. */
interface Moment {
  state: string;
  /** Seconds after T. */
  at: number;
}

/** The states that can follow, each as late as possible. A loop has claimed a slot by then. */
function listFollowing({ state: name, at }: Moment): Moment[] {
  const state = definition.States[name];
  if (state === undefined || state.Type === "Succeed" || state.Type === "Fail") return [];
  if (state.Type === "Choice") {
    const rules = state.Choices.map((rule) => ({
      Next: rule.Next,
      isSlotEnd: comparesWithSlotEnd(rule),
    }));
    const first = rules.findIndex(({ isSlotEnd }) => isSlotEnd);
    const isOver = first !== -1 && at >= SLOT_END;
    const open = isOver ? rules.slice(0, first + 1) : rules.filter(({ isSlotEnd }) => !isSlotEnd);
    const next = open.map(({ Next }) => Next);
    return [...next, ...(isOver ? [] : [state.Default ?? ""])].map((to) => ({ state: to, at }));
  }
  // Each waits for a time in the slot.
  if (state.Type === "Wait" && "TimestampPath" in state && at < SLOT_END) return [];
  const seconds = state.Type === "Task" ? longestSeconds(state) : 0;
  const waits = state.Type === "Wait" && "Seconds" in state ? Number(state.Seconds) : 0;
  return listNextStates(state).map((to) => ({ state: to, at: at + seconds + waits }));
}

/** Every moment of every path from some on, each once. */
function listMoments(from: readonly Moment[]): Moment[] {
  const moments = new Map<string, Moment>();
  const open = [...from];
  for (let moment = open.pop(); moment !== undefined; moment = open.pop()) {
    const key = `${moment.state} ${moment.at}`;
    if (moments.has(key)) continue;
    moments.set(key, moment);
    open.push(...listFollowing(moment));
  }
  return [...moments.values()];
}

describe("the longest paths of an execution that is scheduled for T", () => {
  /** A poll may begin at any second of the slot; the last one as good as at its end. */
  const begins = Array.from({ length: SLOT_SECONDS + 1 }, (_, second) => SLOT_START + second);
  const moments = listMoments(begins.map((at) => ({ state: "Fetch metrics", at })));

  test("end by T + 290 s, 10 s before Express's limit", () => {
    const ends = moments.filter(({ state }) =>
      ["Succeed", "Fail"].includes(definition.States[state]?.Type ?? ""),
    );
    // In the last second, the wait before another claim of 5 s begins; Claim slot takes 6 + 1 + 6 s, Fetch
    // metrics 15 s and Compute capacity 6 + 1 + 6 s.
    expect(Math.max(...ends.map(({ at }) => at))).toBe(239 + 5 + 13 + 15 + 13);
    expect(Math.max(...moments.map(({ at }) => at))).toBeLessThanOrEqual(290);
  });

  test("change and publish nothing after the slot", () => {
    const late = moments.filter(({ at }) => at >= SLOT_END).map(({ state }) => state);
    expect(late).toContain("Compute capacity");
    expect(late).not.toContain("Apply scaling");
    expect(late).not.toContain("Publish metrics");
  });

  test("read after the slot only if Claim slot answered late, for the time that it may take", () => {
    const reads = moments.filter(({ state }) => state === "Fetch metrics");
    expect(Math.max(...reads.map(({ at }) => at))).toBe(SLOT_END - 1 + 5 + 13);
    const polls = moments.filter(({ state }) => state === "Wait for next poll");
    expect(Math.max(...polls.map(({ at }) => at))).toBeLessThan(SLOT_END);
  });

  test("begin in the slot for every start up to 60 s late, if Claim slot answers within its limit", () => {
    const claims = longestSeconds(Object.fromEntries(tasks)["Claim slot"] ?? fail());
    expect(60 + claims).toBeLessThan(SLOT_END);
  });

  test("delete no message after the slot but the one that was heard in its last second", () => {
    const deletes = ["Acknowledge event", "Drop old event"];
    const late = moments.filter(({ state }) => deletes.includes(state)).map(({ at }) => at);
    expect(Math.max(...late)).toBeLessThan(SLOT_END);
    const listens = moments.filter(({ state }) => state === "Listen for jobs");
    expect(Math.max(...listens.map(({ at }) => at))).toBe(SLOT_END - 1 + 5); // after a slow delete
  });

  test("have room for a poll that a person starts with the longest slot", () => {
    const longest = 240;
    const last = Math.max(...moments.map(({ at }) => at)) - SLOT_END;
    expect(longest + last).toBeLessThanOrEqual(290);
  });

  function fail(): never {
    throw new Error("there is no Claim slot");
  }
});

describe("functions", () => {
  const files = readdirSync(new URL("../../functions", import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

  test("have one file per Task, named for its state", () => {
    const expected = functionTasks.map(([name]) => `${name.toLowerCase().replaceAll(" ", "-")}.ts`);
    expect(expected.sort()).toEqual(files.sort());
  });

  test("have one handler per Task in the local engine", () => {
    expect(Object.keys(HANDLERS).sort()).toEqual(functionTasks.map(([name]) => name).sort());
  });
});

describe.each(functionTasks)("the Task %s", (name, task) => {
  test("calls the function with its name", () => {
    const pascalCase = name.replaceAll(/(^| )\w/g, (start) => start.trim().toUpperCase());
    expect(task.Resource).toBe(`\${${pascalCase}FunctionArn}`);
  });

  test("passes the execution's name to its function", () => {
    expect(task.Parameters).toMatchObject({ "execution.$": "$$.Execution.Name" });
  });

  test("has a limit 2 s above its function's, so that the function's error names the cause", () => {
    expect(task.TimeoutSeconds).toBe((LAMBDA_LIMIT_SECONDS[name] ?? 0) + 2);
  });

  test("is retried once, within a second, only if it makes no call and Lambda fails", () => {
    const once = {
      ErrorEquals: SERVICE_ERRORS,
      IntervalSeconds: 1,
      MaxAttempts: 1,
      JitterStrategy: "FULL",
    };
    const makesNoCall = ["Claim slot", "Compute capacity"].includes(name);
    expect(task.Retry).toEqual(makesNoCall ? [once] : undefined);
  });

  test("keeps its state if it fails", () => {
    const kept = task.Catch?.map(({ ResultPath }) => ResultPath);
    expect(kept).toEqual(kept?.map(() => expect.stringMatching(/^\$\.(fault|observation)$/)));
  });
});

describe.each(sdkTasks)("the Task %s", (name, task) => {
  test("calls SQS with the queue of the execution's input", () => {
    expect(task.Resource).toMatch(/^arn:aws:states:::aws-sdk:sqs:(receive|delete)Message$/);
    expect(task.Parameters).toMatchObject({ "QueueUrl.$": "$$.Execution.Input.events.queueUrl" });
  });

  test("is tried once: without an answer, the loop waits for its beat", () => {
    expect(task.Retry).toBeUndefined();
  });

  test("keeps its error, in the place of its result or for the next poll", () => {
    const caught = task.Catch?.map(({ ErrorEquals, ResultPath }) => [ErrorEquals, ResultPath]);
    expect(caught?.at(-1)).toEqual([["States.ALL"], task.ResultPath]);
    const timeouts = [[["States.Timeout"], "$.carry.loop.events.timedOut"]];
    expect(caught?.slice(0, -1)).toEqual(name === "Listen for jobs" ? timeouts : []);
  });
});

test("a listen hears one message, because only the first one is deleted", () => {
  const listen = Object.fromEntries(tasks)["Listen for jobs"];
  expect(listen?.Parameters).toMatchObject({ MaxNumberOfMessages: 1 });
});

test.each(["Acknowledge event", "Drop old event"])(
  "%s takes five seconds at most, so that an event is answered by a poll nevertheless",
  (name) => expect(Object.fromEntries(tasks)[name]?.TimeoutSeconds).toBe(5),
);

test("a listen has five seconds more than SQS waits at most", () => {
  const listen = Object.fromEntries(tasks)["Listen for jobs"];
  expect(listen?.TimeoutSeconds).toBe(LONGEST_LISTEN_SECONDS + 5);
});

describe.each(tasks)("after an error of %s", (_name, task) => {
  test("the loop continues", () => {
    const last = task.Catch?.at(-1);
    expect(last?.ErrorEquals).toEqual(["States.ALL"]);
    expect(definition.States[last?.Next ?? ""]?.Type).not.toBe("Fail");
  });
});
