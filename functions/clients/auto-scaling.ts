import {
  AutoScalingClient,
  type AutoScalingGroup,
  type Activity as AwsActivity,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  SetDesiredCapacityCommand,
} from "@aws-sdk/client-auto-scaling";
import type { GroupFacts, GroupFault } from "../core/facts.ts";
import { errorMessage, NamedFault } from "../core/faults.ts";
import { type Activity, findLastScalings } from "../core/history.ts";
import { CLIENT_LIMITS, toAwsFault } from "./aws-faults.ts";

const client = new AutoScalingClient(CLIENT_LIMITS);

/** AWS takes no more names in one call, and answers with no more groups. */
const NAMES_PER_CALL = 100;

/**
 * The state of every group, by name. A group that does not exist has a fault in its place.
 * @throws NamedFault AutoScalingThrottled, AutoScalingAccessDenied, AutoScalingUnavailable
 */
export async function readGroups(
  names: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, GroupFacts | GroupFault>> {
  const pages = Array.from({ length: Math.ceil(names.length / NAMES_PER_CALL) }, (_, page) =>
    names.slice(page * NAMES_PER_CALL, (page + 1) * NAMES_PER_CALL),
  );
  const answers = await Promise.all(pages.map((page) => describe(page, signal)));
  const found = new Map(answers.flat().map((group) => [group.AutoScalingGroupName, group]));
  const region = await client.config.region();
  return Object.fromEntries(
    names.map((name) => {
      const group = found.get(name);
      return [name, group === undefined ? { fault: missing(name, region) } : factsOf(group)];
    }),
  );
}

async function describe(
  names: readonly string[],
  signal: AbortSignal,
): Promise<AutoScalingGroup[]> {
  const command = new DescribeAutoScalingGroupsCommand({
    AutoScalingGroupNames: [...names],
    MaxRecords: NAMES_PER_CALL,
  });
  const answer = await client.send(command, { abortSignal: signal }).catch(refuse);
  return answer.AutoScalingGroups ?? [];
}

function refuse(error: unknown): never {
  throw toAwsFault("AutoScaling", error);
}

function missing(name: string, region: string) {
  return {
    error: "GroupNotFound",
    message: `there is no Auto Scaling group ${name} in ${region}`,
  };
}

function factsOf(group: AutoScalingGroup): GroupFacts {
  const states = (group.Instances ?? []).map((instance) => instance.LifecycleState ?? "");
  return {
    desired: group.DesiredCapacity ?? 0,
    min: group.MinSize ?? 0,
    max: group.MaxSize ?? 0,
    inService: states.filter((state) => state === "InService").length,
    pending: states.filter((state) => state.startsWith("Pending")).length,
  };
}

/**
 * Sets a group's desired capacity. Absolute, so doing it twice is harmless.
 * @throws NamedFault CapacityOutOfBounds (somebody changed min or max meanwhile), GroupNotFound,
 * AutoScalingThrottled, AutoScalingAccessDenied, AutoScalingUnavailable
 */
export async function setDesiredCapacity(
  group: string,
  desired: number,
  signal: AbortSignal,
): Promise<void> {
  const command = new SetDesiredCapacityCommand({
    AutoScalingGroupName: group,
    DesiredCapacity: desired,
    HonorCooldown: false,
  });
  const region = await client.config.region();
  await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
    throw refusedCapacity(error, group, region);
  });
}

/** AWS has one error for both a missing group and a capacity outside its limits: only the text differs. */
function refusedCapacity(error: unknown, group: string, region: string): NamedFault {
  const isValidation = error instanceof Error && error.name === "ValidationError";
  if (!isValidation) return toAwsFault("AutoScaling", error);
  if (/(above max|below min)/i.test(errorMessage(error))) {
    return new NamedFault(
      "CapacityOutOfBounds",
      `somebody changed the limits of ${group} meanwhile: ${errorMessage(error)}`,
    );
  }
  const { error: name, message } = missing(group, region);
  return /not found/i.test(errorMessage(error))
    ? new NamedFault(name, message)
    : toAwsFault("AutoScaling", error);
}

const PAGES = 3;

/**
 * When a group was last scaled each way, as far back as `since` (RFC 3339). At most three pages are read:
 * `complete` says whether those were enough, be it that there are no more or that both times are known.
 * @throws NamedFault AutoScalingThrottled, AutoScalingAccessDenied, AutoScalingUnavailable
 */
export async function readLastScalings(group: string, since: string, signal: AbortSignal) {
  const activities: Activity[] = [];
  let token: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const command = new DescribeScalingActivitiesCommand({
      AutoScalingGroupName: group,
      MaxRecords: 100,
      Filters: [{ Name: "StartTimeLowerBound", Values: [since] }],
      ...(token === undefined ? {} : { NextToken: token }),
    });
    const answer = await client.send(command, { abortSignal: signal }).catch(refuse);
    activities.push(...(answer.Activities ?? []).flatMap(activityOf));
    token = answer.NextToken;
    const last = findLastScalings(activities);
    const bothKnown = last.lastScaleInAt !== undefined && last.lastScaleOutAt !== undefined;
    if (token === undefined || bothKnown) return { last, complete: true };
  }
  return { last: findLastScalings(activities), complete: false };
}

function activityOf({ Cause, StartTime, StatusCode }: AwsActivity): Activity[] {
  if (Cause === undefined || StartTime === undefined) return [];
  return [{ cause: Cause, startedAt: StartTime.toISOString(), status: StatusCode ?? "" }];
}
