import * as v from "valibot";
import { beforeAll, describe, expect, test } from "vitest";
import { readDefinition } from "../../config/definition.ts";
import { parseExecutionInput } from "../../functions/core/execution-input.ts";
import { LAMBDA_LIMIT_SECONDS } from "../../local/engine/invoke-lambda.ts";
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
      - { queue: default, group: second, agentsPerInstance: 2 }
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

function schedules(from: Packaged) {
  return selectByType(from, "AWS::Scheduler::Schedule").map(([, properties]) => ({
    ...properties,
    Target: v.parse(target, properties.Target),
  }));
}

describe("the schedules", () => {
  test("start each cluster's loop every four minutes, and give up after one", () => {
    expect(schedules(dev)).toMatchObject([
      { Name: "main", ScheduleExpression: "cron(0/4 * * * ? *)" },
      { Name: "second", ScheduleExpression: "cron(0/4 * * * ? *)" },
    ]);
    for (const { Target, ...schedule } of schedules(dev)) {
      expect(schedule).toMatchObject({ FlexibleTimeWindow: { Mode: "OFF" } });
      expect(Target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 3 });
      expect([toPlain(Target.Arn), toPlain(Target.DeadLetterConfig.Arn)]).toEqual([
        `\${ScalingLoop}`,
        `\${MissedLoops.Arn}`,
      ]);
    }
  });

  test("hand on the time that was meant, and what is to be scaled with its defaults", () => {
    expect(schedules(dev).map(({ Target }) => Target.Input)).toEqual([
      {
        scheduledAt: "<aws.scheduler.scheduled-time>",
        name: "main",
        agentTokenParameter: "/buildkite/main-token",
        publishMetrics: true,
        scalers: [
          {
            queue: `a \${self:service} queue`, // as written: it is no variable of Serverless
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
          { queue: "default", group: "second", agentsPerInstance: 2, scaleIn: { cooldown: "5m" } },
        ],
      },
    ]);
  });

  test("give an input that the loop takes, once the time is filled in", () => {
    for (const { Target } of schedules(dev)) {
      const input = v.parse(v.looseObject({}), Target.Input);
      const { scalers } = parseExecutionInput({ ...input, scheduledAt: "2026-01-05T09:00:00Z" });
      expect(scalers).toHaveLength(1);
    }
  });
});

/** Names of something else; a schedule's own name counts within its group only. */
const NOT_ITS_OWN = [
  "AWS::CloudWatch::Alarm.MetricName",
  "AWS::Scheduler::Schedule.GroupName",
  "AWS::Scheduler::Schedule.Name",
];

/** Every name that something in the account gets; two things of different types may have the same. */
function namesIn({ resources }: Packaged): string[] {
  return Object.values(resources).flatMap(({ Type, Properties }) =>
    Object.entries(Properties)
      .filter(([key]) => key.endsWith("Name") && !NOT_ITS_OWN.includes(`${Type}.${key}`))
      .map(([, name]) => `${Type} ${toPlain(name)}`),
  );
}

describe("two stages in one account", () => {
  test("name nothing alike", () => {
    const [inDev, inProd] = [namesIn(dev), namesIn(prod)];
    expect(inDev.filter((name) => inProd.includes(name))).toEqual([]);
    expect(inDev).toHaveLength(inProd.length);
    expect(inDev.length).toBeGreaterThan(20);
    expect(new Set(inDev).size).toBe(inDev.length);
  });

  test("name everything after service and stage", () => {
    const strays = namesIn(dev).filter((name) => !name.includes("buildkite-scaling-loop-dev"));
    expect(strays).toEqual([]);
  });
});

describe("the functions", () => {
  test("have the time limits that the engine on this machine keeps", () => {
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

  test("run on arm64 and Node 24, with no environment", () => {
    for (const [, properties] of selectByType(dev, "AWS::Lambda::Function")) {
      expect(properties).toMatchObject({ Architectures: ["arm64"], Runtime: "nodejs24.x" });
      expect(properties).not.toHaveProperty("Environment");
      expect(properties).not.toHaveProperty("ReservedConcurrentExecutions");
    }
  });

  test("are what the definition calls", () => {
    const [machine] = selectByType(dev, "AWS::StepFunctions::StateMachine");
    const substitutions = v.parse(
      v.record(v.string(), v.unknown()),
      machine?.[1].DefinitionSubstitutions,
    );
    const asl = JSON.stringify(readDefinition());
    const asked = [...asl.matchAll(/"\$\{(\w+)\}"/g)].map(([, name = ""]) => name);
    expect(asked).toHaveLength(6);
    for (const name of asked) {
      const logicalId = name.replace("FunctionArn", "LambdaFunction");
      expect(toPlain(substitutions[name])).toBe(`\${${logicalId}.Arn}`);
      expect(dev.resources).toHaveProperty(logicalId);
    }
  });
});

test("every log is kept for two weeks, unless said otherwise", () => {
  const groups = selectByType(dev, "AWS::Logs::LogGroup");
  expect(groups).toHaveLength(7); // six functions and the machine
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
  const alarmsOf = (from: Packaged) => selectByType(from, "AWS::CloudWatch::Alarm");

  test("watch the whole, and each loop", () => {
    const names = alarmsOf(dev).map(([, { AlarmName }]) =>
      toPlain(AlarmName).replace("buildkite-scaling-loop-dev-", ""),
    );
    expect(names.toSorted()).toEqual([
      "apply-scaling-failed",
      "beyond-maximum.main",
      "beyond-maximum.second",
      "compute-capacity-failed",
      "executions-failed",
      "executions-timed-out",
      "held-polls.main",
      "held-polls.second",
      "loops-missed",
      "no-loop-started",
      "refused-scalings.main",
      "refused-scalings.second",
    ]);
  });

  test("look at these metrics", () => {
    const metrics = alarmsOf(dev).map(([, { Namespace, MetricName, Dimensions }]) => {
      const [{ Name, Value }] = v.parse(v.tuple([dimension]), Dimensions);
      return `${Namespace} ${MetricName} ${Name}=${toPlain(Value)}`;
    });
    expect(metrics.toSorted()).toEqual([
      `AWS/Lambda Errors FunctionName=\${ApplyScalingLambdaFunction}`,
      `AWS/Lambda Errors FunctionName=\${ComputeCapacityLambdaFunction}`,
      `AWS/SQS ApproximateNumberOfMessagesVisible QueueName=\${MissedLoops.QueueName}`,
      `AWS/States ExecutionsFailed StateMachineArn=\${ScalingLoop}`,
      `AWS/States ExecutionsStarted StateMachineArn=\${ScalingLoop}`,
      `AWS/States ExecutionsTimedOut StateMachineArn=\${ScalingLoop}`,
      "Buildkite BeyondMaximum Loop=main",
      "Buildkite BeyondMaximum Loop=second",
      "Buildkite HeldPolls Loop=main",
      "Buildkite HeldPolls Loop=second",
      "Buildkite RefusedScalings Loop=main",
      "Buildkite RefusedScalings Loop=second",
    ]);
  });

  test("say in sentences what happened and what to do, with the stage's own names", () => {
    for (const [id, { AlarmDescription }] of alarmsOf(prod)) {
      const description = toPlain(AlarmDescription);
      expect(description, id).toMatch(/^[A-Z].{40,}\. [A-Z].{20,}\.$/s); // two sentences or more
      expect(description, id).not.toContain("-dev");
      expect(description.length, id).toBeLessThanOrEqual(1024); // CloudWatch's limit
    }
  });
});

const dimension = v.object({ Name: v.string(), Value: v.unknown() });

test("no secret and no token is in the template", () => {
  const text = JSON.stringify(prod.resources);
  expect(text).toContain("/buildkite/main-token"); // the parameter's name, and no more
  expect(text).not.toMatch(/SecretString|\{\{resolve:|bkct_|AKIA/);
});

test("no alarm tells anybody, unless a topic is given; then all of them do", () => {
  const actions = (from: Packaged) =>
    selectByType(from, "AWS::CloudWatch::Alarm").map(([, { AlarmActions }]) => AlarmActions);
  expect(new Set(actions(dev).map((each) => JSON.stringify(each)))).toEqual(new Set(["[]"]));
  expect(new Set(actions(prod).map(toPlain))).toEqual(new Set([JSON.stringify([TOPIC])]));
});
