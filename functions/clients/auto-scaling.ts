import {
  AutoScalingClient,
  type AutoScalingGroup,
  CreateOrUpdateTagsCommand,
  DescribeAutoScalingGroupsCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import type { FactsFault, Fault } from "../core/facts.ts";
import { errorMessage, NamedFault } from "../core/faults.ts";
import type { GroupState } from "../core/graceful/select-facts.ts";
import { TIMES_TAG } from "../core/group-times.ts";
import { CLIENT_LIMITS, toAwsFault } from "./aws-faults.ts";

const client = new AutoScalingClient(CLIENT_LIMITS);

/** One attempt: an attempt without an answer may have lowered desired capacity, and a second one would again. */
const singleAttemptClient = new AutoScalingClient({ ...CLIENT_LIMITS, maxAttempts: 1 });

/** The most names in one call of DescribeAutoScalingGroups, and the most groups in its answer. */
const NAMES_PER_CALL = 100;

/**
 * Reads the state of every group, by name. A group that does not exist has a fault in its place.
 * @throws NamedFault AutoScalingThrottled, AutoScalingAccessDenied, AutoScalingUnavailable
 */
export async function readGroups(
  names: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, GroupState | FactsFault>> {
  const pages = Array.from({ length: Math.ceil(names.length / NAMES_PER_CALL) }, (_, page) =>
    names.slice(page * NAMES_PER_CALL, (page + 1) * NAMES_PER_CALL),
  );
  const answers = await Promise.all(pages.map((page) => describeGroups(page, signal)));
  const groups = new Map(answers.flat().map((group) => [group.AutoScalingGroupName, group]));
  const region = await client.config.region();
  return Object.fromEntries(
    names.map((name) => {
      const group = groups.get(name);
      return [name, group === undefined ? { fault: groupNotFound(name, region) } : toState(group)];
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

function toState(group: AutoScalingGroup): GroupState {
  const instances = group.Instances ?? [];
  const inService = instances.filter(({ LifecycleState }) => LifecycleState === "InService");
  const timesTag = group.Tags?.find(({ Key }) => Key === TIMES_TAG)?.Value;
  return {
    desired: group.DesiredCapacity ?? 0,
    min: group.MinSize ?? 0,
    max: group.MaxSize ?? 0,
    inService: inService.length,
    pending: instances.filter(({ LifecycleState }) => LifecycleState?.startsWith("Pending")).length,
    instances: inService.flatMap(({ InstanceId }) => InstanceId ?? []),
    ...(timesTag === undefined ? {} : { timesTag }),
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

/** A tag of a group. */
export interface GroupTag {
  group: string;
  value: string;
}

/**
 * Writes the times of some groups into their tags, in one call. The tags are not propagated to instances.
 * @throws NamedFault GroupNotFound (one of them is gone, and nothing was written), AutoScalingThrottled, AutoScalingAccessDenied, AutoScalingUnavailable
 */
export async function writeTimesTags(
  tags: readonly GroupTag[],
  signal: AbortSignal,
): Promise<void> {
  const command = new CreateOrUpdateTagsCommand({
    Tags: tags.map(({ group, value }) => ({
      ResourceId: group,
      ResourceType: "auto-scaling-group",
      Key: TIMES_TAG,
      Value: value,
      PropagateAtLaunch: false,
    })),
  });
  await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
    const isGone = error instanceof Error && /not found/i.test(error.message);
    throw isGone ? new NamedFault(NOT_FOUND, error.message) : toAwsFault("AutoScaling", error);
  });
}

/**
 * Ends some instances of a group, at most 100. With `decrement`, desired capacity falls with them; without,
 * Auto Scaling replaces them.
 * @throws NamedFault AutoScalingThrottled, AutoScalingAccessDenied, AutoScalingUnavailable
 */
export async function terminateInstances(
  group: string,
  instances: readonly string[],
  decrement: boolean,
  signal: AbortSignal,
): Promise<void> {
  const command = new TerminateInstanceInAutoScalingGroupCommand({
    AutoScalingGroupName: group,
    InstanceIds: [...instances],
    ShouldDecrementDesiredCapacity: decrement,
  });
  await singleAttemptClient.send(command, { abortSignal: signal }).catch(throwFault);
}
