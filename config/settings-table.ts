import type { SettingValue, ValueKind } from "./reference-values.ts";
import { DESCRIPTIONS, defaultText } from "./setting-texts.ts";

/**
 * A setting of the reference (buildkite-agent-scaler v1.12) and its counterpart here.
 *
 * Sources: the reference's lambda/main.go, main.go and template.yaml; aws-stack.yml (v6) of the
 * Elastic CI Stack for AWS. The stack does not pass DisableScaleIn and CLOUDWATCH_METRICS to its
 * scaler, so the defaults of the scaler's own template apply.
 */
export interface ReferenceSetting {
  /** The counterpart; absent if there is none. */
  target?: Target;
  /** Environment variable of the reference's Lambda. */
  variable?: string;
  /** Flag of `run`. */
  flag?: Flag;
  /** Parameters in the Elastic CI Stack's template, then in the scaler's own template. */
  parameters?: readonly string[];
  /** How the reference parses the variable and the flag. */
  kind: ValueKind;
  /** How the templates write the parameter; absent if they write it like the variable. */
  parameterKind?: ValueKind;
  /**
   * The Lambda's default if the variable is not set; absent if it has none. The counterpart has the
   * same default.
   */
  defaultText?: string;
  /** The stack's default, which it passes to the Lambda. */
  stackDefault?: string;
  /** The reference does not start without the variable. */
  required?: true;
  /** The meaning in sentences, for the documentation and for `run --help`. */
  description: string;
  /** How the counterpart differs, or why there is none. */
  remark?: string;
}

/**
 * Path of a setting here: `cluster.` and `scaler.` are keys of scalers.yml, `settings.` is the first
 * state of the state machine's definition.
 */
export type Target = `${"cluster" | "scaler" | "settings"}.${string}`;

/** A flag of `run`. */
export interface Flag {
  /** Without the dashes. */
  name: string;
  /** The default if the flag is not set; absent if it has none. */
  defaultText?: string;
  /** The reference's command line does not have this flag. */
  onlyHere?: true;
}

/** The poll interval in the definition as it is delivered. */
export const DEFAULT_POLL_INTERVAL = "10s";

/** A setting that only this project has. */
export interface OwnSetting {
  target: Target;
  /** Flag of `run`, and how its value is parsed. */
  flag?: Flag & { kind: ValueKind };
  description: string;
  /** The default of a setting of the definition. Those of scalers.yml are in its schema. */
  defaultText?: string;
  /** The value that `migrate` writes, and how it compares to the reference; absent if the line can be left out. */
  migratedAs?: { value: SettingValue; remark: string };
}

const REFERENCE_ROWS: readonly SettingRow<ReferenceSetting>[] = [
  {
    target: "scaler.queue",
    variable: "BUILDKITE_QUEUE",
    flag: { name: "queue", defaultText: "default" },
    parameters: ["BuildkiteQueue"],
    stackDefault: "default",
    kind: "text",
    required: true,
  },
  {
    target: "scaler.group",
    variable: "ASG_NAME",
    flag: { name: "asg-name" },
    parameters: ["AgentAutoScaleGroup"],
    kind: "text",
    required: true,
    description:
      "Name of the Auto Scaling group. An Elastic CI Stack has it in its output AutoScalingGroupName.",
  },
  {
    target: "scaler.agentsPerInstance",
    variable: "AGENTS_PER_INSTANCE",
    flag: { name: "agents-per-instance", defaultText: "1" },
    parameters: ["AgentsPerInstance"],
    stackDefault: "1",
    kind: "integer",
    required: true,
    description: "Number of agents that one instance runs.",
  },
  {
    target: "cluster.agentTokenParameter",
    variable: "BUILDKITE_AGENT_TOKEN_SSM_KEY",
    flag: { name: "agent-token-ssm-key" },
    parameters: ["BuildkiteAgentTokenParameterStorePath", "BuildkiteAgentTokenParameter"],
    kind: "text",
  },
  {
    variable: "BUILDKITE_AGENT_TOKEN",
    flag: { name: "agent-token" },
    parameters: ["BuildkiteAgentToken"],
    kind: "secret",
    description: "The agent token itself.",
    remark:
      "only local runs take the token itself; a deployed loop reads it from the SSM parameter in agentTokenParameter",
  },
  {
    variable: "BUILDKITE_AGENT_TOKEN_SSM_REGION",
    flag: { name: "agent-token-ssm-region" },
    kind: "text",
    description: "Region of the SSM parameter.",
    remark: "the loop reads the parameter in its own region: copy the parameter there",
  },
  {
    parameters: ["BuildkiteAgentTokenParameterStoreKMSKey"],
    kind: "text",
    description: "KMS key of the SSM parameter.",
    remark: "the function Fetch metrics needs kms:Decrypt on this key: see docs/deploying.md",
  },
  {
    target: "cluster.agentEndpoint",
    variable: "BUILDKITE_AGENT_ENDPOINT",
    flag: { name: "agent-endpoint", defaultText: "https://agent.buildkite.com/v3" },
    parameters: ["AgentEndpoint"],
    kind: "text",
  },
  {
    target: "scaler.includeWaiting",
    variable: "INCLUDE_WAITING",
    flag: { name: "include-waiting", defaultText: "false" },
    parameters: ["ScaleOutForWaitingJobs"],
    stackDefault: "false",
    kind: "boolean",
  },
  {
    target: "scaler.instanceBuffer",
    variable: "INSTANCE_BUFFER",
    flag: { name: "instance-buffer", defaultText: "0" },
    parameters: ["InstanceBuffer"],
    stackDefault: "0",
    kind: "integer",
  },
  {
    target: "scaler.maxInstanceCap",
    variable: "MAX_INSTANCE_CAP",
    flag: { name: "max-instance-cap", onlyHere: true },
    kind: "integer",
  },
  {
    target: "scaler.availabilityThreshold",
    variable: "AVAILABILITY_THRESHOLD",
    flag: { name: "availability-threshold", onlyHere: true },
    kind: "number",
  },
  {
    target: "scaler.scaleIn.disabled",
    variable: "DISABLE_SCALE_IN",
    flag: { name: "disable-scale-in", onlyHere: true },
    parameters: ["DisableScaleIn"],
    stackDefault: "true",
    kind: "boolean",
  },
  {
    target: "scaler.scaleIn.cooldown",
    variable: "SCALE_IN_COOLDOWN_PERIOD",
    flag: { name: "scale-in-cooldown", defaultText: "1h" },
    parameters: ["ScaleInCooldownPeriod"],
    stackDefault: "3600",
    kind: "duration",
    parameterKind: "seconds",
  },
  {
    target: "scaler.scaleIn.factor",
    variable: "SCALE_IN_FACTOR",
    flag: { name: "scale-in-factor", defaultText: "1" },
    kind: "factor",
  },
  {
    target: "scaler.scaleOut.disabled",
    variable: "DISABLE_SCALE_OUT",
    flag: { name: "disable-scale-out", onlyHere: true },
    kind: "boolean",
  },
  {
    target: "scaler.scaleOut.cooldown",
    variable: "SCALE_OUT_COOLDOWN_PERIOD",
    flag: { name: "scale-out-cooldown", defaultText: "0s" },
    parameters: ["ScaleOutCooldownPeriod"],
    stackDefault: "300",
    kind: "duration",
    parameterKind: "seconds",
  },
  {
    target: "scaler.scaleOut.factor",
    variable: "SCALE_OUT_FACTOR",
    flag: { name: "scale-out-factor", defaultText: "1" },
    parameters: ["ScaleOutFactor"],
    stackDefault: "1.0",
    kind: "factor",
  },
  {
    target: "scaler.cooldownFromAnyScaling",
    variable: "SCALE_ONLY_AFTER_ALL_EVENT",
    flag: { name: "scale-only-after-all-event", onlyHere: true },
    kind: "boolean",
  },
  {
    target: "cluster.publishMetrics",
    variable: "CLOUDWATCH_METRICS",
    flag: { name: "cloudwatch-metrics", defaultText: "false" },
    stackDefault: "true",
    kind: "boolean",
    remark:
      "once a minute, with the metric names of buildkite-agent-metrics; the dimensions are Org and Queue, and also Cluster if the token belongs to a Buildkite cluster",
  },
  {
    target: "scaler.elasticCiMode",
    variable: "ELASTIC_CI_MODE",
    flag: { name: "elastic-ci-mode", defaultText: "false" },
    parameters: ["ScalerEnableExperimentalElasticCIMode", "EnableElasticCIMode"],
    stackDefault: "false",
    kind: "boolean",
  },
  {
    target: "scaler.danglingCheck.minimumUptime",
    variable: "DANGLING_CHECK_MINIMUM_INSTANCE_UPTIME",
    flag: { name: "minimum-instance-uptime", defaultText: "1h" },
    kind: "duration",
  },
  {
    target: "scaler.danglingCheck.maxInstances",
    variable: "MAX_DANGLING_INSTANCES_TO_CHECK",
    flag: { name: "max-dangling-instances-to-check", defaultText: "5" },
    kind: "integer",
  },
  {
    target: "scaler.dryRun",
    flag: { name: "dry-run", defaultText: "false" },
    kind: "boolean",
    remark:
      "in a dry run, buildkite-agent-scaler assumes an empty group; this project reads the real group",
  },
  {
    target: "cluster.startupJitter",
    variable: "LAMBDA_STARTUP_JITTER_MAX",
    parameters: ["ScalerEventScheduleJitter", "EventScheduleJitter"],
    stackDefault: "0s",
    kind: "duration",
    remark:
      "the delay is derived from the cluster's name; buildkite-agent-scaler derives it from the group's",
  },
  {
    target: "settings.pollIntervalSeconds",
    variable: "LAMBDA_INTERVAL",
    parameters: ["ScalerMinPollInterval", "MinPollInterval"],
    stackDefault: DEFAULT_POLL_INTERVAL,
    kind: "duration",
    defaultText: DEFAULT_POLL_INTERVAL,
    description: "Time from the start of one poll to the start of the next.",
    remark:
      "a parameter of the deployment, --param pollIntervalSeconds, for all clusters; Buildkite may ask for a longer interval",
  },
  {
    variable: "LAMBDA_TIMEOUT",
    kind: "duration",
    description: "Duration of one invocation.",
    remark: "an execution polls for its slot of three minutes, then the next execution continues",
  },
  {
    parameters: ["ScalerEventSchedulePeriod", "EventSchedulePeriod"],
    stackDefault: "1 minute",
    kind: "text",
    description: "Time from one invocation to the next.",
    remark: "an execution starts every three minutes, whatever the poll interval",
  },
  {
    variable: "ASG_ACTIVITY_TIMEOUT",
    kind: "duration",
    defaultText: "10s",
    description: "Timeout for reading the group's activity log.",
    remark: "every call has a timeout of its own, which cannot be set",
  },
  {
    variable: "MAX_DESCRIBE_SCALING_ACTIVITIES_PAGES",
    parameters: ["MaxDescribeScalingActivitiesPages"],
    stackDefault: "-1",
    kind: "integer",
    defaultText: "-1 (all)",
    description: "Maximum number of pages of the group's activity log.",
    remark:
      "the activity log is not read: the times of the last scalings are in a tag of the group, scaling-loop:times",
  },
  {
    variable: "MIN_SIZE",
    parameters: ["MinSize"],
    kind: "integer",
    description: "Minimum size of the group.",
    remark: "read from the group itself; buildkite-agent-scaler ignores this setting too",
  },
  {
    variable: "MAX_SIZE",
    parameters: ["MaxSize"],
    kind: "integer",
    description: "Maximum size of the group.",
    remark: "read from the group itself; buildkite-agent-scaler ignores this setting too",
  },
  ...[
    "EnableScheduledScaling",
    "ScheduleTimezone",
    "ScaleUpSchedule",
    "ScaleUpMinSize",
    "ScaleDownSchedule",
    "ScaleDownMinSize",
  ].map(
    (parameter): SettingRow<ReferenceSetting> => ({
      parameters: [parameter],
      kind: "text",
      description: "Scheduled changes of the group's minimum size.",
      remark:
        "remains a setting of the stack: its scheduled actions change the group's minimum, which every poll reads from the group",
    }),
  ),
  {
    parameters: ["ScaleInIdlePeriod"],
    kind: "integer",
    description: "Idle time after which an instance terminates itself.",
    remark: "remains a setting of the stack: its instances still terminate themselves",
  },
  {
    parameters: ["LogRetentionDays"],
    kind: "integer",
    description: "Retention of the scaler's log.",
    remark: "a parameter of this project's deployment",
  },
  {
    parameters: ["BuildkiteAgentScalerVersion"],
    kind: "text",
    description: "Version of buildkite-agent-scaler.",
    remark: "this project replaces buildkite-agent-scaler",
  },
  {
    parameters: ["BuildkiteAgentScalerServerlessARN"],
    kind: "text",
    description: "Serverless application of buildkite-agent-scaler.",
    remark: "this project replaces buildkite-agent-scaler",
  },
  {
    variable: "MIN_AGENTS_PERCENTAGE",
    kind: "number",
    description: "Availability check of older versions.",
    remark: "version 1.12 does not read it: availabilityThreshold replaced it",
  },
  {
    variable: "MIN_POLL_INTERVAL",
    kind: "duration",
    description: "Set by the Elastic CI Stack's Terraform module.",
    remark: "version 1.12 does not read it",
  },
  {
    variable: "AWS_RETRY_MODE",
    kind: "text",
    description: "Retry mode of the AWS SDK.",
    remark: "every call has two attempts; the next poll is the retry after that",
  },
  {
    variable: "AWS_MAX_ATTEMPTS",
    kind: "integer",
    description: "Maximum number of attempts of the AWS SDK.",
    remark: "every call has two attempts; the next poll is the retry after that",
  },
  {
    variable: "DEBUG",
    kind: "boolean",
    description: "Run once, outside Lambda.",
    remark: "use `npx buildkite-scaling-loop run --once`",
  },
];

const OWN_ROWS: readonly SettingRow<OwnSetting>[] = [
  {
    target: "scaler.agentStartupGrace",
    migratedAs: {
      value: "5m",
      remark:
        "0s would be the behaviour of buildkite-agent-scaler, which does not wait: it adds an instance while healthy ones still boot, and takes it back at a later poll",
    },
  },
  {
    target: "scaler.scaleIn.graceful",
    flag: { name: "scale-in-graceful", kind: "boolean", onlyHere: true },
  },
  {
    target: "scaler.scaleIn.unit",
    flag: { name: "scale-in-unit", kind: "text", onlyHere: true },
  },
  {
    target: "scaler.scaleIn.endedBy",
    flag: { name: "scale-in-ended-by", kind: "text", onlyHere: true },
  },
  {
    target: "scaler.scaleIn.busyAfter",
    flag: { name: "scale-in-busy-after", kind: "text", onlyHere: true },
  },
  { target: "scaler.queues" },
  { target: "scaler.name" },
  { target: "scaler.demandShare" },
  { target: "cluster.name" },
  { target: "cluster.allQueueMetrics" },
  { target: "cluster.events.bus" },
  { target: "cluster.events.source" },
  { target: "cluster.defaults" },
  { target: "cluster.scalers" },
  {
    target: "settings.publishIntervalSeconds",
    description: "Time from one publication of metrics to the next.",
    defaultText: "60s",
  },
  {
    target: "settings.leastGapSeconds",
    description: "Least time from the start of one poll to the start of one that an event causes.",
    defaultText: "2s",
  },
];

/** A setting whose texts are left out if the schema of scalers.yml has them. */
type SettingRow<Setting extends { description: string }> = Omit<Setting, "description"> & {
  description?: string;
};

/** All settings of the reference. `migrate`, the flags of `run` and tables in docs/ are made from them. */
export const REFERENCE_SETTINGS: readonly ReferenceSetting[] = REFERENCE_ROWS.map((row) => {
  const setting = addTexts(row);
  const { flag, defaultText: byDefault } = setting;
  return flag?.onlyHere && byDefault !== undefined
    ? { ...setting, flag: { defaultText: byDefault, ...flag } }
    : setting;
});

/** All settings that only this project has. */
export const OWN_SETTINGS: readonly OwnSetting[] = OWN_ROWS.map(addTexts);

interface Texts {
  target?: Target;
  description?: string;
  defaultText?: string;
}

/** Adds description and default of the counterpart in scalers.yml. The row's own texts win. */
function addTexts<Row extends Texts>(row: Row): Row & { description: string } {
  const { target = "" } = row;
  const byDefault = row.defaultText ?? defaultText(target);
  return {
    ...row,
    description: row.description ?? DESCRIPTIONS[target] ?? "",
    ...(byDefault === undefined ? {} : { defaultText: byDefault }),
  };
}
