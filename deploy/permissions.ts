import { chunkBySize } from "../config/chunk-by-size.ts";
import type { LoopInput } from "../config/loops.ts";
import { TIMES_TAG } from "../functions/core/group-times.ts";
import { escapeSub, literal, type Resource, type Resources, ref, sub } from "./cloudformation.ts";
import { type DocumentNames, listGracefulScalers } from "./instance-documents.ts";

/** One statement of a policy. */
interface Statement {
  Effect: "Allow";
  Action: string | readonly string[];
  Resource: unknown;
  Condition?: Readonly<Record<string, unknown>>;
}

type Arn = string | ReturnType<typeof sub>;

/**
 * A policy may have 6,144 characters without white space; the rest is for its statements without their
 * lists.
 */
const LIMITS = { items: Number.POSITIVE_INFINITY, size: 5200 };

/** AWS's default quota of policies attached to a role. */
export const POLICIES_PER_ROLE = 10;

/** The parameters of a deployment that change permissions. */
interface PermissionParameters {
  /** The KMS key that encrypts the token parameters; empty if it is an AWS key. */
  tokenKmsKeyArn: string;
  tracing: boolean;
  /** The documents that look at and stop agents. */
  documents: DocumentNames;
  /** The names of the queues in which the loops hear events. */
  eventQueues: readonly string[];
}

/**
 * Builds the permissions that depend on scalers.yml and the parameters: to read the token parameters,
 * to set the groups' capacity, to ask and stop the instances of graceful groups, to hear events, and to
 * send traces if tracing is on.
 */
export function buildPermissions(
  loops: readonly LoopInput[],
  { tokenKmsKeyArn, tracing, documents, eventQueues }: PermissionParameters,
): Resources {
  const parameters = [...new Set(loops.map(({ agentTokenParameter }) => agentTokenParameter))];
  const graceful = new Set(loops.flatMap(listGracefulScalers).map(({ group }) => group));
  const groups = loops.flatMap(({ scalers }) => scalers.map(({ group }) => group));
  const plain = groups.filter((group) => !graceful.has(group));
  const isGraceful = graceful.size > 0;
  return {
    ...createPolicies("SetCapacity", "ApplyScalingRole", [
      ...grant(allowScaling([]), plain.map(groupArn)),
      ...grant(allowScaling(END_INSTANCES), [...graceful].map(groupArn)),
      ...(isGraceful ? allowCommands([...graceful], documents) : []),
    ]),
    ...createPolicies(
      "ReadToken",
      "FetchMetricsRole",
      grant(allow("ssm:GetParameter"), parameters.map(parameterArn)),
    ),
    ...createPolicies(
      "ReadSecret",
      "FetchMetricsRole",
      grant(allow("secretsmanager:GetSecretValue"), secretNames(parameters).map(secretArn)),
    ),
    ...(isGraceful ? { ReadAnswers: createPolicy("FetchMetricsRole", [ANSWERS]) } : {}),
    ...(tokenKmsKeyArn === "" ? {} : { Decrypt: allowDecryption(parameters, tokenKmsKeyArn) }),
    ...createPolicies(
      "HearEvents",
      "ScalingLoopRole",
      grant(allow(["sqs:DeleteMessage", "sqs:ReceiveMessage"]), eventQueues.map(queueArn)),
    ),
    ...(tracing ? { SendTraces: createPolicy("ScalingLoopRole", [TRACES]) } : {}),
  };
}

/** Makes a statement about some resources or, in a condition, about some names. */
type StatementMaker = (items: readonly Arn[]) => Statement;

/** One item of a statement's list. Statements that grow too long are divided into several policies. */
interface Grant {
  statement: StatementMaker;
  item: Arn;
}

function grant(statement: StatementMaker, items: readonly Arn[]): Grant[] {
  return items.map((item) => ({ statement, item }));
}

function allow(Action: Statement["Action"]): StatementMaker {
  return (Resource) => ({ Effect: "Allow", Action, Resource });
}

const END_INSTANCES = ["autoscaling:TerminateInstanceInAutoScalingGroup"];

/** Of the groups' tags, only the one with the times can be written. Other actions have no tag keys. */
function allowScaling(more: readonly string[]): StatementMaker {
  return (Resource) => ({
    Effect: "Allow",
    Action: ["autoscaling:CreateOrUpdateTags", "autoscaling:SetDesiredCapacity", ...more],
    Resource,
    Condition: { "ForAllValues:StringEquals": { "aws:TagKeys": [TIMES_TAG] } },
  });
}

/**
 * Allows our own documents only, and the instances of these groups only: for SendCommand, both a
 * document and each instance have to be allowed. A raise of a graceful group reads the group once more.
 */
function allowCommands(groups: readonly string[], { look, stop }: DocumentNames): Grant[] {
  return [
    ...grant(allow("autoscaling:DescribeAutoScalingGroups"), ["*"]),
    ...grant(allow("ssm:SendCommand"), [look, stop].map(documentArn)),
    ...grant(allowInstances, groups.map(literal)),
  ];
}

const INSTANCES = `arn:\${AWS::Partition}:ec2:\${AWS::Region}:\${AWS::AccountId}:instance/*`;

/** Auto Scaling tags its instances with the group's name. */
function allowInstances(groups: readonly Arn[]): Statement {
  return {
    Effect: "Allow",
    Action: "ssm:SendCommand",
    Resource: sub(INSTANCES),
    Condition: { StringEquals: { "ssm:resourceTag/aws:autoscaling:groupName": groups } },
  };
}

/** AWS allows no narrower resource. */
const ANSWERS: Statement = {
  Effect: "Allow",
  Action: "ssm:ListCommandInvocations",
  Resource: "*",
};

/** X-Ray has no resources that a policy could name. */
const TRACES: Statement = {
  Effect: "Allow",
  Action: [
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
  ],
  Resource: "*",
};

function groupArn(group: string): Arn {
  return sub(
    `arn:\${AWS::Partition}:autoscaling:\${AWS::Region}:\${AWS::AccountId}:autoScalingGroup:*:autoScalingGroupName/${escapeSub(group)}`,
  );
}

function documentArn(name: string): Arn {
  return sub(`arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:document/${name}`);
}

function queueArn(name: string): Arn {
  return sub(`arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${name}`);
}

/** A full ARN may be that of another account. A path starts with a slash, as the ARN needs it. */
function parameterArn(parameter: string): Arn {
  return parameter.startsWith("arn:")
    ? parameter
    : sub(`arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter${parameter}`);
}

const SECRET_REFERENCE = "/aws/reference/secretsmanager/";

/** The names of the secrets that are read through Parameter Store. */
function secretNames(parameters: readonly string[]): string[] {
  return parameters
    .filter((parameter) => parameter.startsWith(SECRET_REFERENCE))
    .map((parameter) => parameter.slice(SECRET_REFERENCE.length));
}

/** The ARN of a secret ends with a hyphen and six characters that AWS chooses. */
function secretArn(name: string): Arn {
  return sub(
    `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${name}-??????`,
  );
}

/** Allows decryption with the customer's key, for these parameters and secrets only. */
function allowDecryption(parameters: readonly string[], kmsKeyArn: string): Resource {
  const secrets = secretNames(parameters).map(secretArn);
  const plain = parameters.filter((parameter) => !parameter.startsWith(SECRET_REFERENCE));
  const allowKey = (Condition: Statement["Condition"]): Statement => ({
    Effect: "Allow",
    Action: "kms:Decrypt",
    Resource: kmsKeyArn,
    ...(Condition === undefined ? {} : { Condition }),
  });
  return createPolicy("FetchMetricsRole", [
    ...(plain.length === 0
      ? []
      : [
          allowKey({
            StringEquals: { "kms:EncryptionContext:PARAMETER_ARN": plain.map(parameterArn) },
          }),
        ]),
    ...(secrets.length === 0
      ? []
      : [allowKey({ StringLike: { "kms:EncryptionContext:SecretARN": secrets } })]),
  ]);
}

/** Managed policies, because inline policies of a role are limited to 10,240 characters in total. */
function createPolicies(id: string, role: string, grants: readonly Grant[]): Resources {
  const chunks = chunkBySize(grants, ({ item }) => countCharacters(item), LIMITS);
  return Object.fromEntries(
    chunks.map((chunk, index) => [`${id}${index + 1}`, createPolicy(role, toStatements(chunk))]),
  );
}

function toStatements(grants: readonly Grant[]): Statement[] {
  const byStatement = Map.groupBy(grants, ({ statement }) => statement);
  return [...byStatement].map(([statement, each]) => statement(each.map(({ item }) => item)));
}

function createPolicy(role: string, statements: Statement[]): Resource {
  return {
    Type: "AWS::IAM::ManagedPolicy",
    Properties: {
      PolicyDocument: { Version: "2012-10-17", Statement: statements },
      Roles: [ref(role)],
    },
  };
}

/** The variables of ARNs, each with a value that is as long as any. */
const LONGEST = {
  "AWS::Partition": "aws-us-gov",
  "AWS::Region": "ap-southeast-5",
  "AWS::AccountId": "123456789012",
};

function countCharacters(arn: Arn): number {
  const text = typeof arn === "string" ? arn : arn["Fn::Sub"];
  const filled = Object.entries(LONGEST).reduce(
    (filling, [name, value]) => filling.replace(`\${${name}}`, value),
    text,
  );
  return filled.length + '"",'.length;
}
