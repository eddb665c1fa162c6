import type { LoopInput } from "../config/loops.ts";
import { attribute, type Resources, ref, toLogicalIdPart } from "./cloudformation.ts";

/** Aligned to the clock; the slots of functions/core/slot.ts are made for it. */
const EVERY_FOUR_MINUTES = "cron(0/4 * * * ? *)";

/** EventBridge Scheduler puts the time that it meant in the place of this. */
const SCHEDULED_TIME = "<aws.scheduler.scheduled-time>";

/**
 * A start that fails is tried again for a minute, the shortest age that AWS takes: the loop still
 * has most of its slot, and after that the next one is near.
 */
const RETRY = { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 3 };

/** One schedule for each loop, named after it, which starts only once `permissions` are there. */
export function buildSchedules(loops: readonly LoopInput[], permissions: string[]): Resources {
  return Object.fromEntries(
    loops.map((loop) => [
      `Schedule${toLogicalIdPart(loop.name)}`,
      {
        Type: "AWS::Scheduler::Schedule",
        DependsOn: permissions,
        Properties: {
          Name: loop.name,
          GroupName: ref("ScheduleGroup"),
          ScheduleExpression: EVERY_FOUR_MINUTES,
          FlexibleTimeWindow: { Mode: "OFF" },
          Target: {
            Arn: ref("ScalingLoop"),
            RoleArn: attribute("ScheduleRole", "Arn"),
            Input: inputOf(loop),
            RetryPolicy: RETRY,
            DeadLetterConfig: { Arn: attribute("MissedLoops", "Arn") },
          },
        },
      },
    ]),
  );
}

/** As JSON in which no `${` stands: to Serverless that would be a variable. */
function inputOf(loop: LoopInput): string {
  return JSON.stringify({ scheduledAt: SCHEDULED_TIME, ...loop }).replaceAll("${", "\\u0024{");
}
