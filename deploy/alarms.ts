import type { LoopInput } from "../config/loops.ts";
import { NAMESPACE } from "../functions/core/metrics.ts";
import { type Resources, toLogicalIdPart } from "./cloudformation.ts";

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
  description(loop: string, minutes: number): string;
}

const HELD_SECONDS = 5 * 60;
const BEYOND_MAXIMUM_SECONDS = 15 * 60;

/** Three periods of five: a single refusal does not notify anybody, because the next poll tries again. */
const REFUSED = { periods: 3, outOf: 5 };

/**
 * Returns the alarms' period: the shortest number of whole minutes that always contains a poll. The
 * metrics have data only for polls with a problem, so a lasting problem has data in every period.
 */
export function alarmPeriodSeconds(pollIntervalSeconds: number): number {
  return Math.max(1, Math.ceil(pollIntervalSeconds / 60)) * 60;
}

/** Builds the alarms of each loop. Their dimension is `Loop`. */
export function buildLoopAlarms(loops: readonly LoopInput[], settings: AlarmSettings): Resources {
  const alarms = listLoopAlarms(settings.periodSeconds);
  const entries = loops.flatMap((loop) =>
    alarms.map((alarm) => [
      `${alarm.id}${toLogicalIdPart(loop.name)}`,
      createAlarm(alarm, loop, settings),
    ]),
  );
  return Object.fromEntries(entries);
}

function listLoopAlarms(periodSeconds: number): LoopAlarm[] {
  const spanPeriods = (seconds: number) => {
    const periods = Math.ceil(seconds / periodSeconds);
    return { periods, outOf: periods };
  };
  return [
    {
      id: "HeldPolls",
      name: "held-polls",
      metric: "HeldPolls",
      ...spanPeriods(HELD_SECONDS),
      description: (loop, minutes) =>
        `For ${minutes} minutes every poll of ${loop} held groups at their size, because facts were missing. The decisions of Compute capacity in the newest execution name the fault: a refused agent token (write a valid token to the parameter), a group that does not exist (correct scalers.yml), Buildkite or AWS not reachable (see their status pages; the loop recovers by itself).`,
    },
    {
      id: "BeyondMaximum",
      name: "beyond-maximum",
      metric: "BeyondMaximum",
      ...spanPeriods(BEYOND_MAXIMUM_SECONDS),
      description: (loop, minutes) =>
        `For ${minutes} minutes jobs of ${loop} have needed more instances than a group's maximum allows. Raise the maximum size of the groups that "scalers" names in the log of Compute capacity, or accept the wait.`,
    },
    {
      id: "RefusedScalings",
      name: "refused-scalings",
      metric: "RefusedScalings",
      ...REFUSED,
      description: (loop) =>
        `AWS has repeatedly refused to set the desired capacity of a group of ${loop}. The field "refused" in the log of Apply scaling has the reason: permissions (deploy again), throttling (find other callers of Auto Scaling in this account), limits that were changed in the meantime, or a group that was deleted (correct scalers.yml).`,
    },
  ];
}

function createAlarm(alarm: LoopAlarm, loop: LoopInput, settings: AlarmSettings) {
  const { prefix, actions, periodSeconds } = settings;
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      // The dot separates stage and loop: stage `a` with loop `b-c` is not stage `a-b` with loop `c`.
      AlarmName: `${prefix}-${alarm.name}.${loop.name}`,
      AlarmDescription: alarm.description(loop.name, (alarm.periods * periodSeconds) / 60),
      Namespace: NAMESPACE,
      MetricName: alarm.metric,
      Dimensions: [{ Name: "Loop", Value: loop.name }],
      Statistic: "Sum",
      Period: periodSeconds,
      EvaluationPeriods: alarm.outOf,
      DatapointsToAlarm: alarm.periods,
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      TreatMissingData: "notBreaching",
      AlarmActions: actions,
    },
  };
}
