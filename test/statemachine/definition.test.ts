import { readdirSync } from "node:fs";
import validate from "asl-validator";
import { describe, expect, test } from "vitest";
import { type Definition, readDefinition } from "../../config/definition.ts";
import { loopSettingsSchema } from "../../functions/core/loop-settings.ts";
import { HANDLERS } from "../../local/engine/handlers.ts";
import { LAMBDA_LIMIT_SECONDS } from "../../local/engine/invoke-lambda.ts";

const definition = readDefinition();
const states = Object.entries(definition.States);

type State = Definition["States"][string];
type Task = Extract<State, { Type: "Task" }>;

const tasks = states.flatMap(([name, state]): [string, Task][] =>
  state.Type === "Task" ? [[name, state]] : [],
);

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
    const retries = tasks.map(([, { Retry }]) => Retry);
    expect(new Set(retries).size).toBe(tasks.length);
  });

  test("begins with its settings: 10 and 60 seconds", () => {
    expect(definition.StartAt).toBe("Settings");
    expect(definition.States.Settings).toMatchObject({
      Type: "Pass",
      Parameters: { settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 60 }, memory: {} },
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

  test("passes on only its state, and the execution's input and name", () => {
    const paths = listWords(definition).filter((word) => word.startsWith("$$"));
    expect([...new Set(paths)].sort()).toEqual([
      "$$.Execution.Input",
      "$$.Execution.Input.name",
      "$$.Execution.Input.scalers",
      "$$.Execution.Name",
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

describe("functions", () => {
  const files = readdirSync(new URL("../../functions", import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

  test("have one file per Task, named for its state", () => {
    const expected = tasks.map(([name]) => `${name.toLowerCase().replaceAll(" ", "-")}.ts`);
    expect(expected.sort()).toEqual(files.sort());
  });

  test("have one handler per Task in the local engine", () => {
    expect(Object.keys(HANDLERS).sort()).toEqual(tasks.map(([name]) => name).sort());
  });
});

describe.each(tasks)("the Task %s", (name, task) => {
  test("calls the function with its name", () => {
    const pascalCase = name.replaceAll(/(^| )\w/g, (start) => start.trim().toUpperCase());
    expect(task.Resource).toBe(`\${${pascalCase}FunctionArn}`);
  });

  test("passes the execution's name to its function", () => {
    expect(task.Parameters).toMatchObject({ "execution.$": "$$.Execution.Name" });
  });

  test("has a limit 2 or 3 s above its function's, so that the function's error names the cause", () => {
    const limit = LAMBDA_LIMIT_SECONDS[name] ?? 0;
    expect([2, 3]).toContain((task.TimeoutSeconds ?? 0) - limit);
  });

  test("retries once or twice within seconds if Lambda fails", () => {
    expect(task.Retry).toEqual([
      {
        ErrorEquals: SERVICE_ERRORS,
        IntervalSeconds: 1,
        MaxAttempts: expect.toSatisfy((attempts) => attempts === 1 || attempts === 2),
        BackoffRate: 2,
        MaxDelaySeconds: 3,
        JitterStrategy: "FULL",
      },
    ]);
  });

  test("continues after every error", () => {
    const last = task.Catch?.at(-1);
    expect(last?.ErrorEquals).toEqual(["States.ALL"]);
    expect(definition.States[last?.Next ?? ""]?.Type).not.toBe("Fail");
  });

  test("keeps its state if it fails", () => {
    const kept = task.Catch?.map(({ ResultPath }) => ResultPath);
    expect(kept).toEqual(kept?.map(() => expect.stringMatching(/^\$\.(fault|observation)$/)));
  });
});
