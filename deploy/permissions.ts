import { chunkBySize } from "../config/chunk-by-size.ts";
import type { LoopInput } from "../config/loops.ts";
import { literal, type Resource, type Resources, ref, sub } from "./cloudformation.ts";

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

/** AWS attaches no more policies to a role, unless asked for a higher quota. */
export const POLICIES_PER_ROLE = 10;

/** What the parameters say about permissions. */
interface Asked {
  /** The customer key of the token parameters, or empty. */
  tokenKmsKeyArn: string;
  tracing: boolean;
}

/**
 * What scalers.yml and the parameters make necessary: to read these token parameters, to set these
 * groups, and to send traces where they are asked for.
 */
export function buildPermissions(
  loops: readonly LoopInput[],
  { tokenKmsKeyArn, tracing }: Asked,
): Resources {
  const parameters = [...new Set(loops.map(({ agentTokenParameter }) => agentTokenParameter))];
  const groups = loops.flatMap(({ scalers }) => scalers.map(({ group }) => group));
  return {
    ...policies(
      "SetCapacity",
      "ApplyScalingRole",
      "autoscaling:SetDesiredCapacity",
      groupArns(groups),
    ),
    ...policies("ReadToken", "FetchMetricsRole", "ssm:GetParameter", parameters.map(parameterArn)),
    ...policies(
      "ReadSecret",
      "FetchMetricsRole",
      "secretsmanager:GetSecretValue",
      secretNames(parameters).map(secretArn),
    ),
    ...(tokenKmsKeyArn === "" ? {} : { Decrypt: decryption(parameters, tokenKmsKeyArn) }),
    ...(tracing ? { SendTraces: policy("ScalingLoopRole", [TRACES]) } : {}),
  };
}

/** AWS knows no narrower resource. */
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
      `arn:\${AWS::Partition}:autoscaling:\${AWS::Region}:\${AWS::AccountId}:autoScalingGroup:*:autoScalingGroupName/${literal(group)}`,
    ),
  );
}

/** A full ARN, which may be another account's, stays as it is. A path brings its own first slash. */
function parameterArn(parameter: string): Arn {
  return parameter.startsWith("arn:")
    ? parameter
    : sub(`arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter${parameter}`);
}

const SECRET_REFERENCE = "/aws/reference/secretsmanager/";

/** Names of the secrets that are read by way of a parameter of that name. */
function secretNames(parameters: readonly string[]): string[] {
  return parameters
    .filter((parameter) => parameter.startsWith(SECRET_REFERENCE))
    .map((parameter) => parameter.slice(SECRET_REFERENCE.length));
}

/** The ARN of a secret ends in a hyphen and six characters that AWS chose. */
function secretArn(name: string): Arn {
  return sub(
    `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${name}-??????`,
  );
}

/** With the customer's key, only what is encrypted for these parameters, or for the secrets named. */
function decryption(parameters: readonly string[], kmsKeyArn: string): Resource {
  const secrets = secretNames(parameters).map(secretArn);
  const plain = parameters.filter((parameter) => !parameter.startsWith(SECRET_REFERENCE));
  const allow = (Condition: Statement["Condition"]): Statement => ({
    Effect: "Allow",
    Action: "kms:Decrypt",
    Resource: kmsKeyArn,
    ...(Condition === undefined ? {} : { Condition }),
  });
  return policy("FetchMetricsRole", [
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

/** As many policies as the ARNs need: one role's own are limited to 10,240 characters in all. */
function policies(id: string, role: string, action: string, arns: readonly Arn[]): Resources {
  return Object.fromEntries(
    chunkBySize(arns, countCharacters, LIMITS).map((Resource, index) => [
      `${id}${index + 1}`,
      policy(role, [{ Effect: "Allow", Action: action, Resource }]),
    ]),
  );
}

function policy(role: string, statements: Statement[]): Resource {
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
