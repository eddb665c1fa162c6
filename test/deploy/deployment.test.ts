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

function entries(count: number, nameLength = 10) {
  return Array.from({ length: count }, (_, index) => ({
    queue: "default",
    group: `g${index}-`.padEnd(nameLength, "x"),
    agentsPerInstance: 1,
  }));
}

function loop(name: string, scalers = entries(1)) {
  return { name, agentTokenParameter: "/buildkite/agent-token", scalers };
}

function deployed(file: unknown, parameters: object = {}): Deployment {
  const scalers = join(folder, "scalers.yml");
  writeFileSync(scalers, JSON.stringify(file)); // JSON is YAML too
  return buildDeployment({ ...PARAMETERS, scalers, ...parameters });
}

function idsOf({ resources }: Deployment, type: string): string[] {
  return Object.keys(resources).filter((id) => resources[id]?.Type === type);
}

describe("a logical id", () => {
  test("is readable, and different for different names", () => {
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
  const cut = deployed({ clusters: [loop("main", entries(250))] });

  test("has three loops, told apart by name, each with a schedule", () => {
    expect(cut.problems).toEqual([]);
    expect(idsOf(cut, "AWS::Scheduler::Schedule")).toEqual([
      "Schedulemain",
      "SchedulemainX2E2",
      "SchedulemainX2E3",
    ]);
  });

  test("has three alarms for each loop", () => {
    expect(idsOf(cut, "AWS::CloudWatch::Alarm")).toHaveLength(9);
  });

  test("is granted in policies that AWS takes: 6,144 characters each", () => {
    const policies = Object.values(cut.resources).filter(
      ({ Type }) => Type === "AWS::IAM::ManagedPolicy",
    );
    const granted = policies.flatMap(arnsOf);
    expect(granted.filter((arn) => arn.includes("autoScalingGroupName"))).toHaveLength(250);
    for (const policy of policies) expect(charactersOf(policy)).toBeLessThanOrEqual(6144);
  });
});

/** As CloudFormation sends it, in the longest names of a partition and a region. */
function charactersOf({ Properties }: Resource): number {
  return JSON.stringify(Properties.PolicyDocument)
    .replaceAll(/\{"Fn::Sub":("[^"]*")\}/g, "$1")
    .replaceAll(`\${AWS::Partition}`, "aws-us-gov")
    .replaceAll(`\${AWS::Region}`, "ap-southeast-5")
    .replaceAll(`\${AWS::AccountId}`, "123456789012").length;
}

const granting = v.object({
  PolicyDocument: v.object({
    Statement: v.array(v.object({ Resource: v.array(v.object({ "Fn::Sub": v.string() })) })),
  }),
});

function arnsOf({ Properties }: Resource): string[] {
  const { PolicyDocument } = v.parse(granting, Properties);
  return PolicyDocument.Statement.flatMap(({ Resource }) => Resource.map((arn) => arn["Fn::Sub"]));
}

describe("more groups than one role can be given by name", () => {
  test("are refused, with what to do", () => {
    // 5,600 characters hold 18 ARNs of 310 characters; 200 / 18 = 12 policies, rounded up; 10 are allowed.
    const { problems, resources } = deployed({ clusters: [loop("main", entries(200, 200))] });
    expect(problems).toEqual([
      expect.stringMatching(/would need 12 policies; allowed: 10\..*stage/),
    ]);
    expect(resources).toEqual({});
  });
});

describe("permissions", () => {
  test("name a parameter of several loops once", () => {
    const permissions = buildPermissions([loop("main"), loop("main.2")], {
      tokenKmsKeyArn: "",
      tracing: false,
    });
    expect(permissions.ReadToken1 && arnsOf(permissions.ReadToken1)).toEqual([
      `arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter/buildkite/agent-token`,
    ]);
  });

  test("say nothing of secrets and keys where there are none", () => {
    const { resources } = deployed({ clusters: [loop("main")] });
    expect(idsOf({ ...EMPTY, resources }, "AWS::IAM::ManagedPolicy")).toEqual([
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
  test("starts only once its permissions are there", () => {
    expect(buildSchedules([loop("main")], ["SetCapacity1"]).Schedulemain?.DependsOn).toEqual([
      "SetCapacity1",
    ]);
  });
});

describe("an alarm on a loop", () => {
  const settings = { prefix: "loop-dev", actions: [], periodSeconds: 60 };
  const timing = (periodSeconds: number) =>
    Object.values(buildLoopAlarms([loop("main")], { ...settings, periodSeconds })).map(
      ({ Properties: { MetricName, Period, DatapointsToAlarm, EvaluationPeriods } }) =>
        `${MetricName}: ${DatapointsToAlarm} of ${EvaluationPeriods} x ${Period} s`,
    );

  test("waits 5 minutes for held polls, 15 for a maximum, and for a refusal that comes back", () => {
    expect(timing(60)).toEqual([
      "HeldPolls: 5 of 5 x 60 s",
      "BeyondMaximum: 15 of 15 x 60 s",
      "RefusedScalings: 3 of 5 x 60 s",
    ]);
  });

  test("looks at periods in which a poll is certain", () => {
    expect([1, 10, 60, 61, 240].map(alarmPeriodSeconds)).toEqual([60, 60, 60, 120, 240]);
    expect(timing(240)).toEqual([
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

  function widgetsFor(count: number, publishMetrics = true) {
    const { resources } = deployed({
      clusters: [{ ...loop("main", entries(count)), publishMetrics }],
    });
    const { "Fn::Sub": text } = v.parse(body, resources.Dashboard?.Properties.DashboardBody);
    return v.parse(v.object({ widgets: v.array(widget) }), JSON.parse(text)).widgets;
  }

  test("has no more graphs for 40 scalers than for one", () => {
    expect(widgetsFor(40)).toEqual(widgetsFor(1));
  });

  test("finds every scaler's metrics by a search", () => {
    const found = widgetsFor(40).find(
      ({ properties }) => properties.title === "main: desired capacity",
    );
    expect(found?.properties.metrics).toEqual([
      [
        {
          expression: `SEARCH('{Buildkite,Loop,Scaler} Loop="main" MetricName="DesiredCapacity"', 'Maximum', 60)`,
          label: `\${!PROP('Dim.Scaler')}`, // CloudFormation makes ${PROP(...)} of it
        },
      ],
    ]);
  });

  test("fills CloudWatch's 24 columns and no more", () => {
    for (const { x, width } of widgetsFor(1)) {
      expect(x + width).toBeLessThanOrEqual(24);
      expect([x, width].every(Number.isInteger)).toBe(true);
    }
  });

  test("is left out where nobody wants it", () => {
    const { resources } = deployed({ clusters: [loop("main")] }, { dashboard: "false" });
    expect(resources).not.toHaveProperty("Dashboard");
  });

  test("says where a cluster publishes nothing", () => {
    const texts = widgetsFor(1, false).filter(({ type }) => type === "text");
    expect(texts).toHaveLength(1);
  });
});

describe("the settings in the definition", () => {
  const definition = (settings: object) =>
    JSON.stringify({ States: { Settings: { Parameters: { settings } } } });

  test("are read as they stand", () => {
    const settings = { pollIntervalSeconds: 20, publishIntervalSeconds: 60 };
    expect(readLoopSettings(definition(settings))).toEqual(settings);
  });

  test("are refused where the loop would refuse them", () => {
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
  ])("%j is one problem, which says where", (wrong, where) => {
    const { problems } = deployed({ clusters: [loop("main")] }, wrong);
    expect(problems).toEqual([expect.stringContaining(where)]);
  });

  test("are fine as numbers and booleans too, as serverless.yml may hold them", () => {
    const { problems } = deployed(
      { clusters: [loop("main")] },
      { logRetentionDays: 30, tracing: true },
    );
    expect(problems).toEqual([]);
  });
});
