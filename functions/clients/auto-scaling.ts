import {
  AutoScalingClient,
  type AutoScalingGroup,
  type Activity as AwsActivity,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  SetDesiredCapacityCommand,
} from "@aws-sdk/client-auto-scaling";
import type { Fault, GroupFacts, GroupFault } from "../core/facts.ts";
import { errorMessage, NamedFault } from "../core/faults.ts";
import { type Activity, findLastScalings } from "../core/memory.ts";
import { CLIENT_LIMITS, toAwsFault } from "./aws-faults.ts";

const client = new AutoScalingClient(CLIENT_LIMITS);

/** The most names in one call of DescribeAutoScalingGroups, and the most groups in its answer. */
const NAMES_PER_CALL = 100;

/**
 * Reads the state of every group, by name. A group that does not exist has a fault in its place.
 * @throws NamedFault AutoScalingThrottled, AutoScalingAccessDenied, AutoScalingUnavailable
 */
export async function readGroups(
  names: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, GroupFacts | GroupFault>> {
  const pages = Array.from({ length: Math.ceil(names.length / NAMES_PER_CALL) }, (_, page) =>
    names.slice(page * NAMES_PER_CALL, (page + 1) * NAMES_PER_CALL),
  );
  const answers = await Promise.all(pages.map((page) => describeGroups(page, signal)));
  const groups = new Map(answers.flat().map((group) => [group.AutoScalingGroupName, group]));
  const region = await client.config.region();
  return Object.fromEntries(
    names.map((name) => {
      const group = groups.get(name);
      return [name, group === undefined ? { fault: groupNotFound(name, region) } : toFacts(group)];
    }),
  );
}

async function describeGroups(
  names: readonly string[],
  signal: AbortSignal,
): Promise<AutoScalingGroup[]> {
  const command = new DescribeAutoScalingGroupsCommand({
    AutoScalingGroupNames: [...names],
    MaxRecords: NAMES_PER_CALL,
  });
  const answer = await client.send(command, { abortSignal: signal }).catch(throwFault);
  return answer.AutoScalingGroups ?? [];
}

function throwFault(error: unknown): never {
  throw toAwsFault("AutoScaling", error);
}

const NOT_FOUND = "GroupNotFound";

function groupNotFound(name: string, region: string): Fault {
  return { error: NOT_FOUND, message: `there is no Auto Scaling group ${name} in ${region}` };
}

function toFacts(group: AutoScalingGroup): GroupFacts {
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
 * Sets a group's desired capacity. The value is absolute, so that setting it twice sets it once.
 * @throws NamedFault CapacityOutOfBounds (somebody changed min or max after the decision),
 * GroupNotFound, AutoScalingThrottled, AutoScalingAccessDenied, AutoScalingUnavailable
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
    throw toCapacityFault(error, group, region);
  });
}

/** AWS has one error for a missing group and for a capacity outside min and max: only the texts differ. */
function toCapacityFault(error: unknown, group: string, region: string): NamedFault {
  const isValidation = error instanceof Error && error.name === "ValidationError";
  if (!isValidation) return toAwsFault("AutoScaling", error);
  if (/(above max|below min)/i.test(errorMessage(error))) {
    return new NamedFault(
      "CapacityOutOfBounds",
      `somebody changed the limits of ${group} meanwhile: ${errorMessage(error)}`,
    );
  }
  return /not found/i.test(errorMessage(error))
    ? new NamedFault(NOT_FOUND, groupNotFound(group, region).message)
    : toAwsFault("AutoScaling", error);
}

const PAGES = 3;

/**
 * Reads when a group was last scaled in each direction, back to `since` (RFC 3339), in at most three
 * pages. `complete` is true if there are no more pages, or if both times are known.
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
    const answer = await client.send(command, { abortSignal: signal }).catch(throwFault);
    activities.push(...(answer.Activities ?? []).flatMap(toActivity));
    token = answer.NextToken;
    const last = findLastScalings(activities);
    const bothKnown = last.lastScaleInAt !== undefined && last.lastScaleOutAt !== undefined;
    if (token === undefined || bothKnown) return { last, complete: true };
  }
  return { last: findLastScalings(activities), complete: false };
}

function toActivity({ Cause, StartTime, StatusCode }: AwsActivity): Activity[] {
  if (Cause === undefined || StartTime === undefined) return [];
  return [{ cause: Cause, startedAt: StartTime.toISOString(), status: StatusCode ?? "" }];
}
