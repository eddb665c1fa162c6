import type { SettingValue, ValueKind } from "./reference-values.ts";

/**
 * The whole table of settings: where the reference (buildkite-agent-scaler v1.12) reads each, and
 * where it stands here. `migrate`, the flags of `run` and the README's table are made from it.
 *
 * Sources: the reference's lambda/main.go, main.go and template.yaml; the Elastic CI Stack for AWS'
 * aws-stack.yml (v6), which does not hand DisableScaleIn and CLOUDWATCH_METRICS on, so that its
 * scaler has the template's own values.
 */
export interface ReferenceSetting {
  /** Where it stands here; absent where it means nothing here. */
  target?: Target;
  /** Environment variable of the reference's Lambda. */
  variable?: string;
  /** On the command line, without its dashes: the reference's, or `onlyHere`. */
  flag?: Flag;
  /** Parameter of the Elastic CI Stack's template, then of the scaler's own template. */
  parameters?: readonly string[];
  /** How the reference reads it. */
  kind: ValueKind;
  /** How it is written as a parameter, where that differs. */
  parameterKind?: ValueKind;
  /** What the Lambda takes where the variable is not set; absent: nothing. */
  defaultText?: string;
  /** What the stack gives its scaler unless told otherwise. */
  stackDefault?: string;
  /** The reference does not run without the variable. */
  required?: true;
  /** What it is, in the table and in `run --help`. */
  description: string;
  /** Where ours differs, or why it means nothing here. */
  remark?: string;
}

/** `cluster.` and `scaler.`: keys of scalers.yml; `settings.`: of the definition's first state. */
export type Target = `${"cluster" | "scaler" | "settings"}.${string}`;

/** A flag of `run`. */
export interface Flag {
  name: string;
  /** Where the flag is not given. */
  defaultText?: string;
  /** The reference has no such flag. */
  onlyHere?: true;
}

/** The poll interval that the definition has as it comes. */
export const DEFAULT_POLL_INTERVAL = "10s";

export const REFERENCE_SETTINGS: readonly ReferenceSetting[] = [
  {
    target: "scaler.queue",
    variable: "BUILDKITE_QUEUE",
    flag: { name: "queue", defaultText: "default" },
    parameters: ["BuildkiteQueue"],
    stackDefault: "default",
    kind: "text",
    required: true,
    description: "Buildkite queue to watch",
  },
  {
    target: "scaler.group",
    variable: "ASG_NAME",
    flag: { name: "asg-name" },
    parameters: ["AgentAutoScaleGroup"],
    kind: "text",
    required: true,
    description:
      "name of the Auto Scaling group; of an Elastic CI Stack: its output AutoScalingGroupName",
  },
  {
    target: "scaler.agentsPerInstance",
    variable: "AGENTS_PER_INSTANCE",
    flag: { name: "agents-per-instance", defaultText: "1" },
    parameters: ["AgentsPerInstance"],
    stackDefault: "1",
    kind: "integer",
    required: true,
    description: "how many agents one instance runs",
  },
  {
    target: "cluster.agentTokenParameter",
    variable: "BUILDKITE_AGENT_TOKEN_SSM_KEY",
    flag: { name: "agent-token-ssm-key" },
    parameters: ["BuildkiteAgentTokenParameterStorePath", "BuildkiteAgentTokenParameter"],
    kind: "text",
    description:
      "SSM parameter that holds the agent token: a path, a full ARN, or /aws/reference/secretsmanager/NAME",
  },
  {
    variable: "BUILDKITE_AGENT_TOKEN",
    flag: { name: "agent-token" },
    parameters: ["BuildkiteAgentToken"],
    kind: "secret",
    description: "the agent token itself",
    remark:
      "local runs only; deployed, it stands in the SSM parameter that agentTokenParameter names",
  },
  {
    variable: "BUILDKITE_AGENT_TOKEN_SSM_REGION",
    flag: { name: "agent-token-ssm-region" },
    kind: "text",
    description: "region of the SSM parameter",
    remark: "the parameter is read in the loop's own region: copy it there",
  },
  {
    parameters: ["BuildkiteAgentTokenParameterStoreKMSKey"],
    kind: "text",
    description: "KMS key of the SSM parameter",
    remark: "Fetch metrics needs kms:Decrypt on it: see the README's permissions",
  },
  {
    target: "cluster.agentEndpoint",
    variable: "BUILDKITE_AGENT_ENDPOINT",
    flag: { name: "agent-endpoint", defaultText: "https://agent.buildkite.com/v3" },
    parameters: ["AgentEndpoint"],
    kind: "text",
    defaultText: "https://agent.buildkite.com/v3",
    description: "where Buildkite's agent metrics are read",
  },
  {
    target: "scaler.includeWaiting",
    variable: "INCLUDE_WAITING",
    flag: { name: "include-waiting", defaultText: "false" },
    parameters: ["ScaleOutForWaitingJobs"],
    stackDefault: "false",
    kind: "boolean",
    defaultText: "false",
    description: "count waiting jobs as demand where they outnumber the running ones",
  },
  {
    target: "scaler.instanceBuffer",
    variable: "INSTANCE_BUFFER",
    flag: { name: "instance-buffer", defaultText: "0" },
    parameters: ["InstanceBuffer"],
    stackDefault: "0",
    kind: "integer",
    defaultText: "0",
    description: "instances kept ready beyond the need while there are jobs",
  },
  {
    target: "scaler.maxInstanceCap",
    variable: "MAX_INSTANCE_CAP",
    flag: { name: "max-instance-cap", defaultText: "0", onlyHere: true },
    kind: "integer",
    defaultText: "0",
    description: "most instances that the jobs may ask for; 0 is no cap",
  },
  {
    target: "scaler.availabilityThreshold",
    variable: "AVAILABILITY_THRESHOLD",
    flag: { name: "availability-threshold", defaultText: "0.5", onlyHere: true },
    kind: "number",
    defaultText: "0.5",
    description:
      "share of the expected agents below which an instance is added; 0 switches that off",
  },
  {
    target: "scaler.scaleIn.disabled",
    variable: "DISABLE_SCALE_IN",
    flag: { name: "disable-scale-in", defaultText: "false", onlyHere: true },
    parameters: ["DisableScaleIn"],
    stackDefault: "true",
    kind: "boolean",
    defaultText: "false",
    description: "never scale in; without effect in Elastic CI mode",
  },
  {
    target: "scaler.scaleIn.cooldown",
    variable: "SCALE_IN_COOLDOWN_PERIOD",
    flag: { name: "scale-in-cooldown", defaultText: "1h" },
    parameters: ["ScaleInCooldownPeriod"],
    stackDefault: "3600",
    kind: "duration",
    parameterKind: "seconds",
    defaultText: "0s, in Elastic CI mode 1h",
    description: "time that must pass after a scale-in before the next",
  },
  {
    target: "scaler.scaleIn.factor",
    variable: "SCALE_IN_FACTOR",
    flag: { name: "scale-in-factor", defaultText: "1" },
    kind: "factor",
    defaultText: "none",
    description: "share of the distance to the target that one scale-in covers",
  },
  {
    target: "scaler.scaleOut.disabled",
    variable: "DISABLE_SCALE_OUT",
    flag: { name: "disable-scale-out", defaultText: "false", onlyHere: true },
    kind: "boolean",
    defaultText: "false",
    description: "never scale out",
  },
  {
    target: "scaler.scaleOut.cooldown",
    variable: "SCALE_OUT_COOLDOWN_PERIOD",
    flag: { name: "scale-out-cooldown", defaultText: "0s" },
    parameters: ["ScaleOutCooldownPeriod"],
    stackDefault: "300",
    kind: "duration",
    parameterKind: "seconds",
    defaultText: "0s",
    description: "time that must pass after a scale-out before the next",
  },
  {
    target: "scaler.scaleOut.factor",
    variable: "SCALE_OUT_FACTOR",
    flag: { name: "scale-out-factor", defaultText: "1" },
    parameters: ["ScaleOutFactor"],
    stackDefault: "1.0",
    kind: "factor",
    defaultText: "none",
    description: "share of the distance to the target that one scale-out covers",
  },
  {
    target: "scaler.cooldownFromAnyScaling",
    variable: "SCALE_ONLY_AFTER_ALL_EVENT",
    flag: { name: "scale-only-after-all-event", defaultText: "false", onlyHere: true },
    kind: "boolean",
    defaultText: "false",
    description: "count both cooldowns from the last scaling of either direction",
  },
  {
    target: "cluster.publishMetrics",
    variable: "CLOUDWATCH_METRICS",
    flag: { name: "cloudwatch-metrics", defaultText: "false" },
    stackDefault: "true",
    kind: "boolean",
    defaultText: "false",
    description: "publish CloudWatch metrics",
    remark:
      "once a minute, under the names of buildkite-agent-metrics; where the token belongs to a cluster, with the dimension Cluster beside Org and Queue",
  },
  {
    target: "scaler.elasticCiMode",
    variable: "ELASTIC_CI_MODE",
    flag: { name: "elastic-ci-mode", defaultText: "false" },
    parameters: ["ScalerEnableExperimentalElasticCIMode", "EnableElasticCIMode"],
    stackDefault: "false",
    kind: "boolean",
    defaultText: "false",
    description: "the group runs the Elastic CI Stack for AWS",
  },
  {
    target: "scaler.danglingCheck.minimumUptime",
    variable: "DANGLING_CHECK_MINIMUM_INSTANCE_UPTIME",
    flag: { name: "minimum-instance-uptime", defaultText: "1h" },
    kind: "duration",
    defaultText: "1h",
    description: "Elastic CI mode: how long an instance must be up before it can count as dangling",
  },
  {
    target: "scaler.danglingCheck.maxInstances",
    variable: "MAX_DANGLING_INSTANCES_TO_CHECK",
    flag: { name: "max-dangling-instances-to-check", defaultText: "5" },
    kind: "integer",
    defaultText: "5",
    description: "Elastic CI mode: most instances that one check for dangling ones looks at",
  },
  {
    target: "scaler.dryRun",
    flag: { name: "dry-run", defaultText: "false" },
    kind: "boolean",
    defaultText: "false",
    description: "decide and explain, and change nothing",
    remark: "the reference's sees an empty group; ours reads everything for real",
  },
  {
    target: "cluster.startupJitter",
    variable: "LAMBDA_STARTUP_JITTER_MAX",
    parameters: ["ScalerEventScheduleJitter", "EventScheduleJitter"],
    stackDefault: "0s",
    kind: "duration",
    defaultText: "0s",
    description: "most that polls are put off, always by the same time",
    remark: "by a time that comes from the cluster's name, not from the group's",
  },
  {
    target: "settings.pollIntervalSeconds",
    variable: "LAMBDA_INTERVAL",
    parameters: ["ScalerMinPollInterval", "MinPollInterval"],
    stackDefault: DEFAULT_POLL_INTERVAL,
    kind: "duration",
    defaultText: DEFAULT_POLL_INTERVAL,
    description: "time from one poll to the next",
    remark:
      "stands in the first state of statemachine/scaling-loop.asl.yml, for all clusters; Buildkite may ask for more",
  },
  {
    variable: "LAMBDA_TIMEOUT",
    kind: "duration",
    description: "how long one run polls",
    remark: "a loop polls for its slot of four minutes, and the next one goes on",
  },
  {
    parameters: ["ScalerEventSchedulePeriod", "EventSchedulePeriod"],
    stackDefault: "1 minute",
    kind: "text",
    description: "how often a run is started",
    remark: "a loop is started every four minutes, whatever the poll interval",
  },
  {
    variable: "ASG_ACTIVITY_TIMEOUT",
    kind: "duration",
    defaultText: "10s",
    description: "time for reading the group's activity log",
    remark: "every call here has its own limit",
  },
  {
    variable: "MAX_DESCRIBE_SCALING_ACTIVITIES_PAGES",
    parameters: ["MaxDescribeScalingActivitiesPages"],
    stackDefault: "-1",
    kind: "integer",
    defaultText: "-1, which is all",
    description: "pages of the group's activity log to read",
    remark: "as far back as the longest cooldown, at most three pages",
  },
  {
    variable: "MIN_SIZE",
    parameters: ["MinSize"],
    kind: "integer",
    description: "least instances",
    remark: "read from the group itself; the reference does not read it either",
  },
  {
    variable: "MAX_SIZE",
    parameters: ["MaxSize"],
    kind: "integer",
    description: "most instances",
    remark: "read from the group itself; the reference does not read it either",
  },
  {
    parameters: ["ScaleInIdlePeriod"],
    kind: "integer",
    description: "how long an instance is idle before it ends itself",
    remark: "stays with the stack: its instances go on ending themselves",
  },
  {
    parameters: ["LogRetentionDays"],
    kind: "integer",
    description: "how long the scaler's log is kept",
    remark: "given when this project is deployed",
  },
  {
    parameters: ["BuildkiteAgentScalerVersion"],
    kind: "text",
    description: "version of the reference",
    remark: "the reference itself",
  },
  {
    parameters: ["BuildkiteAgentScalerServerlessARN"],
    kind: "text",
    description: "application of the reference",
    remark: "the reference itself",
  },
  {
    variable: "MIN_AGENTS_PERCENTAGE",
    kind: "number",
    description: "an older version's availability check",
    remark: "v1.12 does not read it: availabilityThreshold took its place",
  },
  {
    variable: "MIN_POLL_INTERVAL",
    kind: "duration",
    description: "set by the Elastic CI Stack's Terraform module",
    remark: "the reference does not read it",
  },
  {
    variable: "AWS_RETRY_MODE",
    kind: "text",
    description: "how the AWS SDK tries again",
    remark: "every call here is tried twice, and the next poll is the better retry",
  },
  {
    variable: "AWS_MAX_ATTEMPTS",
    kind: "integer",
    description: "how often the AWS SDK tries",
    remark: "every call here is tried twice, and the next poll is the better retry",
  },
  {
    variable: "DEBUG",
    kind: "boolean",
    description: "run once outside Lambda",
    remark: "`npx scaling-loop run --once` does that",
  },
];

/** A setting that the reference does not have. */
export interface OwnSetting {
  target: Target;
  description: string;
  /** What it is where it is not written. */
  defaultText?: string;
  /** What makes it do as the reference does, where the default does not. */
  migratedAs?: { value: SettingValue; remark: string };
}

/** What there is here alone. */
export const OWN_SETTINGS: readonly OwnSetting[] = [
  {
    target: "scaler.agentStartupGrace",
    description: "how long after a scale-out missing agents count as still starting",
    defaultText: "5m",
    migratedAs: {
      value: "0s",
      remark:
        "the reference has none, and adds one instance after another while healthy ones still boot; 5m, the default here, waits for them",
    },
  },
  { target: "scaler.queues", description: "several queues for one group, their demand summed" },
  {
    target: "scaler.name",
    description: "name in decisions and metrics",
    defaultText: "the group's name",
  },
  {
    target: "scaler.demandShare",
    description: "this group's share of the demand, for a gradual move from one group to another",
    defaultText: "1",
  },
  { target: "cluster.name", description: "the cluster's name in metrics and executions" },
  {
    target: "cluster.defaults",
    description: "settings for every scaler of a cluster, or of the whole file",
  },
  { target: "cluster.scalers", description: "one loop serves all queues of a cluster" },
  {
    target: "settings.publishIntervalSeconds",
    description: "seconds from one publishing of metrics to the next",
    defaultText: "60s",
  },
];
