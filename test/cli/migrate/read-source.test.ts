import { describe, expect, test } from "vitest";
import { readSource } from "../../../cli/migrate/read-source.ts";

function joinLines(...text: string[]): string {
  return text.join("\n");
}

describe("an env file", () => {
  test("has KEY=VALUE lines, with export, quotes, comments and empty lines", () => {
    const text = joinLines(
      "\uFEFF# the Lambda's variables",
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

  test("has no other lines: they are reported with their number, and not quoted", () => {
    expect(readSource(joinLines("ASG_NAME=web", "bkua_a_token_on_its_own")).problems).toEqual([
      { where: "line 2", what: "is not a setting; allowed: KEY=VALUE" },
    ]);
  });

  test("defines each setting once", () => {
    expect(readSource(joinLines("ASG_NAME=a", "ASG_NAME=b")).problems).toEqual([
      { where: "line 2: ASG_NAME", what: "is defined twice; keep one of the two" },
    ]);
  });
});

describe("the configuration of the Lambda", () => {
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
    expect(readSource(text)).toEqual({
      source: { ...source, functionName: "scaler" },
      problems: [],
    });
  });

  test("may start with a byte order mark", () => {
    const text = `\uFEFF${JSON.stringify({ Environment: { Variables: variables } })}`;
    expect(readSource(text)).toEqual({ source, problems: [] });
  });

  test("is read from get-function", () => {
    const text = JSON.stringify({ Configuration: { Environment: { Variables: variables } } });
    expect(readSource(text)).toEqual({ source, problems: [] });
  });

  test("has only texts as values", () => {
    const text = JSON.stringify({ Environment: { Variables: { ASG_NAME: ["web"] } } });
    expect(readSource(text).problems).toEqual([
      { where: "ASG_NAME", what: "has no value, or a value that is not a text; allowed: a text" },
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

  test("is read from describe-stacks, with its name and its group", () => {
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

  test("must be the only one in the input", () => {
    expect(readSource('{"Stacks": [{}, {}]}')).toEqual({
      problems: [
        { where: "the input", what: "contains 2 stacks; allowed: one (use --stack-name NAME)" },
      ],
    });
  });

  test("has each parameter once, with a name and a value", () => {
    const text = JSON.stringify([
      { ParameterKey: "MinSize", UsePreviousValue: true },
      { ParameterValue: "1" },
      ...parameters,
      ...parameters,
    ]);
    expect(readSource(text).problems).toEqual([
      { where: "MinSize", what: "has no value, or a value that is not a text; allowed: a text" },
      {
        where: "the input",
        what: "contains 1 parameter without ParameterKey; each parameter needs ParameterKey and ParameterValue",
      },
      { where: "MinSize", what: "is defined twice; keep one of the two" },
      { where: "BuildkiteQueue", what: "is defined twice; keep one of the two" },
    ]);
  });
});

describe("any other input", () => {
  test("is refused, and the message lists the known formats", () => {
    for (const text of ["{}", "[1]", '{"Environment": {"Error": {}}}', '{"Stacks": []}']) {
      const { source, problems } = readSource(text);
      expect([source?.given ?? [], problems.length]).toEqual([[], 1]);
    }
    expect(readSource("{}").problems[0]?.what).toContain("aws lambda get-function-configuration");
  });

  test("is refused if it is empty", () => {
    expect(readSource(" \n").problems).toEqual([
      { where: "the input", what: "is empty; allowed: the settings of a buildkite-agent-scaler" },
    ]);
  });

  test("is refused without a quotation if it is broken JSON", () => {
    const text = '{"Environment": {\n"BUILDKITE_AGENT_TOKEN": bkua_secret\n}}';
    const what = "starts like JSON but is not valid JSON; allowed: JSON as the AWS CLI prints it";
    expect(readSource(text)).toEqual({ problems: [{ where: "the input", what }] });
  });
});
