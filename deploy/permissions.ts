import { chunkBySize } from "../config/chunk-by-size.ts";
import type { LoopInput } from "../config/loops.ts";
import { escapeSub, type Resource, type Resources, ref, sub } from "./cloudformation.ts";

/** One statement of a policy. */
interface Statement {
  Effect: "Allow";
  Action: string | readonly string[];
  Resource: unknown;
  Condition?: Readonly<Record<string, unknown>>;
}

type Arn = string | ReturnType<typeof sub>;

/** A policy may have 6,144 characters without white space; the rest is for the statement itself. */
const LIMITS = { items: Number.POSITIVE_INFINITY, size: 5600 };

/** AWS's default quota of policies attached to a role. */
export const POLICIES_PER_ROLE = 10;

/** The parameters of a deployment that change permissions. */
interface PermissionParameters {
  /** The KMS key that encrypts the token parameters; empty if it is an AWS key. */
  tokenKmsKeyArn: string;
  tracing: boolean;
}

/**
 * Builds the permissions that depend on scalers.yml and the parameters: to read the token parameters,
 * to set the groups' capacity, and to send traces if tracing is on.
 */
export function buildPermissions(
  loops: readonly LoopInput[],
  { tokenKmsKeyArn, tracing }: PermissionParameters,
): Resources {
  const parameters = [...new Set(loops.map(({ agentTokenParameter }) => agentTokenParameter))];
  const groups = loops.flatMap(({ scalers }) => scalers.map(({ group }) => group));
  return {
    ...createPolicies(
      "SetCapacity",
      "ApplyScalingRole",
      ["autoscaling:CreateOrUpdateTags", "autoscaling:SetDesiredCapacity"],
      groupArns(groups),
    ),
    ...createPolicies(
      "ReadToken",
      "FetchMetricsRole",
      "ssm:GetParameter",
      parameters.map(parameterArn),
    ),
    ...createPolicies(
      "ReadSecret",
      "FetchMetricsRole",
      "secretsmanager:GetSecretValue",
      secretNames(parameters).map(secretArn),
    ),
    ...(tokenKmsKeyArn === "" ? {} : { Decrypt: allowDecryption(parameters, tokenKmsKeyArn) }),
    ...(tracing ? { SendTraces: createPolicy("ScalingLoopRole", [TRACES]) } : {}),
  };
}

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

function groupArns(groups: readonly string[]): Arn[] {
  return groups.map((group) =>
    sub(
      `arn:\${AWS::Partition}:autoscaling:\${AWS::Region}:\${AWS::AccountId}:autoScalingGroup:*:autoScalingGroupName/${escapeSub(group)}`,
    ),
  );
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
  const allow = (Condition: Statement["Condition"]): Statement => ({
    Effect: "Allow",
    Action: "kms:Decrypt",
    Resource: kmsKeyArn,
    ...(Condition === undefined ? {} : { Condition }),
  });
  return createPolicy("FetchMetricsRole", [
    ...(plain.length === 0
      ? []
      : [
          allow({
            StringEquals: { "kms:EncryptionContext:PARAMETER_ARN": plain.map(parameterArn) },
          }),
        ]),
    ...(secrets.length === 0
      ? []
      : [allow({ StringLike: { "kms:EncryptionContext:SecretARN": secrets } })]),
  ]);
}

/** Managed policies, because inline policies of a role are limited to 10,240 characters in total. */
function createPolicies(
  id: string,
  role: string,
  action: Statement["Action"],
  arns: readonly Arn[],
): Resources {
  return Object.fromEntries(
    chunkBySize(arns, countCharacters, LIMITS).map((Resource, index) => [
      `${id}${index + 1}`,
      createPolicy(role, [{ Effect: "Allow", Action: action, Resource }]),
    ]),
  );
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

/** An upper bound: the values of `${AWS::Region}` and the like are shorter than these names. */
function countCharacters(arn: Arn): number {
  const text = typeof arn === "string" ? arn : arn["Fn::Sub"];
  return text.length + '"",'.length;
}
