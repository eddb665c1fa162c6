import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { beforeAll, expect, test } from "vitest";
import { DEPLOY_ACTIONS } from "../../cli/validate/online/deploy-actions.ts";
import { type Packaged, packageOnce, toPlain, writeFileIn } from "../support/packaged.ts";
import { findPython } from "../support/python.ts";
import { installCfnLint, runTool } from "../support/tools.ts";

/**
 * docs/deploy-policy.json against what CloudFormation calls for each resource of the template: AWS publishes
 * the calls with the schema of each type, and cfn-lint contains these schemas.
 */

const statementSchema = v.looseObject({
  Effect: v.literal("Allow"),
  Action: v.union([v.string(), v.array(v.string())]),
  Resource: v.union([v.string(), v.array(v.string())]),
});

const policySchema = v.object({ Statement: v.array(statementSchema) });

const { Statement } = v.parse(
  policySchema,
  JSON.parse(readFileSync("docs/deploy-policy.json", "utf8")),
);

/** Calls that AWS lists for properties that this template does not use. */
const UNUSED: readonly RegExp[] = [
  /^(ec2|elasticfilesystem|firehose|kms|s3files|s3tables):/, // networks, file systems, keys, tables
  /^iam:(Attach|Detach)(Group|User)Policy$/, // policies of groups and users
  /^lambda:(GetCodeSigningConfig|GetLayerVersion|PassCapacityProvider)$/,
  /^logs:(CreateLogDelivery|DeleteResourcePolicy|DescribeResourcePolicies|PutResourcePolicy)$/,
  /^s3:REST\./, // no action of IAM
];

/** Lists the calls for each type of resource, as JSON. */
const PRINT_CALLS = `
import cfnlint, glob, json, os
folder = os.path.join(os.path.dirname(cfnlint.__file__), "data", "schemas", "resources")
calls = {}
for path in glob.glob(os.path.join(folder, "*.json")):
    schema = json.load(open(path))
    handlers = schema.get("handlers", {})
    used = [handlers.get(name, {}).get("permissions", []) for name in ("create", "read", "update", "delete")]
    calls.setdefault(schema["typeName"], set()).update(*used)
print(json.dumps({name: sorted(each) for name, each in calls.items()}))
`;

/** Has every type of resource: those of graceful groups and of events too. */
const SCALERS = `
clusters:
  - name: main
    agentTokenParameter: /buildkite/agent-token
    events: { source: aws.partner/buildkite.com/my-org/1a2b3c }
    scalers: [{ queue: default, group: web, agentsPerInstance: 1, scaleIn: { graceful: true } }]
`;

let calls: Record<string, string[]>;
let template: Packaged;

beforeAll(() => {
  if (findPython() === undefined) return;
  const python = join(dirname(installCfnLint()), "python");
  const { ok, output } = runTool(python, ["-c", PRINT_CALLS]);
  if (!ok) throw new Error(output);
  calls = v.parse(v.record(v.string(), v.array(v.string())), JSON.parse(output));
  const scalers = writeFileIn("scalers.yml", SCALERS);
  template = packageOnce("--param", "tracing=true", "--param", `scalers=${scalers}`);
}, 300_000);

const ACCOUNT = "eu-west-1:123456789012";
const STACK = "buildkite-scaling-loop-dev";

/** The resource's ARN as IAM sees it. Names that the template leaves out begin with the stack's name. */
const ARNS: Readonly<Record<string, (name: string) => string>> = {
  "AWS::CloudWatch::Alarm": (name) => `arn:aws:cloudwatch:${ACCOUNT}:alarm:${name}`,
  "AWS::CloudWatch::Dashboard": (name) => `arn:aws:cloudwatch::123456789012:dashboard/${name}`,
  "AWS::Events::EventBus": (name) => `arn:aws:events:${ACCOUNT}:event-bus/${name}`,
  "AWS::Events::Rule": (name) => `arn:aws:events:${ACCOUNT}:rule/${name}`,
  "AWS::IAM::ManagedPolicy": (name) => `arn:aws:iam::123456789012:policy/${name}`,
  "AWS::IAM::Role": (name) => `arn:aws:iam::123456789012:role/${name}`,
  "AWS::Lambda::Function": (name) => `arn:aws:lambda:${ACCOUNT}:function:${name}`,
  "AWS::Logs::LogGroup": (name) => `arn:aws:logs:${ACCOUNT}:log-group:${name}:*`,
  "AWS::S3::Bucket": (name) => `arn:aws:s3:::${name.toLowerCase()}`,
  "AWS::S3::BucketPolicy": (name) => `arn:aws:s3:::${name.toLowerCase()}`,
  "AWS::SQS::Queue": (name) => `arn:aws:sqs:${ACCOUNT}:${name}`,
  "AWS::SQS::QueuePolicy": (name) => `arn:aws:sqs:${ACCOUNT}:${name}`,
  "AWS::SSM::Document": (name) => `arn:aws:ssm:${ACCOUNT}:document/${name}`,
  "AWS::Scheduler::Schedule": (name) => `arn:aws:scheduler:${ACCOUNT}:schedule/${STACK}/${name}`,
  "AWS::Scheduler::ScheduleGroup": (name) => `arn:aws:scheduler:${ACCOUNT}:schedule-group/${name}`,
  "AWS::StepFunctions::StateMachine": (name) => `arn:aws:states:${ACCOUNT}:stateMachine:${name}`,
};

/** The property with a resource's name, such as `LogGroupName`. */
function findName(id: string, properties: Readonly<Record<string, unknown>>, type: string): string {
  const noun = type.split("::").at(-1) ?? "";
  const name = properties[`${noun}Name`] ?? properties.Name;
  return name === undefined ? `${STACK}-${id}-1A2B3C` : toPlain(name);
}

/** Calls that act on something else than the resource itself. */
function targetOf(action: string, arn: string): string {
  if (action === "iam:PassRole" || /^iam:(Attach|Detach)RolePolicy$/.test(action))
    return `arn:aws:iam::123456789012:role/${STACK}-ClaimSlotRole-1A2B3C`;
  if (/^s3:(Get|Put|Delete)Object/.test(action)) return `arn:aws:s3:::${STACK}-bucket/package.zip`;
  return arn;
}

function isAllowed(action: string, arn: string): boolean {
  return Statement.some(
    ({ Action, Resource }) =>
      [Action].flat().some((pattern) => matches(pattern, action)) &&
      [Resource].flat().some((pattern) => matches(pattern, arn)),
  );
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "i").test(text);
}

test.skipIf(findPython() === undefined)(
  "docs/deploy-policy.json allows all that CloudFormation calls for the template",
  () => {
    const refused = Object.entries(template.resources).flatMap(([id, { Type, Properties }]) => {
      const toArn = ARNS[Type];
      const needed = calls[Type];
      if (toArn === undefined || needed === undefined) throw new Error(`${Type} is not known here`);
      const arn = toArn(findName(id, Properties, Type));
      return needed
        .filter((action) => !UNUSED.some((pattern) => pattern.test(action)))
        .filter((action) => !isAllowed(action, targetOf(action, arn)))
        .map((action) => `${id}: ${action} on ${targetOf(action, arn)}`);
    });
    expect(refused).toEqual([]);
    expect(Object.keys(template.resources).length).toBeGreaterThan(40);
  },
);

test("docs/deploy-policy.json allows what validate --online asks about", () => {
  const place = {
    partition: "aws",
    region: "eu-west-1",
    account: "123456789012",
    prefix: "buildkite-scaling-loop-prod",
  };
  const refused = DEPLOY_ACTIONS.flatMap(({ actions, resource }) =>
    actions.filter((action) => !isAllowed(action, resource(place))),
  );
  expect(refused).toEqual([]);
});

test("docs/deploy-policy.json allows no change of what is not the loop's", () => {
  const foreign = [
    ["iam:CreateRole", "arn:aws:iam::123456789012:role/admin"],
    ["iam:AttachRolePolicy", "arn:aws:iam::123456789012:role/admin"],
    ["iam:PassRole", "arn:aws:iam::123456789012:role/admin"],
    ["lambda:UpdateFunctionCode", `arn:aws:lambda:${ACCOUNT}:function:other`],
    ["s3:GetObject", "arn:aws:s3:::other/secret"],
    ["ssm:GetParameter", `arn:aws:ssm:${ACCOUNT}:parameter/buildkite/agent-token`],
    ["ssm:SendCommand", `arn:aws:ec2:${ACCOUNT}:instance/i-0a`],
    ["autoscaling:SetDesiredCapacity", "*"],
    ["cloudformation:DeleteStack", `arn:aws:cloudformation:${ACCOUNT}:stack/other/1`],
  ] as const;
  expect(foreign.filter(([action, arn]) => isAllowed(action, arn))).toEqual([]);
});
