import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { beforeAll, describe, expect, test } from "vitest";
import { readDefinition } from "../../config/definition.ts";
import { eventQueuePrefix } from "../../deploy/events.ts";
import { parseExecutionInput } from "../../functions/core/execution-input.ts";
import { LAMBDA_LIMIT_SECONDS } from "../../local/engine/invoke-lambda.ts";
import { readTemplate } from "../../scripts/packaging.ts";
import {
  type Packaged,
  packageOnce,
  selectByType,
  toPlain,
  writeFileIn,
} from "../support/packaged.ts";

const SCALERS = `
defaults:
  scaleIn: { cooldown: 5m }
clusters:
  - name: main
    agentTokenParameter: /buildkite/main-token
    publishMetrics: true
    scalers:
      - { queue: "a \${self:service} queue", group: web, agentsPerInstance: 1 }
  - name: second
    agentTokenParameter: /buildkite/second-token
    scalers:
      - { queue: default, group: second, agentsPerInstance: 2, elasticCiMode: true }
`;

const TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms";

let dev: Packaged;
let prod: Packaged;

beforeAll(() => {
  const scalers = ["--param", `scalers=${writeFileIn("scalers.yml", SCALERS)}`];
  dev = packageOnce(...scalers);
  prod = packageOnce(...scalers, "--stage", "prod", "--param", `alarmTopicArn=${TOPIC}`);
});

const target = v.looseObject({
  Arn: v.unknown(),
  Input: v.pipe(v.string(), v.parseJson()),
  RetryPolicy: v.unknown(),
  DeadLetterConfig: v.looseObject({ Arn: v.unknown() }),
});

function readSchedules(from: Packaged) {
  return selectByType(from, "AWS::Scheduler::Schedule").map(([, properties]) => ({
    ...properties,
    Target: v.parse(target, properties.Target),
  }));
}

describe("the schedules", () => {
  test("start each cluster's loop every three minutes, and retry for one minute", () => {
    expect(readSchedules(dev)).toMatchObject([
      { Name: "main", ScheduleExpression: "cron(0/3 * * * ? *)" },
      { Name: "second", ScheduleExpression: "cron(0/3 * * * ? *)" },
    ]);
    for (const { Target, ...schedule } of readSchedules(dev)) {
      expect(schedule).toMatchObject({ FlexibleTimeWindow: { Mode: "OFF" } });
      expect(Target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 3 });
      expect([toPlain(Target.Arn), toPlain(Target.DeadLetterConfig.Arn)]).toEqual([
        `\${ScalingLoop}`,
        `\${MissedLoops.Arn}`,
      ]);
    }
  });

  test("pass the scheduled time and the scalers with their defaults", () => {
    expect(readSchedules(dev).map(({ Target }) => Target.Input)).toEqual([
      {
        scheduledAt: "<aws.scheduler.scheduled-time>",
        name: "main",
        agentTokenParameter: "/buildkite/main-token",
        publishMetrics: true,
        scalers: [
          {
            queue: `a \${self:service} queue`, // as written: not a variable of Serverless
            group: "web",
            agentsPerInstance: 1,
            scaleIn: { cooldown: "5m" },
          },
        ],
      },
      {
        scheduledAt: "<aws.scheduler.scheduled-time>",
        name: "second",
        agentTokenParameter: "/buildkite/second-token",
        scalers: [
          {
            queue: "default",
            group: "second",
            agentsPerInstance: 2,
            elasticCiMode: true,
            scaleIn: { cooldown: "5m" },
          },
        ],
      },
    ]);
  });

  test("have an input that the loop accepts, once the time is filled in", () => {
    for (const { Target } of readSchedules(dev)) {
      const input = v.parse(v.looseObject({}), Target.Input);
      const { scalers } = parseExecutionInput({ ...input, scheduledAt: "2026-01-05T09:00:00Z" });
      expect(scalers).toHaveLength(1);
    }
  });
});

/** Names of other resources; and the name of a schedule, which is unique within its group only. */
const OTHER_NAMES = [
  "AWS::CloudWatch::Alarm.MetricName",
  "AWS::Scheduler::Schedule.GroupName",
  "AWS::Scheduler::Schedule.Name",
];

/** Lists the names of all resources, with their types: resources of different types may share a name. */
function listNames({ resources }: Packaged): string[] {
  return Object.values(resources).flatMap(({ Type, Properties }) =>
    Object.entries(Properties)
      .filter(([key]) => key.endsWith("Name") && !OTHER_NAMES.includes(`${Type}.${key}`))
      .map(([, name]) => `${Type} ${toPlain(name)}`),
  );
}

describe("two stages in one account", () => {
  test("have no name in common", () => {
    const [inDev, inProd] = [listNames(dev), listNames(prod)];
    expect(inDev.filter((name) => inProd.includes(name))).toEqual([]);
    expect(inDev).toHaveLength(inProd.length);
    expect(inDev.length).toBeGreaterThan(20);
    expect(new Set(inDev).size).toBe(inDev.length);
  });

  test("have service and stage in every name", () => {
    const strays = listNames(dev).filter((name) => !name.includes("buildkite-scaling-loop-dev"));
    expect(strays).toEqual([]);
  });
});

describe("the functions", () => {
  test("have the timeouts of the local engine", () => {
    const limits = selectByType(dev, "AWS::Lambda::Function").map(
      ([, { FunctionName, Timeout }]) => [
        toPlain(FunctionName).replace("buildkite-scaling-loop-dev-", ""),
        Timeout,
      ],
    );
    const expected = Object.entries(LAMBDA_LIMIT_SECONDS).map(([state, seconds]) => [
      state.toLowerCase().replaceAll(" ", "-"),
      seconds,
    ]);
    expect(Object.fromEntries(limits)).toEqual(Object.fromEntries(expected));
  });

  test("know the documents of their stage only if they run or read commands", () => {
    const environments = (from: Packaged) =>
      selectByType(from, "AWS::Lambda::Function").flatMap(([id, { Environment }]) =>
        Environment === undefined ? [] : [[id, Environment]],
      );
    const Variables = {
      SSM_LOOK_DOCUMENT: "buildkite-scaling-loop-prod-look",
      SSM_STOP_DOCUMENT: "buildkite-scaling-loop-prod-stop",
    };
    const fetching = { ...Variables, AGENT_ENDPOINTS: "https://agent.buildkite.com/v3" };
    expect(environments(prod)).toEqual([
      [
        "ClaimSlotLambdaFunction",
        { Variables: { EVENT_QUEUE_PREFIX: eventQueuePrefix("buildkite-scaling-loop-prod") } },
      ],
      ["FetchMetricsLambdaFunction", { Variables: fetching }],
      ["ApplyScalingLambdaFunction", { Variables }],
    ]);
  });

  test("run on arm64 and Node 24", () => {
    for (const [, properties] of selectByType(dev, "AWS::Lambda::Function")) {
      expect(properties).toMatchObject({ Architectures: ["arm64"], Runtime: "nodejs24.x" });
      expect(properties).not.toHaveProperty("ReservedConcurrentExecutions");
    }
  });

  test("are the functions that the definition calls", () => {
    const [machine] = selectByType(dev, "AWS::StepFunctions::StateMachine");
    const substitutions = v.parse(
      v.record(v.string(), v.unknown()),
      machine?.[1].DefinitionSubstitutions,
    );
    const asl = JSON.stringify(readDefinition());
    const asked = [...asl.matchAll(/"\$\{(\w+)\}"/g)].map(([, name = ""]) => name);
    expect(asked).toHaveLength(5);
    for (const name of asked) {
      const logicalId = name.replace("FunctionArn", "LambdaFunction");
      expect(toPlain(substitutions[name])).toBe(`\${${logicalId}.Arn}`);
      expect(dev.resources).toHaveProperty(logicalId);
    }
  });
});

test("logs are kept for two weeks by default", () => {
  const groups = selectByType(dev, "AWS::Logs::LogGroup");
  expect(groups).toHaveLength(6); // five functions and the machine
  for (const [, { RetentionInDays }] of groups) expect(RetentionInDays).toBe(14);
});

test("the machine logs every execution with its data", () => {
  const [machine] = selectByType(dev, "AWS::StepFunctions::StateMachine");
  expect(machine?.[1]).toMatchObject({
    StateMachineType: "EXPRESS",
    LoggingConfiguration: { Level: "ALL", IncludeExecutionData: true },
    TracingConfiguration: { Enabled: false },
  });
});

describe("the alarms", () => {
  const selectAlarms = (from: Packaged) => selectByType(from, "AWS::CloudWatch::Alarm");

  test("watch the deployment and each loop", () => {
    const names = selectAlarms(dev).map(([, { AlarmName }]) =>
      toPlain(AlarmName).replace("buildkite-scaling-loop-dev-", ""),
    );
    expect(names.toSorted()).toEqual([
      "agent-token-not-read.main",
      "agent-token-not-read.second",
      "apply-scaling-failed",
      "beyond-maximum.main",
      "beyond-maximum.second",
      "compute-capacity-failed",
      "dangling-instances.second", // only the second loop is graceful
      "executions-failed",
      "executions-timed-out",
      "held-polls.main",
      "held-polls.second",
      "instances-not-answering.second",
      "loops-missed",
      "no-loop-started.main",
      "no-loop-started.second",
      "overdue-drains.second",
      "publish-metrics-failed",
      "refused-scalings.main",
      "refused-scalings.second",
    ]);
  });

  test("have these metrics", () => {
    const metrics = selectAlarms(dev).map(([, { Namespace, MetricName, Dimensions }]) => {
      const [{ Name, Value }] = v.parse(v.tuple([dimension]), Dimensions);
      return `${Namespace} ${MetricName} ${Name}=${toPlain(Value)}`;
    });
    expect(metrics.toSorted()).toEqual([
      `AWS/Lambda Errors FunctionName=\${ApplyScalingLambdaFunction}`,
      `AWS/Lambda Errors FunctionName=\${ComputeCapacityLambdaFunction}`,
      `AWS/Lambda Errors FunctionName=\${PublishMetricsLambdaFunction}`,
      `AWS/SQS ApproximateNumberOfMessagesVisible QueueName=\${MissedLoops.QueueName}`,
      `AWS/States ExecutionsFailed StateMachineArn=\${ScalingLoop}`,
      `AWS/States ExecutionsTimedOut StateMachineArn=\${ScalingLoop}`,
      "Buildkite AgentTokenNotRead Loop=main",
      "Buildkite AgentTokenNotRead Loop=second",
      "Buildkite BeyondMaximum Loop=main",
      "Buildkite BeyondMaximum Loop=second",
      "Buildkite DanglingInstances Loop=second",
      "Buildkite HeldPolls Loop=main", // the number of polls
      "Buildkite HeldPolls Loop=main",
      "Buildkite HeldPolls Loop=second",
      "Buildkite HeldPolls Loop=second",
      "Buildkite InstancesNotAnswering Loop=second",
      "Buildkite OverdueDrains Loop=second",
      "Buildkite RefusedScalings Loop=main",
      "Buildkite RefusedScalings Loop=second",
    ]);
  });

  test("describe what happened and what to do, with the names of the stage", () => {
    for (const [id, { AlarmDescription }] of selectAlarms(prod)) {
      const description = toPlain(AlarmDescription);
      expect(description, id).toMatch(/^[A-Z].{40,}\. [A-Z].{20,}\.$/s); // two sentences or more
      expect(description, id).not.toContain("-dev");
      expect(description.length, id).toBeLessThanOrEqual(1024); // CloudWatch's limit
    }
  });
});

const dimension = v.object({ Name: v.string(), Value: v.unknown() });

test("the template contains no secret and no token", () => {
  const text = JSON.stringify(prod.resources);
  expect(text).toContain("/buildkite/main-token"); // only the parameter's name
  expect(text).not.toMatch(/SecretString|\{\{resolve:|bkct_|AKIA/);
});

test("alarms notify the topic that is set; without one they notify nobody", () => {
  const actions = (from: Packaged) =>
    selectByType(from, "AWS::CloudWatch::Alarm").map(([, { AlarmActions }]) => AlarmActions);
  expect(new Set(actions(dev).map((each) => JSON.stringify(each)))).toEqual(new Set(["[]"]));
  expect(new Set(actions(prod).map(toPlain))).toEqual(new Set([JSON.stringify([TOPIC])]));
});

const definitionSchema = v.object({
  States: v.object({
    Settings: v.object({
      Parameters: v.object({ settings: v.record(v.string(), v.number()) }),
    }),
  }),
});

describe("what an organization asks of a stack", () => {
  const BOUNDARY = "arn:aws:iam::123456789012:policy/boundary";
  let asked: Packaged;

  beforeAll(() => {
    const parameters = [
      `permissionsBoundary=${BOUNDARY}`,
      "rolePath=/team/",
      "tags=team=ci,cost=4",
      "pollIntervalSeconds=30",
    ];
    asked = packageOnce(...parameters.flatMap((parameter) => ["--param", parameter]));
  });

  test("is a boundary and a path of every role, and a path of every policy", () => {
    const roles = selectByType(asked, "AWS::IAM::Role");
    expect(roles).toHaveLength(7);
    for (const [id, role] of roles)
      expect(role, id).toMatchObject({ Path: "/team/", PermissionsBoundary: BOUNDARY });
    for (const [id, policy] of selectByType(asked, "AWS::IAM::ManagedPolicy"))
      expect(policy, id).toMatchObject({ Path: "/team/" });
  });

  test("may be another poll interval, which the definition has", () => {
    const readSettings = (from: Packaged) => {
      const [[, { Definition }] = ["", {}]] = selectByType(
        from,
        "AWS::StepFunctions::StateMachine",
      );
      return v.parse(definitionSchema, Definition).States.Settings.Parameters.settings;
    };
    expect(readSettings(dev)).toMatchObject({
      pollIntervalSeconds: 10,
      publishIntervalSeconds: 60,
    });
    expect(readSettings(asked)).toEqual({ ...readSettings(dev), pollIntervalSeconds: 30 });
  });

  test("is tags of the stack", () => {
    const state = readFileSync(join(asked.directory, "serverless-state.json"), "utf8");
    expect(JSON.parse(state).service.provider.stackTags).toEqual({ team: "ci", cost: "4" });
  });

  test("is nothing by default", () => {
    for (const [, role] of selectByType(dev, "AWS::IAM::Role")) {
      expect(role).not.toHaveProperty("Path");
      expect(role).not.toHaveProperty("PermissionsBoundary");
    }
  });
});

test("the stack has a description with the version", () => {
  expect(
    v.parse(v.looseObject({ Description: v.string() }), readTemplate(dev.directory)).Description,
  ).toMatch(/Auto Scaling groups.*buildkite-scaling-loop \d+\.\d+\.\d+$/);
});
