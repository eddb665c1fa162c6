import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { afterAll, describe, expect, test, vi } from "vitest";
import { buildDeployment } from "../../deploy/deployment.ts";
import { parseExecutionInput } from "../../functions/core/execution-input.ts";
import { matchesPattern, transformEvent } from "../../local/sandbox/event-rule.ts";

const folder = mkdtempSync(join(tmpdir(), "scaling-loop-events-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SOURCE = "aws.partner/buildkite.com/my-org/1a2b3c";
const PREFIX = "buildkite-scaling-loop-dev";

const PARAMETERS = {
  prefix: PREFIX,
  alarmTopicArn: "",
  logLevel: "ALL",
  logRetentionDays: "14",
  tracing: "false",
  dashboard: "true",
  tokenKmsKeyArn: "",
  ssmDocuments: "",
  permissionsBoundary: "",
  rolePath: "/",
  tags: "",
  pollIntervalSeconds: "",
};

function createCluster(name: string, queues: readonly string[], events?: object) {
  const scalers = queues.map((queue, index) => ({
    queue,
    group: `${name}-${index}`,
    agentsPerInstance: 1,
  }));
  return { name, agentTokenParameter: "/a", ...(events === undefined ? {} : { events }), scalers };
}

function deploy(clusters: readonly object[], parameters: object = {}) {
  const scalers = join(folder, "scalers.yml");
  writeFileSync(scalers, JSON.stringify({ clusters }));
  return buildDeployment({ ...PARAMETERS, scalers, ...parameters });
}

const ruleSchema = v.looseObject({
  EventBusName: v.unknown(),
  EventPattern: v.record(v.string(), v.unknown()),
  Targets: v.tuple([
    v.looseObject({
      InputTransformer: v.object({
        InputPathsMap: v.record(v.string(), v.string()),
        InputTemplate: v.string(),
      }),
    }),
  ]),
});

function readRule({ resources }: ReturnType<typeof deploy>, id = "EventRulemain") {
  return v.parse(ruleSchema, resources[id]?.Properties);
}

/** An event of Buildkite for a job. */
function createEvent(job: object, more: object = {}) {
  return {
    source: SOURCE,
    "detail-type": "Job Scheduled",
    time: "2026-01-05T09:00:03Z",
    detail: { job: { type: "script", ...job } },
    ...more,
  };
}

describe("a cluster with events", () => {
  const deployment = deploy([
    createCluster("main", ["default", "deploy"], { bus: SOURCE }),
    createCluster("plain", ["other"]),
  ]);
  const { resources } = deployment;

  test("has a queue, a rule, a policy of the queue, permissions and an alarm; other clusters have none", () => {
    const without = deploy([
      createCluster("main", ["default", "deploy"]),
      createCluster("plain", ["other"]),
    ]);
    const added = Object.keys(resources).filter((id) => !(id in without.resources));
    expect(added).toEqual([
      "HearEvents1",
      "EventQueuemain",
      "EventRulemain",
      "EventQueuePolicymain",
      "NoEventsmain",
    ]);
    const { Schedulemain: _, Dashboard: __, ...same } = without.resources;
    const needs = (id: string) => id.startsWith("Schedule");
    for (const [id, resource] of Object.entries(same))
      if (!needs(id)) expect(resources[id], id).toEqual(resource);
  });

  test("has a FIFO queue that keeps one message of each content for a minute", () => {
    expect(resources.EventQueuemain?.Properties).toEqual({
      QueueName: "buildkite-scaling-loop-dev-events-main-1.fifo",
      FifoQueue: true,
      ContentBasedDeduplication: true,
      MessageRetentionPeriod: 60,
      VisibilityTimeout: 5,
      SqsManagedSseEnabled: true,
    });
  });

  test("has a queue into which its rule alone puts messages", () => {
    expect(resources.EventQueuePolicymain?.Properties).toEqual({
      Queues: [{ Ref: "EventQueuemain" }],
      PolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "events.amazonaws.com" },
            Action: "sqs:SendMessage",
            Resource: { "Fn::GetAtt": ["EventQueuemain", "Arn"] },
            Condition: {
              ArnEquals: { "aws:SourceArn": { "Fn::GetAtt": ["EventRulemain", "Arn"] } },
            },
          },
        ],
      },
    });
  });

  test("lets the state machine hear in this queue and in no other", () => {
    expect(resources.HearEvents1?.Properties).toMatchObject({
      Roles: [{ Ref: "ScalingLoopRole" }],
      PolicyDocument: {
        Statement: [
          {
            Action: ["sqs:DeleteMessage", "sqs:ReceiveMessage"],
            Resource: [
              {
                "Fn::Sub": `arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:buildkite-scaling-loop-dev-events-main-1.fifo`,
              },
            ],
          },
        ],
      },
    });
  });

  test("has a rule on its bus that retries for a minute, because a late poll is worthless", () => {
    expect(resources.EventRulemain?.Properties).toMatchObject({
      EventBusName: SOURCE,
      Targets: [
        {
          Arn: { "Fn::GetAtt": ["EventQueuemain", "Arn"] },
          SqsParameters: { MessageGroupId: "events" },
          RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 3 },
        },
      ],
    });
  });

  test.each([
    { takes: true, that: "a job of a queue", job: { agent_query_rules: ["queue=deploy"] } },
    {
      takes: true,
      that: "one of several rules",
      job: { agent_query_rules: ["os=linux", "queue=default"] },
    },
    { takes: true, that: "a job without rules", job: { agent_query_rules: [] } },
    { takes: true, that: "a job whose rules are missing", job: {} },
    { takes: false, that: "a job of another queue", job: { agent_query_rules: ["queue=other"] } },
    {
      takes: false,
      that: "a trigger job",
      job: { type: "trigger", agent_query_rules: ["queue=deploy"] },
    },
  ])("takes $that: $takes", ({ takes, job }) => {
    expect(matchesPattern(readRule(deployment).EventPattern, createEvent(job))).toBe(takes);
  });

  test.each([{ "detail-type": "Job Started" }, { source: "aws.partner/example.com/x" }])(
    "takes no event with %j",
    (more) => {
      const event = createEvent({ agent_query_rules: ["queue=deploy"] }, more);
      expect(matchesPattern(readRule(deployment).EventPattern, event)).toBe(false);
    },
  );

  test("makes the event's second of it, so that the queue drops all others of that second", () => {
    const { InputTransformer } = readRule(deployment).Targets[0];
    const rule = {
      pattern: {},
      inputPaths: InputTransformer.InputPathsMap,
      inputTemplate: InputTransformer.InputTemplate,
    };
    expect(transformEvent(rule, createEvent({}))).toBe('{"at":"2026-01-05T09:00:03Z"}');
  });

  test("has a schedule whose input has the queue's URL, and is one that the loop accepts", () => {
    const { Target } = v.parse(
      v.looseObject({
        Target: v.looseObject({
          Input: v.object({ "Fn::Join": v.tuple([v.literal(""), v.array(v.unknown())]) }),
        }),
      }),
      resources.Schedulemain?.Properties,
    );
    const [, parts] = Target.Input["Fn::Join"];
    expect(parts[1]).toEqual({ Ref: "EventQueuemain" });
    const queueUrl = `https://sqs.eu-west-1.amazonaws.com/123456789012/${PREFIX}-events-main-1.fifo`;
    const text = parts.map((part) => (typeof part === "string" ? part : queueUrl)).join("");
    const input = JSON.parse(
      text.replace("<aws.scheduler.scheduled-time>", "2026-01-05T09:00:00Z"),
    );
    expect(parseExecutionInput(input)).toMatchObject({ name: "main", events: { queueUrl } });
  });

  test("has an alarm that fires if polls saw new jobs in both quarters of half an hour, and no event arrived", () => {
    expect(resources.NoEventsmain?.Properties).toMatchObject({
      AlarmName: "buildkite-scaling-loop-dev-no-events.main",
      MetricName: "EventsHeard",
      // An event is a 1 and a new job without one a 0, so the maximum is 0 if no event arrived.
      Statistic: "Maximum",
      ComparisonOperator: "LessThanThreshold",
      Threshold: 1,
      Period: 900,
      EvaluationPeriods: 2,
      DatapointsToAlarm: 2,
      TreatMissingData: "notBreaching",
    });
  });

  test("has graphs of its events on the dashboard, without the other clusters", () => {
    const text = JSON.stringify(resources.Dashboard);
    for (const metric of ["EventPolls", "EventsHeard"]) {
      expect(text).toContain(`\\"${metric}\\",\\"Loop\\",\\"main\\"`);
      expect(text).not.toContain(`\\"${metric}\\",\\"Loop\\",\\"plain\\"`);
    }
  });
});

describe("a partner event source", () => {
  test("gets one event bus of its name, whichever clusters name it", () => {
    const { resources } = deploy([
      createCluster("a", ["a"], { source: SOURCE }),
      createCluster("b", ["b"], { source: SOURCE }),
      createCluster("c", ["c"], { bus: SOURCE }),
      createCluster("d", ["d"], { bus: "other" }),
    ]);
    const buses = Object.entries(resources).filter(
      ([, { Type }]) => Type === "AWS::Events::EventBus",
    );
    expect(buses.map(([, { Properties }]) => Properties)).toEqual([
      { Name: SOURCE, EventSourceName: SOURCE },
    ]);
    const bus = { Ref: buses[0]?.[0] };
    const names = ["a", "b", "c", "d"].map(
      (name) => resources[`EventRule${name}`]?.Properties.EventBusName,
    );
    expect(names).toEqual([bus, bus, bus, "other"]);
  });
});

describe("a large cluster", () => {
  const many = Array.from({ length: 150 }, (_, index) => `a-queue-with-a-long-name-${index}`);
  const deployment = deploy([createCluster("main", many, { bus: SOURCE })]);

  test("has a queue and a rule for each of its loops", () => {
    const queues = Object.values(deployment.resources).filter(
      ({ Type }) => Type === "AWS::SQS::Queue",
    );
    expect(queues.map(({ Properties }) => Properties.QueueName)).toEqual([
      `${PREFIX}-events-main-1.fifo`,
      `${PREFIX}-events-main-2.fifo`,
    ]);
  });

  test("has a pattern without queues if it would be longer than 2,048 characters", () => {
    const { EventPattern } = readRule(deployment);
    expect(EventPattern.detail).toEqual({ job: { type: ["script"] } });
    const other = createEvent({ agent_query_rules: ["queue=of-another-cluster"] });
    expect(matchesPattern(EventPattern, other)).toBe(true); // A needless poll does no harm.
  });

  test.each([
    { queues: 40, narrow: true },
    { queues: 60, narrow: false },
  ])(
    "has the queues in its pattern as long as they fit: with $queues, $narrow",
    ({ queues, narrow }) => {
      const { EventPattern } = readRule(
        deploy([createCluster("main", many.slice(0, queues), { bus: SOURCE })]),
      );
      expect(JSON.stringify(EventPattern).includes("queue=")).toBe(narrow);
      expect(JSON.stringify(EventPattern).length).toBeLessThanOrEqual(2048);
    },
  );
});

test("a queue whose name is a CloudFormation variable is matched as it is written", () => {
  const rule = readRule(deploy([createCluster("main", [`a-\${b}`], { bus: SOURCE })]));
  expect(JSON.stringify(rule.EventPattern)).toContain(`{"Fn::Sub":"queue=a-\${!b}"}`);
});

test("a stage whose queues would have too long a name is refused", () => {
  const cluster = createCluster("a-cluster-of-thirty-two-characters".slice(0, 32), ["a"], {
    bus: "b",
  });
  const prefix = "buildkite-scaling-loop-a-long-stage-name";
  const { problems, resources } = deploy([cluster], { prefix });
  expect(problems).toEqual([
    expect.stringMatching(
      /scalers\.yml: a-cluster-of-.* which has 87 characters; allowed: 80\. Use a shorter/,
    ),
  ]);
  expect(resources).toEqual({});
});

test("a poll interval of more than 20 s is refused with events, with the reason", async () => {
  vi.resetModules();
  vi.doMock("../../config/definition.ts", async (original) => ({
    ...(await original<typeof import("../../config/definition.ts")>()),
    readLoopSettings: () => ({ pollIntervalSeconds: 30, publishIntervalSeconds: 60 }),
  }));
  const slow = await import("../../deploy/deployment.ts");
  const build = (events?: object) => {
    const scalers = join(folder, "slow.yml");
    writeFileSync(scalers, JSON.stringify({ clusters: [createCluster("main", ["a"], events)] }));
    return slow.buildDeployment({ ...PARAMETERS, scalers }).problems;
  };
  expect(build()).toEqual([]);
  expect(build({ bus: "b" })).toEqual([
    "statemachine/scaling-loop.asl.yml: Settings: pollIntervalSeconds: 30 is not allowed with events; allowed: at most 20, because SQS lets a loop wait for an event no longer",
  ]);
});

test("a poll interval of more than 20 s by a parameter is refused with events, too", () => {
  const scalers = join(folder, "slow.yml");
  const build = (pollIntervalSeconds: string, events?: object) => {
    writeFileSync(scalers, JSON.stringify({ clusters: [createCluster("main", ["a"], events)] }));
    return buildDeployment({ ...PARAMETERS, scalers, pollIntervalSeconds }).problems;
  };
  expect(build("21")).toEqual([]);
  expect(build("20", { bus: "b" })).toEqual([]);
  expect(build("21", { bus: "b" })).toEqual([
    expect.stringMatching(
      /^--param pollIntervalSeconds: 21 is not allowed with events; allowed: at most 20/,
    ),
  ]);
});
