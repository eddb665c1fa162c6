/** Where a deploy creates its resources. */
export interface DeployPlace {
  partition: string;
  region: string;
  account: string;
  /** The stack's name, with which all names begin. */
  prefix: string;
}

/** Actions of a deploy that act on the same resource. */
interface DeployActions {
  actions: string[];
  resource(place: DeployPlace): string;
}

function nameArn(service: string, resource: string): DeployActions["resource"] {
  return ({ partition, region, account, prefix }) =>
    `arn:${partition}:${service}:${region}:${account}:${resource}${prefix}-x`;
}

function iamArn(kind: string): DeployActions["resource"] {
  return ({ partition, account, prefix }) => `arn:${partition}:iam::${account}:${kind}/${prefix}-x`;
}

/**
 * The calls that create each kind of resource: enough to tell whether somebody may deploy, without all of
 * docs/deploy-policy.json.
 */
export const DEPLOY_ACTIONS: readonly DeployActions[] = [
  {
    actions: [
      "cloudformation:CreateChangeSet",
      "cloudformation:CreateStack",
      "cloudformation:DescribeStacks",
      "cloudformation:ExecuteChangeSet",
    ],
    resource: ({ partition, region, account, prefix }) =>
      `arn:${partition}:cloudformation:${region}:${account}:stack/${prefix}/x`,
  },
  {
    actions: ["s3:CreateBucket", "s3:PutBucketPolicy", "s3:PutEncryptionConfiguration"],
    resource: ({ partition, prefix }) => `arn:${partition}:s3:::${prefix}-x`,
  },
  {
    actions: ["s3:GetObject", "s3:PutObject"],
    resource: ({ partition, prefix }) => `arn:${partition}:s3:::${prefix}-x/x`,
  },
  {
    actions: ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PassRole", "iam:PutRolePolicy"],
    resource: iamArn("role"),
  },
  { actions: ["iam:CreatePolicy"], resource: iamArn("policy") },
  {
    actions: ["lambda:CreateFunction", "lambda:TagResource", "lambda:UpdateFunctionCode"],
    resource: nameArn("lambda", "function:"),
  },
  {
    actions: ["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
    resource: nameArn("logs", "log-group:/aws/lambda/"),
  },
  {
    actions: ["states:CreateStateMachine", "states:UpdateStateMachine"],
    resource: nameArn("states", "stateMachine:"),
  },
  { actions: ["scheduler:CreateScheduleGroup"], resource: nameArn("scheduler", "schedule-group/") },
  {
    actions: ["scheduler:CreateSchedule"],
    resource: ({ partition, region, account, prefix }) =>
      `arn:${partition}:scheduler:${region}:${account}:schedule/${prefix}/x`,
  },
  { actions: ["sqs:CreateQueue"], resource: nameArn("sqs", "") },
  { actions: ["cloudwatch:PutMetricAlarm"], resource: nameArn("cloudwatch", "alarm:") },
  { actions: ["ssm:CreateDocument"], resource: nameArn("ssm", "document/") },
];
