import {
  AutoScalingClient,
  type AutoScalingGroup,
  AutoScalingServiceException,
  CreateOrUpdateTagsCommand,
  DescribeAutoScalingGroupsCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import * as v from "valibot";
import type { FactsFault } from "../core/facts.ts";
import { errorMessage, NamedFault, toFault } from "../core/faults.ts";
import type { GroupState } from "../core/graceful/select-facts.ts";
import { TIMES_TAG } from "../core/group-times.ts";
import { formatProblems } from "../core/problems.ts";
import { textSchema, toProblems, wholeNumberSchema } from "../core/schema-helpers.ts";
import { CLIENT_LIMITS, toAwsFault } from "./aws-faults.ts";
import { checkAnswers, invalidAnswer } from "./check-answers.ts";

const client = checkAnswers(new AutoScalingClient(CLIENT_LIMITS));

/** One attempt: an attempt without an answer may have lowered desired capacity, and a second one would again. */
const singleAttemptClient = checkAnswers(
  new AutoScalingClient({ ...CLIENT_LIMITS, maxAttempts: 1 }),
);

/** The most names in one call of DescribeAutoScalingGroups, and the most groups in its answer. */
const NAMES_PER_CALL = 100;

/**
 * Reads the state of every group, by name. A group that does not exist, that is being deleted or whose
 * state makes no sense has a fault in its place.
 * @throws NamedFault AutoScalingThrottled, AutoScalingAccessDenied, AutoScalingInvalidAnswer,
 * AutoScalingUnavailable
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
  return Object.fromEntries(names.map((name) => [name, readState(groups.get(name), name, region)]));
}

/** One page is the rule, because no call names more groups than a page holds. AWS promises no such thing. */
const MOST_PAGES = 10;

async function describeGroups(
  names: readonly string[],
  signal: AbortSignal,
): Promise<AutoScalingGroup[]> {
  const groups: AutoScalingGroup[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const command = new DescribeAutoScalingGroupsCommand({
      AutoScalingGroupNames: [...names],
      MaxRecords: NAMES_PER_CALL,
      NextToken,
    });
    const answer = await client.send(command, { abortSignal: signal }).catch(throwFault);
    // Without the list, every group would look missing.
    if (answer.AutoScalingGroups === undefined) throw invalidAnswer("it has no list of groups");
    groups.push(...answer.AutoScalingGroups);
    NextToken = answer.NextToken;
    if (!NextToken) return groups;
  }
  throw invalidAnswer(`it has more than ${MOST_PAGES} pages`);
}

function throwFault(error: unknown): never {
  throw toAwsFault("AutoScaling", error);
}

function readState(
  group: AutoScalingGroup | undefined,
  name: string,
  region: string,
): GroupState | FactsFault {
  if (group === undefined) return { fault: toFault(groupNotFound(name, region)) };
  const { Status = "" } = group;
  if (IN_DELETION.test(Status)) return { fault: toFault(groupBeingDeleted(name, Status)) };
  const parsed = v.safeParse(groupSchema, group);
  if (!parsed.success) {
    const problems = formatProblems(toProblems(parsed.issues, (path) => path));
    return { fault: toFault(invalidAnswer(`group ${name}: ${problems}`)) };
  }
  const { MinSize, MaxSize } = parsed.output;
  if (MinSize <= MaxSize) return toState(parsed.output);
  const contradiction = `group ${name}: MinSize ${MinSize} is above MaxSize ${MaxSize}`;
  return { fault: toFault(invalidAnswer(contradiction)) };
}

function groupNotFound(name: string, region: string): NamedFault {
  return new NamedFault("GroupNotFound", `there is no Auto Scaling group ${name} in ${region}`);
}

/** The only status that AWS documents, and its error about a group with that status. */
const IN_DELETION = /delete in progress|pending delete/i;

function groupBeingDeleted(name: string, why: string): NamedFault {
  return new NamedFault(
    "GroupBeingDeleted",
    `the Auto Scaling group ${name} is being deleted: ${why}`,
  );
}

/** What a poll needs of a group. The client does not check answers: a field may be missing, a number NaN. */
const groupSchema = v.object({
  MinSize: wholeNumberSchema(0),
  MaxSize: wholeNumberSchema(0),
  DesiredCapacity: wholeNumberSchema(0),
  Instances: v.array(v.object({ InstanceId: textSchema, LifecycleState: textSchema })),
  Tags: v.optional(
    v.array(v.object({ Key: v.optional(v.string()), Value: v.optional(v.string()) })),
  ),
});

function toState(group: v.InferOutput<typeof groupSchema>): GroupState {
  const { MinSize: min, MaxSize: max, DesiredCapacity: desired, Instances: instances } = group;
  const inService = instances.filter(({ LifecycleState }) => LifecycleState === "InService");
  const timesTag = group.Tags?.find(({ Key }) => Key === TIMES_TAG)?.Value;
  return {
    desired,
    min,
    max,
    inService: inService.length,
    pending: instances.filter(({ LifecycleState }) => LifecycleState.startsWith("Pending")).length,
    instances: inService.map(({ InstanceId }) => InstanceId),
    ...(timesTag === undefined ? {} : { timesTag }),
  };
}

/**
 * Sets a group's desired capacity. The value is absolute, so that setting it twice sets it once.
 * @throws NamedFault CapacityOutOfBounds (somebody changed min or max after the decision),
 * CapacityRefused, GroupNotFound, GroupBeingDeleted, AutoScalingThrottled, AutoScalingAccessDenied: it was
 * not set; AutoScalingUnavailable, AutoScalingInvalidAnswer: it may have been
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
  const attempts = watchAttempts(command);
  const region = await client.config.region();
  await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
    const fault = toCapacityFault(error, group, region);
    throw attempts.isOneUnanswered && !isUnanswered(error) ? toUnanswered(fault) : fault;
  });
}

/** Watches the attempts of a call: the client throws the error of the last one only. */
function watchAttempts(command: SetDesiredCapacityCommand): { isOneUnanswered: boolean } {
  const attempts = { isOneUnanswered: false };
  command.middlewareStack.add(
    (next) => (args) =>
      next(args).catch((error: unknown) => {
        attempts.isOneUnanswered ||= isUnanswered(error);
        throw error;
      }),
    { step: "deserialize", priority: "high" },
  );
  return attempts;
}

/** A refusal says nothing about the attempt before it. */
function toUnanswered({ message }: NamedFault): NamedFault {
  return new NamedFault(
    "AutoScalingUnavailable",
    `one attempt had no answer, and another one was refused: ${message}`,
  );
}

/**
 * Says whether a change may have been made. AWS's errors about the request prove that it was not; an
 * error without them (no answer, a failure of AWS) is AutoScalingUnavailable and proves nothing.
 */
function toCapacityFault(error: unknown, group: string, region: string): NamedFault {
  const fault = toAwsFault("AutoScaling", error);
  if (fault.name !== "AutoScalingUnavailable" || isUnanswered(error)) return fault;
  const message = errorMessage(error);
  if (/(above max|below min)/i.test(message)) {
    return new NamedFault(
      "CapacityOutOfBounds",
      `somebody changed the limits of ${group} meanwhile: ${message}`,
    );
  }
  if (IN_DELETION.test(message)) return groupBeingDeleted(group, message);
  if (/not found/i.test(message)) return groupNotFound(group, region);
  return new NamedFault("CapacityRefused", fault.message);
}

/**
 * Auto Scaling reports a pending update of the group as a failure of its own (500), but refuses the call.
 * The client has this name for the code `ResourceContention`.
 */
const PENDING_UPDATE = "ResourceContentionFault";

/** Whether a change whose call failed like this may have been made. */
function isUnanswered(error: unknown): boolean {
  const { name } = toAwsFault("AutoScaling", error);
  return (
    name === "AutoScalingInvalidAnswer" || (name === "AutoScalingUnavailable" && !isRefusal(error))
  );
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof AutoScalingServiceException)) return false;
  const { httpStatusCode: status = 0 } = error.$metadata;
  return (status >= 400 && status < 500) || error.name === PENDING_UPDATE;
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
    throw isGone
      ? new NamedFault("GroupNotFound", error.message)
      : toAwsFault("AutoScaling", error);
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
