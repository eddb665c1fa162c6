import type { LoopInput } from "../config/loops.ts";
import { NAMESPACE } from "../functions/core/metrics.ts";
import { type Resources, toLogicalIdPart } from "./cloudformation.ts";

/** What all alarms have in common. */
export interface AlarmSettings {
  /** `<service>-<stage>`, with which every name begins. */
  prefix: string;
  /** SNS topics; none where nobody is to be told. */
  actions: readonly string[];
  periodSeconds: number;
}

/** An alarm on what the functions say of one loop. */
interface LoopAlarm {
  id: string;
  /** What the alarm's name has between the stage and the loop. */
  name: string;
  metric: string;
  /** Of the last so many periods, so many must have the metric. */
  periods: number;
  outOf: number;
  description(loop: string, minutes: number): string;
}

const HELD_SECONDS = 5 * 60;
const BEYOND_MAXIMUM_SECONDS = 15 * 60;

/** Three periods of five: one refusal that the next poll makes good wakes nobody. */
const REFUSED = { periods: 3, outOf: 5 };

/**
 * Data are written only when there is something to say, at least once in a period: so the period is
 * the whole minutes in which a poll is certain.
 */
export function alarmPeriodSeconds(pollIntervalSeconds: number): number {
  return Math.max(1, Math.ceil(pollIntervalSeconds / 60)) * 60;
}

/** The alarms on each loop. Their dimension is `Loop`. */
export function buildLoopAlarms(loops: readonly LoopInput[], settings: AlarmSettings): Resources {
  const alarms = alarmsFor(settings.periodSeconds);
  const entries = loops.flatMap((loop) =>
    alarms.map((alarm) => [
      `${alarm.id}${toLogicalIdPart(loop.name)}`,
      resourceOf(alarm, loop, settings),
    ]),
  );
  return Object.fromEntries(entries);
}

function alarmsFor(periodSeconds: number): LoopAlarm[] {
  const lasting = (seconds: number) => {
    const periods = Math.ceil(seconds / periodSeconds);
    return { periods, outOf: periods };
  };
  return [
    {
      id: "HeldPolls",
      name: "held-polls",
      metric: "HeldPolls",
      ...lasting(HELD_SECONDS),
      description: (loop, minutes) =>
        `For ${minutes} minutes every poll of ${loop} held groups as they are, because facts could not be had. The decisions of Compute capacity in the newest execution name the fault: a refused agent token (put a valid one into the parameter), a group that does not exist (mend scalers.yml), Buildkite or AWS not reachable (see their status pages; the loop goes on by itself).`,
    },
    {
      id: "BeyondMaximum",
      name: "beyond-maximum",
      metric: "BeyondMaximum",
      ...lasting(BEYOND_MAXIMUM_SECONDS),
      description: (loop, minutes) =>
        `For ${minutes} minutes jobs of ${loop} have needed more instances than a group's maximum allows. Raise the maximum size of the groups that "scalers" names in the log of Compute capacity, or live with the wait.`,
    },
    {
      id: "RefusedScalings",
      name: "refused-scalings",
      metric: "RefusedScalings",
      ...REFUSED,
      description: (loop) =>
        `AWS has refused again and again to set the desired capacity of a group of ${loop}. The field "refused" in the log of Apply scaling says why: permissions (deploy again), throttling (look for who else calls Auto Scaling in this account), limits that somebody changed meanwhile, or a group that is gone (mend scalers.yml).`,
    },
  ];
}

function resourceOf(alarm: LoopAlarm, loop: LoopInput, settings: AlarmSettings) {
  const { prefix, actions, periodSeconds } = settings;
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      // A stage has no dot, so stage `a` with loop `b-c` and stage `a-b` with loop `c` stay apart.
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
