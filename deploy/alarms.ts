import type { LoopInput } from "../config/loops.ts";
import { NAMESPACE } from "../functions/core/metrics.ts";
import { type Resources, toLogicalIdPart } from "./cloudformation.ts";
import type { EventLoop } from "./events.ts";
import { listGracefulScalers } from "./instance-documents.ts";

/** Settings that all alarms share. */
export interface AlarmSettings {
  /** `<service>-<stage>`, the start of every alarm's name. */
  prefix: string;
  /** ARNs of SNS topics; empty if nobody is notified. */
  actions: readonly string[];
  periodSeconds: number;
}

/** An alarm on a metric that the functions write for one loop. */
interface LoopAlarm {
  id: string;
  /** The part of the alarm's name between the stage and the loop. */
  name: string;
  metric: string;
  /** The alarm fires if the metric has data in this many of the last `outOf` periods. */
  periods: number;
  outOf: number;
  periodSeconds: number;
  /** Default: the sum is at least 1, and no data is no problem. */
  condition?: Condition;
  description(loop: string, minutes: number): string;
}

/** When a period counts for an alarm. */
interface Condition {
  Statistic: "Maximum" | "Minimum" | "SampleCount" | "Sum";
  ComparisonOperator: "GreaterThanOrEqualToThreshold" | "LessThanThreshold";
  TreatMissingData: "notBreaching" | "breaching" | "ignore";
}

const ANY_DATA: Condition = {
  Statistic: "Sum",
  ComparisonOperator: "GreaterThanOrEqualToThreshold",
  TreatMissingData: "notBreaching",
};

/** Every poll of the period has the value 1. A period without a poll changes nothing. */
const ALL_POLLS: Condition = { ...ANY_DATA, Statistic: "Minimum", TreatMissingData: "ignore" };

const NO_POLL: Condition = {
  Statistic: "SampleCount",
  ComparisonOperator: "LessThanThreshold",
  TreatMissingData: "breaching",
};

/** At every poll of the period that saw new jobs, no event had arrived. Without new jobs there is no data. */
const NO_EVENT: Condition = {
  Statistic: "Maximum",
  ComparisonOperator: "LessThanThreshold",
  TreatMissingData: "notBreaching",
};

const NOT_STARTED_SECONDS = 10 * 60;

/** Buildkite may ask for a longer poll interval than the definition's. Up to this one, no period is without a poll. */
const LONGEST_ASKED_SECONDS = 5 * 60;
const BEYOND_MAXIMUM_SECONDS = 15 * 60;
const TOKEN_NOT_READ_SECONDS = 15 * 60;
const OVERDUE_DRAINS_SECONDS = 15 * 60;
const DANGLING_SECONDS = 15 * 60;
const NOT_ANSWERING_SECONDS = 30 * 60;
const NO_EVENT_SECONDS = 30 * 60;

/** Two periods: a poll sees a single job just before its event arrives, which is no reason for an alarm. */
const NO_EVENT_PERIOD_SECONDS = 15 * 60;

/** Instances are looked at every five minutes at the latest, while an agent is missing or a drain is open. */
const LOOK_SECONDS = 5 * 60;

/** After looks that led to nothing, the next one waits for up to ten minutes, and an answer for one. */
const LONGEST_LOOK_SECONDS = 15 * 60;

/** Three periods of five: a single refusal does not notify anybody, because the next poll tries again. */
const REFUSED = { periods: 3, outOf: 5 };

/**
 * Returns the alarms' period: the shortest number of whole minutes that always contains a poll, unless
 * Buildkite asks for a longer interval. Most metrics have data only for polls with a problem, so a lasting
 * problem has data in every period.
 */
export function alarmPeriodSeconds(pollIntervalSeconds: number): number {
  return Math.max(1, Math.ceil(pollIntervalSeconds / 60)) * 60;
}

/** Builds the alarms of each loop. Their dimension is `Loop`. */
export function buildLoopAlarms(
  loops: readonly LoopInput[],
  eventLoops: readonly EventLoop[],
  settings: AlarmSettings,
): Resources {
  const { periodSeconds } = settings;
  const listening = new Set(eventLoops.map(({ loop }) => loop));
  const entries = loops.flatMap((loop) =>
    [
      ...listLoopAlarms(periodSeconds),
      ...(listGracefulScalers(loop).length > 0 ? listInstanceAlarms(periodSeconds) : []),
      ...(listening.has(loop) ? [NO_EVENTS] : []),
    ].map((alarm) => [
      `${alarm.id}${toLogicalIdPart(loop.name)}`,
      createAlarm(alarm, loop, settings),
    ]),
  );
  return Object.fromEntries(entries);
}

/** As many periods as a time has: the metric has to have data in each of them. */
function spanPeriods(seconds: number, periodSeconds: number) {
  const periods = Math.ceil(seconds / periodSeconds);
  return { periods, outOf: periods, periodSeconds };
}

function listLoopAlarms(periodSeconds: number): LoopAlarm[] {
  const pollSeconds = Math.max(LONGEST_ASKED_SECONDS, periodSeconds);
  return [
    {
      id: "NoLoopStarted",
      name: "no-loop-started",
      metric: "HeldPolls",
      condition: NO_POLL,
      periods: 1,
      outOf: 1,
      periodSeconds: Math.max(NOT_STARTED_SECONDS, 2 * periodSeconds),
      description: (loop, minutes) =>
        `For ${minutes} minutes ${loop} has not polled, so its groups are not scaled. Check that its schedule in EventBridge Scheduler is enabled, read the messages in the queue of missed loops, and open its newest execution in the Step Functions console: a failed one names its problem. After the first deploy, this alarm is expected until the first poll.`,
    },
    {
      id: "HeldPolls",
      name: "held-polls",
      metric: "HeldPolls",
      condition: ALL_POLLS,
      periods: 1,
      outOf: 1,
      periodSeconds: pollSeconds,
      description: (loop, minutes) =>
        `For ${minutes} minutes every poll of ${loop} held groups at their size, because facts were missing. The decisions of Compute capacity in the newest execution name the fault: a refused agent token (write a valid token to the parameter), a group that does not exist (correct scalers.yml), Buildkite or AWS not reachable (see their status pages; the loop recovers by itself).`,
    },
    {
      id: "BeyondMaximum",
      name: "beyond-maximum",
      metric: "BeyondMaximum",
      ...spanPeriods(BEYOND_MAXIMUM_SECONDS, pollSeconds),
      description: (loop, minutes) =>
        `For ${minutes} minutes jobs of ${loop} have needed more instances than a group's maximum allows. Raise the maximum size of the groups that "scalers" names in the log of Compute capacity, or accept the wait.`,
    },
    {
      id: "RefusedScalings",
      name: "refused-scalings",
      metric: "RefusedScalings",
      ...REFUSED,
      periodSeconds,
      description: (loop) =>
        `AWS has repeatedly refused a command for a group of ${loop}: to set its desired capacity, to write its tag, to end an instance or to stop its agents. The field "refused" in the log of Apply scaling has the reason: permissions (deploy again), throttling (find other callers of Auto Scaling in this account), limits that were changed in the meantime, or a group that was deleted (correct scalers.yml).`,
    },
    {
      id: "AgentTokenNotRead",
      name: "agent-token-not-read",
      metric: "AgentTokenNotRead",
      ...spanPeriods(TOKEN_NOT_READ_SECONDS, pollSeconds),
      description: (loop, minutes) =>
        `For ${minutes} minutes the agent token of ${loop} could not be read from SSM, so polls use the last one that was read. Scaling goes on until Lambda replaces the function's environment, usually after hours; then all groups are held. The field "fault" in the log of Fetch metrics has the reason: throttling (find other callers of SSM in this account), or SSM or KMS not reachable (see AWS's status page; the loop recovers by itself).`,
    },
  ];
}

/**
 * The alarms of a loop with graceful scale-in. One dead or one slow instance notifies nobody: the loop
 * replaces it or waits for it.
 */
function listInstanceAlarms(pollPeriodSeconds: number): LoopAlarm[] {
  const lookPeriodSeconds = Math.max(LOOK_SECONDS, pollPeriodSeconds);
  return [
    {
      id: "OverdueDrains",
      name: "overdue-drains",
      metric: "OverdueDrains",
      ...spanPeriods(OVERDUE_DRAINS_SECONDS, lookPeriodSeconds),
      description: (loop, minutes) =>
        `For ${minutes} minutes an instance of ${loop} has been draining without a job, or for more than 24 hours. The reasons of Compute capacity name the group. Without a job, the instance did not end after its agent: with endedBy: instance its ExecStopPost failed (read the unit's journal on the instance), or the group is at its minimum size. With a job, the job hangs: cancel it in Buildkite.`,
    },
    {
      id: "DanglingInstances",
      name: "dangling-instances",
      metric: "DanglingInstances",
      ...spanPeriods(DANGLING_SECONDS, lookPeriodSeconds),
      description: (loop, minutes) =>
        `For ${minutes} minutes instances of ${loop} have been in service with a dead agent. The loop ends one at a time, and at most a tenth of a group in an hour, because a fleet that fails alike is not mended by replacing it. Check the agent token and the image of these instances: the reasons of Compute capacity name them.`,
    },
    {
      id: "InstancesNotAnswering",
      name: "instances-not-answering",
      metric: "InstancesNotAnswering",
      ...spanPeriods(NOT_ANSWERING_SECONDS, Math.max(LONGEST_LOOK_SECONDS, pollPeriodSeconds)),
      description: (loop, minutes) =>
        `For ${minutes} minutes instances of ${loop} have not answered Systems Manager, so they are not scaled in. Check that they run the SSM agent, that their role has AmazonSSMManagedInstanceCore, and that they reach Systems Manager: Fleet Manager lists the instances that do.`,
    },
  ];
}

const NO_EVENTS: LoopAlarm = {
  id: "NoEvents",
  name: "no-events",
  metric: "EventsHeard",
  condition: NO_EVENT,
  ...spanPeriods(NO_EVENT_SECONDS, NO_EVENT_PERIOD_SECONDS),
  description: (loop, minutes) =>
    `For ${minutes} minutes the polls of ${loop} have seen new jobs, but no event of Buildkite has arrived. The loop polls on its beat, so nothing is lost but time. Check that Buildkite's notification service for Amazon EventBridge is on, that the event bus receives events (metric MatchedEvents of its rule), and the output of "Listen for jobs" in the newest execution: after an error it names the cause.`,
};

function createAlarm(alarm: LoopAlarm, loop: LoopInput, settings: AlarmSettings) {
  const { prefix, actions } = settings;
  const { periodSeconds, condition = ANY_DATA } = alarm;
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      // The dot separates stage and loop: stage `a` with loop `b-c` is not stage `a-b` with loop `c`.
      AlarmName: `${prefix}-${alarm.name}.${loop.name}`,
      AlarmDescription: alarm.description(loop.name, (alarm.periods * periodSeconds) / 60),
      Namespace: NAMESPACE,
      MetricName: alarm.metric,
      Dimensions: [{ Name: "Loop", Value: loop.name }],
      ...condition,
      Period: periodSeconds,
      EvaluationPeriods: alarm.outOf,
      DatapointsToAlarm: alarm.periods,
      Threshold: 1,
      AlarmActions: actions,
    },
  };
}
