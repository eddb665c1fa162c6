import { expect, test } from "vitest";
import { packageOnce, selectByType, toPlain, writeFileIn } from "../support/packaged.ts";
import { listStatements } from "../support/statements.ts";

const SCALERS = `
clusters:
  - name: main
    agentTokenParameter: /buildkite/main-token
    scalers:
      - { queue: default, group: web, agentsPerInstance: 1 }
      - { queue: large, group: web/large, agentsPerInstance: 4 }
  - name: shared
    agentTokenParameter: arn:aws:ssm:eu-west-1:210987654321:parameter/shared/token
    scalers:
      - { queue: shared, group: shared-x, agentsPerInstance: 1 }
  - name: secret
    agentTokenParameter: /aws/reference/secretsmanager/buildkite/token
    scalers:
      - { queue: secret, group: secret, agentsPerInstance: 1 }
`;

const ACCOUNT = `\${AWS::Region}:\${AWS::AccountId}`;
const GROUP = `arn:\${AWS::Partition}:autoscaling:${ACCOUNT}:autoScalingGroup:*:autoScalingGroupName`;
const PARAMETER = `arn:\${AWS::Partition}:ssm:${ACCOUNT}:parameter`;
const SHARED = "arn:aws:ssm:eu-west-1:210987654321:parameter/shared/token";
const SECRET = `arn:\${AWS::Partition}:secretsmanager:${ACCOUNT}:secret:buildkite/token-??????`;

/** Of a group's tags, the role may write this one only. */
const ONE_TAG = "where aws:TagKeys ForAllValues:StringEquals scaling-loop:times";

const FUNCTIONS = [
  "ApplyScaling",
  "ClaimSlot",
  "ComputeCapacity",
  "FetchMetrics",
  "PublishMetrics",
];

const LOG_DELIVERY = [
  "CreateLogDelivery",
  "CreateLogStream",
  "DeleteLogDelivery",
  "DescribeLogGroups",
  "DescribeResourcePolicies",
  "GetLogDelivery",
  "ListLogDeliveries",
  "PutLogEvents",
  "PutResourcePolicy",
  "UpdateLogDelivery",
];

/** All permissions of a deployment of SCALERS. */
const EXPECTED = [
  ...FUNCTIONS.flatMap((name) => [
    `${name}Role: logs:CreateLogStream on \${${name}LogGroup.Arn}`,
    `${name}Role: logs:PutLogEvents on \${${name}LogGroup.Arn}`,
  ]),
  "FetchMetricsRole: autoscaling:DescribeAutoScalingGroups on *",
  `FetchMetricsRole: ssm:GetParameter on ${PARAMETER}/buildkite/main-token`,
  `FetchMetricsRole: ssm:GetParameter on ${SHARED}`,
  `FetchMetricsRole: ssm:GetParameter on ${PARAMETER}/aws/reference/secretsmanager/buildkite/token`,
  `FetchMetricsRole: secretsmanager:GetSecretValue on ${SECRET}`,
  ...["web", "web/large", "shared-x", "secret"].flatMap((group) => [
    `ApplyScalingRole: autoscaling:CreateOrUpdateTags on ${GROUP}/${group} ${ONE_TAG}`,
    `ApplyScalingRole: autoscaling:SetDesiredCapacity on ${GROUP}/${group} ${ONE_TAG}`,
  ]),
  "PublishMetricsRole: cloudwatch:PutMetricData on * where cloudwatch:namespace StringEquals Buildkite",
  ...FUNCTIONS.map(
    (name) => `ScalingLoopRole: lambda:InvokeFunction on \${${name}LambdaFunction.Arn}`,
  ),
  ...LOG_DELIVERY.map((action) => `ScalingLoopRole: logs:${action} on *`),
  `ScheduleRole: states:StartExecution on \${ScalingLoop}`,
  `ScheduleRole: sqs:SendMessage on \${MissedLoops.Arn}`,
];

const scalers = ["--param", `scalers=${writeFileIn("scalers.yml", SCALERS)}`];

test("a deployment has these permissions only", () => {
  expect(listStatements(packageOnce(...scalers))).toEqual(EXPECTED.toSorted());
});

test("graceful groups add permissions to command their instances, to end them, and to read answers", () => {
  const graceful = SCALERS.replaceAll("1 }", "1, scaleIn: { graceful: true } }");
  const asked = ["--param", `scalers=${writeFileIn("graceful.yml", graceful)}`];
  const documents = `arn:\${AWS::Partition}:ssm:${ACCOUNT}:document/buildkite-scaling-loop-dev`;
  const instances = `arn:\${AWS::Partition}:ec2:${ACCOUNT}:instance/*`;
  const groups = ["web", "shared-x", "secret"]; // all but web/large
  expect(listStatements(packageOnce(...asked))).toEqual(
    [
      ...EXPECTED,
      ...groups.map(
        (group) =>
          `ApplyScalingRole: autoscaling:TerminateInstanceInAutoScalingGroup on ${GROUP}/${group} ${ONE_TAG}`,
      ),
      "ApplyScalingRole: autoscaling:DescribeAutoScalingGroups on *",
      `ApplyScalingRole: ssm:SendCommand on ${documents}-look`,
      `ApplyScalingRole: ssm:SendCommand on ${documents}-stop`,
      `ApplyScalingRole: ssm:SendCommand on ${instances} where ssm:resourceTag/aws:autoscaling:groupName StringEquals ${groups.join(" or ")}`,
      "FetchMetricsRole: ssm:ListCommandInvocations on *",
    ].toSorted(),
  );
});

test("parameters add permissions to decrypt with a customer's key and to send traces", () => {
  const key = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555";
  const asked = ["--param", `tokenKmsKeyArn=${key}`, "--param", "tracing=true"];
  const parameters = `${PARAMETER}/buildkite/main-token or ${SHARED}`;
  expect(listStatements(packageOnce(...scalers, ...asked))).toEqual(
    [
      ...EXPECTED,
      `FetchMetricsRole: kms:Decrypt on ${key} where kms:EncryptionContext:PARAMETER_ARN StringEquals ${parameters}`,
      `FetchMetricsRole: kms:Decrypt on ${key} where kms:EncryptionContext:SecretARN StringLike ${SECRET}`,
      "ScalingLoopRole: xray:GetSamplingRules on *",
      "ScalingLoopRole: xray:GetSamplingTargets on *",
      "ScalingLoopRole: xray:PutTelemetryRecords on *",
      "ScalingLoopRole: xray:PutTraceSegments on *",
    ].toSorted(),
  );
});

test("each function has a role of its own", () => {
  const roles = selectByType(packageOnce(...scalers), "AWS::Lambda::Function").map(([, { Role }]) =>
    toPlain(Role),
  );
  expect(roles.toSorted()).toEqual(FUNCTIONS.map((name) => `\${${name}Role.Arn}`));
});
