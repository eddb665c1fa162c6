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

/** What Step Functions names when it cannot get an answer out of Lambda. */
const SERVICE_ERRORS = [
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
  "Lambda.ClientExecutionTimeoutException",
];

const OUT_OF_THE_INPUT = ["InvalidInput", "InvalidScaler"];

/** Every state that a state can lead to. */
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

/** Every key and every text in a state, comments aside. */
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

  test("begins with its settings, at 10 and 60 seconds", () => {
    expect(definition.StartAt).toBe("Settings");
    expect(definition.States.Settings).toMatchObject({
      Type: "Pass",
      Parameters: { settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 60 }, memory: {} },
    });
  });

  test("has settings for all that the loop wants to have set", () => {
    const { Parameters } = { Parameters: undefined, ...definition.States.Settings };
    expect(Object.keys(Object(Parameters).settings)).toEqual(
      Object.keys(loopSettingsSchema.entries),
    );
  });

  test("reaches every state, and leads nowhere else", () => {
    expect([...findReachable(definition.StartAt)].sort()).toEqual(
      Object.keys(definition.States).sort(),
    );
  });

  test("knows no Parallel and no Map: one loop, one path", () => {
    const types = new Set(states.map(([, { Type }]) => Type));
    expect([...types].sort()).toEqual(["Choice", "Fail", "Pass", "Succeed", "Task", "Wait"]);
  });

  test("is written in JSONPath throughout", () => {
    const words = listWords(definition);
    expect(words).not.toContain("QueryLanguage");
    expect(words.filter((word) => word.includes("{%"))).toEqual([]);
  });

  test("has no secret's name and no place for one", () => {
    const suspicious = /token|secret|password|credential|authorization/i;
    expect(listWords(definition).filter((word) => suspicious.test(word))).toEqual([]);
  });

  test("hands nothing on but its state, the execution's input and its name", () => {
    const paths = listWords(definition).filter((word) => word.startsWith("$$"));
    expect([...new Set(paths)].sort()).toEqual([
      "$$.Execution.Input",
      "$$.Execution.Input.name",
      "$$.Execution.Input.scalers",
      "$$.Execution.Name",
    ]);
  });

  test("says what each state is for, but for the two Choices that only part the ways", () => {
    const silent = states.filter(([, { Comment }]) => !Comment).map(([name]) => name);
    expect(silent).toEqual(["Metrics due?", "Time left?"]);
  });

  test("fails over the input, and over nothing else", () => {
    const refusals = states.flatMap(([, state]) =>
      "Catch" in state ? (state.Catch ?? []).filter(({ Next }) => leadsOut(Next)) : [],
    );
    expect(refusals.map(({ ErrorEquals }) => ErrorEquals)).toEqual([OUT_OF_THE_INPUT]);
    const straight = states.flatMap(([, state]) => ("Next" in state ? [state.Next] : []));
    expect(straight.filter(leadsOut)).toEqual([]);
  });

  function leadsOut(name: string): boolean {
    return definition.States[name]?.Type === "Fail";
  }
});

describe("functions", () => {
  const files = readdirSync(new URL("../../functions", import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

  test("there is one file a Task, under the state's name", () => {
    const expected = tasks.map(([name]) => `${name.toLowerCase().replaceAll(" ", "-")}.ts`);
    expect(expected.sort()).toEqual(files.sort());
  });

  test("each Task is run here by its file's handler", () => {
    expect(Object.keys(HANDLERS).sort()).toEqual(tasks.map(([name]) => name).sort());
  });
});

describe.each(tasks)("the Task %s", (name, task) => {
  test("calls the function of its name", () => {
    const pascalCase = name.replaceAll(/(^| )\w/g, (start) => start.trim().toUpperCase());
    expect(task.Resource).toBe(`\${${pascalCase}FunctionArn}`);
  });

  test("tells its function which execution asks", () => {
    expect(task.Parameters).toMatchObject({ "execution.$": "$$.Execution.Name" });
  });

  test("waits 2 or 3 s longer than its function may take, so that the function can say why", () => {
    const limit = LAMBDA_LIMIT_SECONDS[name] ?? 0;
    expect([2, 3]).toContain((task.TimeoutSeconds ?? 0) - limit);
  });

  test("tries again when Lambda fails, a few times within seconds", () => {
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

  test("leads on whatever happens", () => {
    const last = task.Catch?.at(-1);
    expect(last?.ErrorEquals).toEqual(["States.ALL"]);
    expect(definition.States[last?.Next ?? ""]?.Type).not.toBe("Fail");
  });

  test("keeps its state when it fails", () => {
    const kept = task.Catch?.map(({ ResultPath }) => ResultPath);
    expect(kept).toEqual(kept?.map(() => expect.stringMatching(/^\$\.(fault|observation)$/)));
  });
});
