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
import { LOOK_SCRIPT, STOP_SCRIPT } from "../../functions/core/graceful/instance-scripts.ts";
import type { ScalerEntry } from "../../functions/core/scaler-entry.ts";

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
  ssmDocuments: "",
  permissionsBoundary: "",
  rolePath: "/",
  tags: "",
  pollIntervalSeconds: "",
};

function createEntries(count: number, nameLength = 10): ScalerEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    queue: "default",
    group: `g${index}-`.padEnd(nameLength, "x"),
    agentsPerInstance: 1,
  }));
}

function createLoop(name: string, scalers: ScalerEntry[] = createEntries(1)) {
  return { name, agentTokenParameter: "/buildkite/agent-token", scalers };
}

function createGracefulEntries(count: number, nameLength = 10): ScalerEntry[] {
  return createEntries(count, nameLength).map((entry) => ({
    ...entry,
    scaleIn: { graceful: true },
  }));
}

function deploy(file: unknown, parameters: object = {}): Deployment {
  const scalers = join(folder, "scalers.yml");
  writeFileSync(scalers, JSON.stringify(file)); // JSON is YAML too
  return buildDeployment({ ...PARAMETERS, scalers, ...parameters });
}

function listIds({ resources }: Deployment, type: string): string[] {
  return Object.keys(resources).filter((id) => resources[id]?.Type === type);
}

describe("a parameter that nobody knows", () => {
  const file = { clusters: [createLoop("main")] };

  test("is a problem with the nearest known name, together with all other problems", () => {
    const parameters = { given: ["scaler", "loglevel", "zzz"], tracing: "yes" };
    expect(deploy(file, { ...parameters, logRetentionDays: "15" }).problems).toEqual([
      "--param scaler: there is no such parameter; did you mean scalers?",
      "--param loglevel: there is no such parameter; did you mean logLevel?",
      expect.stringMatching(/^--param zzz: there is no such parameter; allowed: scalers, /),
      expect.stringMatching(/^--param logRetentionDays: "15" is not allowed; allowed: one of 1, /),
      '--param tracing: "yes" is not allowed; allowed: true or false',
    ]);
  });

  test("is allowed if serverless.yml declares it; one that looks like a typing error is a warning", () => {
    const names = ["scalers", "tracing", "costCentre", "alarmTopicARM"];
    const { problems, warnings } = deploy(file, { given: names, declared: names });
    expect(problems).toEqual([]);
    expect(warnings).toEqual([
      "params: alarmTopicARM is no parameter of the loop and changes nothing there; did you mean alarmTopicArn?",
      ...deploy(file).warnings,
    ]);
  });
});

test("Serverless receives values that it accepts, also if a parameter is wrong: it would hide the other problems", () => {
  const file = { clusters: [createLoop("main")] };
  expect(deploy(file, { logRetentionDays: "30", tracing: "true" })).toMatchObject({
    logRetentionDays: 30,
    tracing: true,
  });
  expect(deploy(file, { logRetentionDays: "15", tracing: "yes" })).toMatchObject({
    logRetentionDays: 14,
    tracing: false,
  });
});

test("Fetch metrics knows the endpoints of the file, each once, as it reads them from an input", () => {
  const endpoints = ["https://proxy.example.com/v3/", undefined, "https://proxy.example.com/v3"];
  const clusters = endpoints.map((agentEndpoint, index) => ({
    ...createLoop(`c${index}`),
    ...(agentEndpoint === undefined ? {} : { agentEndpoint }),
    scalers: [{ queue: "default", group: `g${index}`, agentsPerInstance: 1 }],
  }));
  expect(deploy({ clusters }).fetchEnvironment).toEqual({
    AGENT_ENDPOINTS: "https://proxy.example.com/v3 https://agent.buildkite.com/v3",
  });
});

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

  test("has five alarms for each loop", () => {
    expect(listIds(cut, "AWS::CloudWatch::Alarm")).toHaveLength(15);
  });

  test("needs policies within the limit of 6,144 characters", () => {
    const policies = listPolicies(cut);
    const granted = policies.flatMap(listArns);
    expect(granted.filter((arn) => arn.includes("autoScalingGroupName"))).toHaveLength(250);
    for (const policy of policies) expect(countCharacters(policy)).toBeLessThanOrEqual(6144);
  });
});

function listPolicies({ resources }: Deployment): Resource[] {
  return Object.values(resources).filter(({ Type }) => Type === "AWS::IAM::ManagedPolicy");
}

/** Counts characters as IAM does, with the longest names of a partition and a region. */
function countCharacters({ Properties }: Resource): number {
  return JSON.stringify(Properties.PolicyDocument)
    .replaceAll(/\{"Fn::Sub":("[^"]*")\}/g, "$1")
    .replaceAll(`\${AWS::Partition}`, "aws-us-gov")
    .replaceAll(`\${AWS::Region}`, "ap-southeast-5")
    .replaceAll(`\${AWS::AccountId}`, "123456789012").length;
}

const subSchema = v.object({ "Fn::Sub": v.string() });
const policySchema = v.object({
  Roles: v.tuple([v.object({ Ref: v.string() })]),
  PolicyDocument: v.object({ Statement: v.array(v.object({ Resource: v.unknown() })) }),
});

function listArns({ Properties }: Resource): string[] {
  const { PolicyDocument } = v.parse(policySchema, Properties);
  return PolicyDocument.Statement.flatMap(({ Resource }) => Resource).flatMap((arn) =>
    v.is(subSchema, arn) ? [arn["Fn::Sub"]] : [],
  );
}

describe("more groups than the policies of one role can name", () => {
  test("are refused, with advice", () => {
    // 5,200 characters hold 17 ARNs of 300 characters; 200 / 17 = 12 policies, rounded up; 10 are allowed.
    const { problems, resources } = deploy({
      clusters: [createLoop("main", createEntries(200, 200))],
    });
    expect(problems).toEqual([
      expect.stringMatching(/would need 12 policies; allowed: 10\..*stage/),
    ]);
    expect(resources).toEqual({});
  });
});

describe("a cluster of 200 graceful groups with long names", () => {
  const graceful = deploy({ clusters: [createLoop("main", createGracefulEntries(200, 60))] });

  test("needs at most 10 policies for each role, within the limit of 6,144 characters", () => {
    expect(graceful.problems).toEqual([]);
    const policies = listPolicies(graceful);
    const byRole = Map.groupBy(
      policies,
      ({ Properties }) => v.parse(policySchema, Properties).Roles[0].Ref,
    );
    // 200 x (157 for the ARN + 63 for the name) = 44,000 characters; 44,000 / 5,200 = 8.5
    expect(byRole.get("ApplyScalingRole")).toHaveLength(9);
    expect(byRole.get("FetchMetricsRole")).toHaveLength(2);
    for (const policy of policies) expect(countCharacters(policy)).toBeLessThanOrEqual(6144);
  });

  test("names each group twice: to set its capacity, and to command its instances", () => {
    const text = JSON.stringify(listPolicies(graceful));
    for (const { group } of createGracefulEntries(200, 60))
      expect(text.split(group)).toHaveLength(3);
  });
});

describe("graceful scale-in", () => {
  const plain = createEntries(1);
  const graceful = createGracefulEntries(2).slice(1);
  const deployWith = (scalers: ScalerEntry[], parameters = {}) =>
    deploy(
      {
        clusters: [
          createLoop("main", scalers),
          createLoop("plain", [{ queue: "default", group: "other", agentsPerInstance: 1 }]),
        ],
      },
      parameters,
    );

  test("adds documents, a permission to read answers, alarms and widgets, for its loop only", () => {
    const without = deployWith(plain);
    const added = deployWith([...plain, ...graceful]);
    const addedIds = Object.keys(added.resources).filter((id) => !(id in without.resources));
    expect(addedIds).toEqual([
      "LookDocument",
      "StopDocument",
      "ReadAnswers",
      "OverdueDrainsmain",
      "DanglingInstancesmain",
      "InstancesNotAnsweringmain",
    ]);
    expect(without.environment).toEqual({});
    const documents = {
      SSM_LOOK_DOCUMENT: "buildkite-scaling-loop-dev-look",
      SSM_STOP_DOCUMENT: "buildkite-scaling-loop-dev-stop",
    };
    expect(added.environment).toEqual(documents);
    expect(added.fetchEnvironment).toMatchObject(documents);
  });

  test("uses existing documents with --param ssmDocuments, and has none of its own", () => {
    const existing = deployWith(graceful, { ssmDocuments: "our.agents" });
    expect(listIds(existing, "AWS::SSM::Document")).toEqual([]);
    expect(existing.environment).toEqual({
      SSM_LOOK_DOCUMENT: "our.agents-look",
      SSM_STOP_DOCUMENT: "our.agents-stop",
    });
    const arns = listPolicies(existing).flatMap(listArns);
    expect(
      arns.filter((arn) => arn.includes(":document/")).map((arn) => arn.split("/")[1]),
    ).toEqual(["our.agents-look", "our.agents-stop"]);
  });

  test("has its documents and permissions before the first execution", () => {
    expect(deployWith(graceful).resources.Schedulemain?.DependsOn).toEqual([
      "LookDocument",
      "StopDocument",
      "SetCapacity1",
      "ReadToken1",
      "ReadAnswers",
    ]);
  });

  test("is also Elastic CI mode, and a dry run, which looks", () => {
    for (const more of [{ elasticCiMode: true }, { scaleIn: { graceful: true }, dryRun: true }])
      expect(
        listIds(deployWith(plain.map((entry) => ({ ...entry, ...more }))), "AWS::SSM::Document"),
      ).toHaveLength(2);
  });
});

describe("a document", () => {
  const { resources } = deploy({ clusters: [createLoop("main", createGracefulEntries(1))] });
  const stepSchema = v.object({
    action: v.string(),
    name: v.string(),
    precondition: v.object({ StringEquals: v.tuple([v.literal("platformType"), v.string()]) }),
    inputs: v.object({ timeoutSeconds: v.literal("20"), runCommand: v.array(v.string()) }),
  });
  const contentSchema = v.object({
    schemaVersion: v.literal("2.2"),
    parameters: v.record(v.string(), v.looseObject({ type: v.literal("String") })),
    mainSteps: v.tuple([stepSchema, stepSchema]),
  });
  const documents = ["LookDocument", "StopDocument"].map((id) => {
    const { Properties } = resources[id] ?? expect.fail();
    return { ...Properties, content: v.parse(contentSchema, Properties.Content) };
  });
  const [look, stop] = documents;

  test("has a fixed name, which the permissions contain, and is updated by new versions", () => {
    expect(documents).toMatchObject([
      {
        Name: "buildkite-scaling-loop-dev-look",
        UpdateMethod: "NewVersion",
        DocumentType: "Command",
      },
      {
        Name: "buildkite-scaling-loop-dev-stop",
        UpdateMethod: "NewVersion",
        DocumentType: "Command",
      },
    ]);
  });

  test("runs the script that the tests run, and another one on Windows", () => {
    const texts = documents.map(({ content }) => content.mainSteps[0].inputs.runCommand);
    expect(texts.map((lines) => `${lines.join("\n")}\n`)).toEqual([LOOK_SCRIPT, STOP_SCRIPT]);
    expect(
      documents.map(({ content }) =>
        content.mainSteps.map(({ action, precondition }) => [action, precondition.StringEquals[1]]),
      ),
    ).toEqual(
      [1, 2].map(() => [
        ["aws:runShellScript", "Linux"],
        ["aws:runPowerShellScript", "Windows"],
      ]),
    );
  });

  test("stops nothing on Windows", () => {
    const text = stop?.content.mainSteps[1].inputs.runCommand.join("\n");
    expect(text).toContain("stopped = $false");
    expect(text).not.toMatch(/Stop-Service|Stop-Process|nssm|kill/i);
  });

  test.each(documents.map(({ content }) => content))(
    "has only placeholders of its parameters, and no variable of Serverless: %#",
    ({ parameters, mainSteps }) => {
      const text = mainSteps.flatMap(({ inputs }) => inputs.runCommand).join("\n");
      const used = [...text.matchAll(/\{\{\s*(.*?)\s*\}\}/g)].map(([, name]) => name);
      expect([...new Set(used)].toSorted()).toEqual(Object.keys(parameters).toSorted());
      expect(text).not.toContain("${");
    },
  );

  test("takes no unit that a shell would read as more than one word", () => {
    const pattern = new RegExp(v.parse(v.string(), look?.content.parameters.unit?.allowedPattern));
    expect(
      ["buildkite-agent", "buildkite-agent@*", "a:b_c.service"].map((unit) => pattern.test(unit)),
    ).toEqual([true, true, true]);
    for (const unit of ["", "a b", "a'b", "a;b", "$(a)", "a\nb", "x".repeat(101)])
      expect(pattern.test(unit), unit).toBe(false);
  });

  test("stops in two modes only", () => {
    expect(stop?.content.parameters.mode?.allowedValues).toEqual(["stop-if-idle", "stop"]);
  });
});

describe("permissions", () => {
  test("name a parameter once, even if several loops use it", () => {
    const permissions = buildPermissions([createLoop("main"), createLoop("main.2")], {
      tokenKmsKeyArn: "",
      tracing: false,
      documents: { look: "look", stop: "stop" },
      eventQueues: [],
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
  logRetentionDays: 14,
  tracing: false,
  description: "",
  tags: {},
  propertiesByType: {},
  definitionSettings: {},
  alarmActions: [],
  alarmPeriodSeconds: 60,
  publishAlarmPeriodSeconds: 60,
  environment: {},
  fetchEnvironment: {},
  problems: [],
  warnings: [],
};

describe("a schedule", () => {
  test("is created after its permissions", () => {
    const { Schedulemain } = buildSchedules([createLoop("main")], [], ["SetCapacity1"]);
    expect(Schedulemain?.DependsOn).toEqual(["SetCapacity1"]);
  });
});

describe("an alarm on a loop", () => {
  const settings = { prefix: "loop-dev", actions: [], periodSeconds: 60 };
  const describeTiming = (periodSeconds: number, scalers = createEntries(1)) =>
    Object.values(
      buildLoopAlarms([createLoop("main", scalers)], [], { ...settings, periodSeconds }),
    ).map(
      ({ Properties: { MetricName, Period, DatapointsToAlarm, EvaluationPeriods } }) =>
        `${MetricName}: ${DatapointsToAlarm} of ${EvaluationPeriods} x ${Period} s`,
    );

  test("fires after 10 minutes without a poll, 5 minutes of held polls, 15 minutes at the maximum or without SSM, or repeated refusals", () => {
    expect(describeTiming(60)).toEqual([
      "HeldPolls: 1 of 1 x 600 s", // the number of polls
      "HeldPolls: 1 of 1 x 300 s",
      "BeyondMaximum: 3 of 3 x 300 s",
      "RefusedScalings: 3 of 5 x 60 s",
      "AgentTokenNotRead: 3 of 3 x 300 s",
    ]);
  });

  test("on instances fires if they are overdue or dead for 15 minutes, or silent for 30", () => {
    expect(describeTiming(60, createGracefulEntries(1)).slice(5)).toEqual([
      "OverdueDrains: 3 of 3 x 300 s", // a drain that is open is looked at every minute
      "DanglingInstances: 3 of 3 x 300 s", // a sweep is due every five minutes
      "InstancesNotAnswering: 2 of 2 x 900 s", // the longest wait between two looks is ten minutes
    ]);
    expect(describeTiming(600, createGracefulEntries(1)).slice(5)).toEqual([
      "OverdueDrains: 2 of 2 x 600 s",
      "DanglingInstances: 2 of 2 x 600 s",
      "InstancesNotAnswering: 2 of 2 x 900 s",
    ]);
  });

  test("has periods that always contain a poll", () => {
    expect([1, 10, 60, 61, 240].map(alarmPeriodSeconds)).toEqual([60, 60, 60, 120, 240]);
    expect(describeTiming(420)).toEqual([
      "HeldPolls: 1 of 1 x 840 s",
      "HeldPolls: 1 of 1 x 420 s",
      "BeyondMaximum: 3 of 3 x 420 s", // 900 s
      "RefusedScalings: 3 of 5 x 420 s",
      "AgentTokenNotRead: 3 of 3 x 420 s",
    ]);
  });

  test("on held polls and on no polls counts polls, so that the interval that Buildkite asks for does not matter", () => {
    const alarms = buildLoopAlarms([createLoop("main")], [], settings);
    const conditions = [alarms.NoLoopStartedmain, alarms.HeldPollsmain].map((alarm) => {
      const { Statistic, ComparisonOperator, Threshold, TreatMissingData } =
        alarm?.Properties ?? {};
      return [Statistic, ComparisonOperator, Threshold, TreatMissingData];
    });
    expect(conditions).toEqual([
      ["SampleCount", "LessThanThreshold", 1, "breaching"],
      // Each held poll is a 1 and every other poll a 0, so the minimum is 1 if all were held.
      ["Minimum", "GreaterThanOrEqualToThreshold", 1, "ignore"],
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

  test("has a graph of every metric with an alarm", () => {
    const alarms = Object.values(
      buildLoopAlarms([createLoop("main")], [], { prefix: "p", actions: [], periodSeconds: 60 }),
    );
    const shown = buildWidgets(1).map(({ properties }) => properties.metrics);
    for (const { Properties } of alarms)
      expect(shown).toContainEqual([["Buildkite", Properties.MetricName, "Loop", "main"]]);
  });

  test("fills CloudWatch's 24 columns and no more", () => {
    for (const { x, width } of buildWidgets(1)) {
      expect(x + width).toBeLessThanOrEqual(24);
      expect([x, width].every(Number.isInteger)).toBe(true);
    }
  });

  test("has a row about instances if a loop is graceful, of the graceful loops only", () => {
    const { resources } = deploy({
      clusters: [
        createLoop("plain"),
        createLoop("graceful", [
          { queue: "default", group: "b", agentsPerInstance: 1, elasticCiMode: true },
        ]),
      ],
    });
    const { "Fn::Sub": text } = v.parse(body, resources.Dashboard?.Properties.DashboardBody);
    const { widgets } = v.parse(v.object({ widgets: v.array(widget) }), JSON.parse(text));
    const shown = widgets.map(({ properties }) => properties.metrics);
    for (const metric of [
      "DrainingInstances",
      "OverdueDrains",
      "DanglingInstances",
      "InstancesNotAnswering",
    ])
      expect(shown).toContainEqual([["Buildkite", metric, "Loop", "graceful"]]);
    expect(JSON.stringify(buildWidgets(1))).not.toContain("DrainingInstances");
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
    [
      { ssmDocuments: "arn:aws:ssm:eu-west-1:123456789012:document/mine" },
      "--param ssmDocuments: ",
    ],
    [{ permissionsBoundary: "arn:aws:iam::123:policy/x" }, "--param permissionsBoundary: "],
    [{ rolePath: "scaling" }, "--param rolePath: "],
    [{ tags: "team" }, "--param tags: "],
    [{ pollIntervalSeconds: "0" }, "--param pollIntervalSeconds: "],
    [{ pollIntervalSeconds: "30s" }, "--param pollIntervalSeconds: "],
    [{ tags: "aws:team=ci" }, "--param tags: "],
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

describe("what an organization asks of a stack", () => {
  const deployWithParameters = (parameters: object) =>
    deploy({ clusters: [createLoop("main")] }, parameters);

  test.each([
    ["team=ci, costCenter=42", { team: "ci", costCenter: "42" }],
    [
      { team: "ci", costCenter: 42 },
      { team: "ci", costCenter: "42" },
    ],
    ["note=a=b,empty=", { note: "a=b", empty: "" }],
    ["", {}],
  ])("tags may be a text or a map: %j", (tags, expected) => {
    expect(deployWithParameters({ tags })).toMatchObject({ problems: [], tags: expected });
  });

  test("a path and a boundary are properties of all roles, and the path also of policies", () => {
    const permissionsBoundary = "arn:aws:iam::123456789012:policy/team/boundary";
    const { propertiesByType } = deployWithParameters({ rolePath: "/team/", permissionsBoundary });
    expect(propertiesByType).toEqual({
      "AWS::IAM::Role": { Path: "/team/", PermissionsBoundary: permissionsBoundary },
      "AWS::IAM::ManagedPolicy": { Path: "/team/" },
    });
  });

  test("without them, no property is set", () => {
    const { propertiesByType } = deployWithParameters({});
    expect(Object.values(propertiesByType)).toEqual([{}, {}]);
  });

  test("the description has the version", () => {
    expect(deployWithParameters({}).description).toMatch(/buildkite-scaling-loop \d+\.\d+\.\d+$/);
  });
});

describe("the parameter pollIntervalSeconds", () => {
  const file = { clusters: [createLoop("main")] };

  test("replaces the definition's, and the periods of alarms follow", () => {
    expect(deploy(file, { pollIntervalSeconds: "90" })).toMatchObject({
      problems: [],
      definitionSettings: { pollIntervalSeconds: 90 },
      alarmPeriodSeconds: 120,
    });
  });

  test("changes nothing if it is not set", () => {
    expect(deploy(file)).toMatchObject({ definitionSettings: {}, alarmPeriodSeconds: 60 });
  });
});
