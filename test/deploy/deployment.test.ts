import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { afterAll, describe, expect, test } from "vitest";
import { readLoopSettings } from "../../config/definition.ts";
import { alarmPeriodSeconds, buildLoopAlarms } from "../../deploy/alarms.ts";
import { type Resource, toLogicalIdPart } from "../../deploy/cloudformation.ts";
import { buildDeployment, type Deployment } from "../../deploy/deployment.ts";
import { buildPermissions } from "../../deploy/permissions.ts";
import { buildSchedules } from "../../deploy/schedules.ts";

const folder = mkdtempSync(join(tmpdir(), "scaling-loop-deployment-"));
afterAll(() => rmSync(folder, { recursive: true }));

const PARAMETERS = {
  prefix: "buildkite-scaling-loop-dev",
  alarmTopicArn: "",
  logLevel: "ALL",
  logRetentionDays: "14",
  tracing: "false",
  dashboard: "true",
  tokenKmsKeyArn: "",
};

function createEntries(count: number, nameLength = 10) {
  return Array.from({ length: count }, (_, index) => ({
    queue: "default",
    group: `g${index}-`.padEnd(nameLength, "x"),
    agentsPerInstance: 1,
  }));
}

function createLoop(name: string, scalers = createEntries(1)) {
  return { name, agentTokenParameter: "/buildkite/agent-token", scalers };
}

function deploy(file: unknown, parameters: object = {}): Deployment {
  const scalers = join(folder, "scalers.yml");
  writeFileSync(scalers, JSON.stringify(file)); // JSON is YAML too
  return buildDeployment({ ...PARAMETERS, scalers, ...parameters });
}

function listIds({ resources }: Deployment, type: string): string[] {
  return Object.keys(resources).filter((id) => resources[id]?.Type === type);
}

describe("a logical id", () => {
  test("is readable, and different names have different ids", () => {
    const names = ["main", "main.2", "main2", "main-2", "main_2", "mainX2E2"];
    expect(names.map(toLogicalIdPart)).toEqual([
      "main",
      "mainX2E2", // a dot is 2E
      "main2",
      "mainX2D2",
      "mainX5F2",
      "mainX582E2", // X is 58
    ]);
  });
});

describe("a cluster of 250 groups", () => {
  const cut = deploy({ clusters: [createLoop("main", createEntries(250))] });

  test("has three loops with different names, each with a schedule", () => {
    expect(cut.problems).toEqual([]);
    expect(listIds(cut, "AWS::Scheduler::Schedule")).toEqual([
      "Schedulemain",
      "SchedulemainX2E2",
      "SchedulemainX2E3",
    ]);
  });

  test("has three alarms for each loop", () => {
    expect(listIds(cut, "AWS::CloudWatch::Alarm")).toHaveLength(9);
  });

  test("needs policies within the limit of 6,144 characters", () => {
    const policies = Object.values(cut.resources).filter(
      ({ Type }) => Type === "AWS::IAM::ManagedPolicy",
    );
    const granted = policies.flatMap(listArns);
    expect(granted.filter((arn) => arn.includes("autoScalingGroupName"))).toHaveLength(250);
    for (const policy of policies) expect(countCharacters(policy)).toBeLessThanOrEqual(6144);
  });
});

/** Counts characters as IAM does, with the longest names of a partition and a region. */
function countCharacters({ Properties }: Resource): number {
  return JSON.stringify(Properties.PolicyDocument)
    .replaceAll(/\{"Fn::Sub":("[^"]*")\}/g, "$1")
    .replaceAll(`\${AWS::Partition}`, "aws-us-gov")
    .replaceAll(`\${AWS::Region}`, "ap-southeast-5")
    .replaceAll(`\${AWS::AccountId}`, "123456789012").length;
}

const policySchema = v.object({
  PolicyDocument: v.object({
    Statement: v.array(v.object({ Resource: v.array(v.object({ "Fn::Sub": v.string() })) })),
  }),
});

function listArns({ Properties }: Resource): string[] {
  const { PolicyDocument } = v.parse(policySchema, Properties);
  return PolicyDocument.Statement.flatMap(({ Resource }) => Resource.map((arn) => arn["Fn::Sub"]));
}

describe("more groups than the policies of one role can name", () => {
  test("are refused, with advice", () => {
    // 5,600 characters hold 18 ARNs of 310 characters; 200 / 18 = 12 policies, rounded up; 10 are allowed.
    const { problems, resources } = deploy({
      clusters: [createLoop("main", createEntries(200, 200))],
    });
    expect(problems).toEqual([
      expect.stringMatching(/would need 12 policies; allowed: 10\..*stage/),
    ]);
    expect(resources).toEqual({});
  });
});

describe("permissions", () => {
  test("name a parameter once, even if several loops use it", () => {
    const permissions = buildPermissions([createLoop("main"), createLoop("main.2")], {
      tokenKmsKeyArn: "",
      tracing: false,
    });
    expect(permissions.ReadToken1 && listArns(permissions.ReadToken1)).toEqual([
      `arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter/buildkite/agent-token`,
    ]);
  });

  test("do not mention secrets and keys if there are none", () => {
    const { resources } = deploy({ clusters: [createLoop("main")] });
    expect(listIds({ ...EMPTY, resources }, "AWS::IAM::ManagedPolicy")).toEqual([
      "SetCapacity1",
      "ReadToken1",
    ]);
  });
});

const EMPTY: Deployment = {
  resources: {},
  alarmActions: [],
  alarmPeriodSeconds: 60,
  problems: [],
  warnings: [],
};

describe("a schedule", () => {
  test("is created after its permissions", () => {
    expect(buildSchedules([createLoop("main")], ["SetCapacity1"]).Schedulemain?.DependsOn).toEqual([
      "SetCapacity1",
    ]);
  });
});

describe("an alarm on a loop", () => {
  const settings = { prefix: "loop-dev", actions: [], periodSeconds: 60 };
  const describeTiming = (periodSeconds: number) =>
    Object.values(buildLoopAlarms([createLoop("main")], { ...settings, periodSeconds })).map(
      ({ Properties: { MetricName, Period, DatapointsToAlarm, EvaluationPeriods } }) =>
        `${MetricName}: ${DatapointsToAlarm} of ${EvaluationPeriods} x ${Period} s`,
    );

  test("fires after 5 minutes of held polls, 15 minutes at the maximum, or repeated refusals", () => {
    expect(describeTiming(60)).toEqual([
      "HeldPolls: 5 of 5 x 60 s",
      "BeyondMaximum: 15 of 15 x 60 s",
      "RefusedScalings: 3 of 5 x 60 s",
    ]);
  });

  test("has periods that always contain a poll", () => {
    expect([1, 10, 60, 61, 240].map(alarmPeriodSeconds)).toEqual([60, 60, 60, 120, 240]);
    expect(describeTiming(240)).toEqual([
      "HeldPolls: 2 of 2 x 240 s", // 300 s
      "BeyondMaximum: 4 of 4 x 240 s", // 900 s
      "RefusedScalings: 3 of 5 x 240 s",
    ]);
  });
});

describe("the dashboard", () => {
  const widget = v.looseObject({
    x: v.number(),
    width: v.number(),
    type: v.string(),
    properties: v.looseObject({
      title: v.optional(v.string(), ""),
      metrics: v.optional(v.unknown()),
    }),
  });
  const body = v.object({ "Fn::Sub": v.string() });

  function buildWidgets(count: number, publishMetrics = true) {
    const { resources } = deploy({
      clusters: [{ ...createLoop("main", createEntries(count)), publishMetrics }],
    });
    const { "Fn::Sub": text } = v.parse(body, resources.Dashboard?.Properties.DashboardBody);
    return v.parse(v.object({ widgets: v.array(widget) }), JSON.parse(text)).widgets;
  }

  test("has no more graphs for 40 scalers than for one", () => {
    expect(buildWidgets(40)).toEqual(buildWidgets(1));
  });

  test("finds every scaler's metrics by a search", () => {
    const found = buildWidgets(40).find(
      ({ properties }) => properties.title === "main: desired capacity",
    );
    expect(found?.properties.metrics).toEqual([
      [
        {
          expression: `SEARCH('{Buildkite,Loop,Scaler} Loop="main" MetricName="DesiredCapacity"', 'Maximum', 60)`,
          label: `\${!PROP('Dim.Scaler')}`, // CloudFormation turns it into ${PROP(...)}
        },
      ],
    ]);
  });

  test("fills CloudWatch's 24 columns and no more", () => {
    for (const { x, width } of buildWidgets(1)) {
      expect(x + width).toBeLessThanOrEqual(24);
      expect([x, width].every(Number.isInteger)).toBe(true);
    }
  });

  test("is absent with --param dashboard=false", () => {
    const { resources } = deploy({ clusters: [createLoop("main")] }, { dashboard: "false" });
    expect(resources).not.toHaveProperty("Dashboard");
  });

  test("says if a cluster does not publish metrics", () => {
    const texts = buildWidgets(1, false).filter(({ type }) => type === "text");
    expect(texts).toHaveLength(1);
  });
});

describe("the settings in the definition", () => {
  const definition = (settings: object) =>
    JSON.stringify({ States: { Settings: { Parameters: { settings } } } });

  test("are read", () => {
    const settings = { pollIntervalSeconds: 20, publishIntervalSeconds: 60 };
    expect(readLoopSettings(definition(settings))).toEqual(settings);
  });

  test("are refused if the loop would refuse them", () => {
    expect(
      readLoopSettings(definition({ pollIntervalSeconds: 0, publishIntervalSeconds: 60 })),
    ).toEqual({
      problem: expect.stringMatching(
        /^statemachine\/scaling-loop\.asl\.yml: .*pollIntervalSeconds: 0 is not allowed/,
      ),
    });
  });
});

describe("parameters that AWS would refuse", () => {
  test.each([
    [{ logLevel: "LOUD" }, "--param logLevel: "],
    [{ logRetentionDays: "15" }, "--param logRetentionDays: "],
    [{ alarmTopicArn: "alarms" }, "--param alarmTopicArn: "],
    [{ tracing: "yes" }, "--param tracing: "],
    [{ dashboard: 1 }, "--param dashboard: "],
    [
      { tokenKmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:alias/mine" },
      "--param tokenKmsKeyArn: ",
    ],
    [{ prefix: "x".repeat(47) }, "--stage: "],
  ])("%j is one problem, with the name of the parameter", (wrong, where) => {
    const { problems } = deploy({ clusters: [createLoop("main")] }, wrong);
    expect(problems).toEqual([expect.stringContaining(where)]);
  });

  test("may be numbers and booleans, as in serverless.yml", () => {
    const { problems } = deploy(
      { clusters: [createLoop("main")] },
      { logRetentionDays: 30, tracing: true },
    );
    expect(problems).toEqual([]);
  });
});
