import { describe, expect, test } from "vitest";
import { readSource } from "../../../cli/migrate/read-source.ts";

function lines(...text: string[]): string {
  return text.join("\n");
}

describe("an env file", () => {
  test("holds KEY=VALUE lines, with export, quotes, comments and empty lines", () => {
    const text = lines(
      "\uFEFF# what the Lambda has",
      "",
      "ASG_NAME=web",
      'export BUILDKITE_QUEUE="default queue"',
      "INSTANCE_BUFFER='2' # while there are jobs\r",
    );
    expect(readSource(text)).toEqual({
      source: {
        kind: "environment",
        given: [
          { name: "ASG_NAME", value: "web", line: 3 },
          { name: "BUILDKITE_QUEUE", value: "default queue", line: 4 },
          { name: "INSTANCE_BUFFER", value: "2", line: 5 },
        ],
      },
      problems: [],
    });
  });

  test("has no other lines; they are named by their number, and not quoted", () => {
    expect(readSource(lines("ASG_NAME=web", "bkua_a_token_on_its_own")).problems).toEqual([
      { where: "line 2", what: "is not allowed; allowed: KEY=VALUE" },
    ]);
  });

  test("says everything once", () => {
    expect(readSource(lines("ASG_NAME=a", "ASG_NAME=b")).problems).toEqual([
      { where: "line 2: ASG_NAME", what: "stands twice; allowed: once" },
    ]);
  });
});

describe("what AWS prints about the Lambda", () => {
  const variables = { ASG_NAME: "web", AGENTS_PER_INSTANCE: "4" };
  const source = {
    kind: "environment",
    given: [
      { name: "ASG_NAME", value: "web" },
      { name: "AGENTS_PER_INSTANCE", value: "4" },
    ],
  };

  test("is read from get-function-configuration", () => {
    const text = JSON.stringify({ FunctionName: "scaler", Environment: { Variables: variables } });
    expect(readSource(text)).toEqual({ source, problems: [] });
  });

  test("may begin with a byte order mark", () => {
    const text = `\uFEFF${JSON.stringify({ Environment: { Variables: variables } })}`;
    expect(readSource(text)).toEqual({ source, problems: [] });
  });

  test("is read from get-function", () => {
    const text = JSON.stringify({ Configuration: { Environment: { Variables: variables } } });
    expect(readSource(text)).toEqual({ source, problems: [] });
  });

  test("has texts, and nothing deeper", () => {
    const text = JSON.stringify({ Environment: { Variables: { ASG_NAME: ["web"] } } });
    expect(readSource(text).problems).toEqual([
      { where: "ASG_NAME", what: "has no value that can be read; allowed: a text" },
    ]);
  });
});

describe("a stack", () => {
  const parameters = [
    { ParameterKey: "MinSize", ParameterValue: "0" },
    { ParameterKey: "BuildkiteQueue", ParameterValue: "builds" },
  ];
  const given = [
    { name: "MinSize", value: "0" },
    { name: "BuildkiteQueue", value: "builds" },
  ];

  test("is read with its name and its group from describe-stacks", () => {
    const Outputs = [
      { OutputKey: "VpcId", OutputValue: "vpc-1" },
      { OutputKey: "AutoScalingGroupName", OutputValue: "ci-group" },
    ];
    const stack = { StackName: "ci", Parameters: parameters, Outputs };
    expect(readSource(JSON.stringify({ Stacks: [stack] }))).toEqual({
      source: { kind: "stack", given, stackName: "ci", groupName: "ci-group" },
      problems: [],
    });
  });

  test.each([
    ["a list of parameters", parameters],
    ["an object with that list", { Parameters: parameters }],
    ["an object of parameters", { Parameters: { MinSize: 0, BuildkiteQueue: "builds" } }],
  ])("is read from %s", (_, data) => {
    expect(readSource(JSON.stringify(data))).toEqual({
      source: { kind: "stack", given },
      problems: [],
    });
  });

  test("is one stack", () => {
    expect(readSource('{"Stacks": [{}, {}]}')).toEqual({
      problems: [
        { where: "the input", what: "describes 2 stacks; allowed: one (--stack-name NAME)" },
      ],
    });
  });

  test("names each parameter, once, with a value", () => {
    const text = JSON.stringify([
      { ParameterKey: "MinSize", UsePreviousValue: true },
      { ParameterValue: "1" },
      ...parameters,
      ...parameters,
    ]);
    expect(readSource(text).problems).toEqual([
      { where: "MinSize", what: "has no value that can be read; allowed: a text" },
      {
        where: "the input",
        what: "holds 1 parameter without a ParameterKey; allowed: ParameterKey and ParameterValue",
      },
      { where: "MinSize", what: "stands twice; allowed: once" },
      { where: "BuildkiteQueue", what: "stands twice; allowed: once" },
    ]);
  });
});

describe("anything else", () => {
  test("is refused with the forms that are known", () => {
    for (const text of ["{}", "[1]", '{"Environment": {"Error": {}}}', '{"Stacks": []}']) {
      const { source, problems } = readSource(text);
      expect([source?.given ?? [], problems.length]).toEqual([[], 1]);
    }
    expect(readSource("{}").problems[0]?.what).toContain("aws lambda get-function-configuration");
  });

  test("is refused where it is empty", () => {
    expect(readSource(" \n").problems).toEqual([
      { where: "the input", what: "is empty; allowed: settings to migrate" },
    ]);
  });

  test("is refused where it is broken JSON, without a quotation", () => {
    const text = '{"Environment": {\n"BUILDKITE_AGENT_TOKEN": bkua_secret\n}}';
    const what = "is not JSON, though it begins like it; allowed: JSON as AWS prints it";
    expect(readSource(text)).toEqual({ problems: [{ where: "the input", what }] });
  });
});
