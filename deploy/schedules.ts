import type { LoopInput } from "../config/loops.ts";
import { attribute, type Resources, ref, toLogicalIdPart } from "./cloudformation.ts";
import { type EventLoop, eventQueueId } from "./events.ts";

/** At minutes that are multiples of three. The slots of functions/core/slot.ts assume this schedule. */
const EVERY_THREE_MINUTES = "cron(0/3 * * * ? *)";

/** EventBridge Scheduler replaces this by the scheduled time. */
const SCHEDULED_TIME = "<aws.scheduler.scheduled-time>";

/**
 * A failed start is retried for a minute, the shortest time that AWS allows: the loop then still has
 * most of its slot.
 */
const RETRY = { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 3 };

/** Builds a schedule for each loop, named after it. `needs` are the logical ids to create first. */
export function buildSchedules(
  loops: readonly LoopInput[],
  eventLoops: readonly EventLoop[],
  needs: string[],
): Resources {
  const listening = new Set(eventLoops.map(({ loop }) => loop.name));
  return Object.fromEntries(
    loops.map((loop) => [
      `Schedule${toLogicalIdPart(loop.name)}`,
      {
        Type: "AWS::Scheduler::Schedule",
        DependsOn: needs,
        Properties: {
          Name: loop.name,
          GroupName: ref("ScheduleGroup"),
          ScheduleExpression: EVERY_THREE_MINUTES,
          FlexibleTimeWindow: { Mode: "OFF" },
          Target: {
            Arn: ref("ScalingLoop"),
            RoleArn: attribute("ScheduleRole", "Arn"),
            Input: listening.has(loop.name) ? addQueueUrl(loop) : formatInput(loop),
            RetryPolicy: RETRY,
            DeadLetterConfig: { Arn: attribute("MissedLoops", "Arn") },
          },
        },
      },
    ]),
  );
}

/** JSON without `${`, which Serverless would take for a variable. */
function formatInput(loop: LoopInput): string {
  return JSON.stringify({ scheduledAt: SCHEDULED_TIME, ...loop }).replaceAll("${", "\\u0024{");
}

/** The input with the URL of the loop's queue, which only AWS knows. */
function addQueueUrl(loop: LoopInput) {
  const open = formatInput(loop).slice(0, -1);
  return {
    "Fn::Join": ["", [`${open},"events":{"queueUrl":"`, ref(eventQueueId(loop.name)), '"}}']],
  };
}
