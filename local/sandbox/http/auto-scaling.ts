import { XMLBuilder } from "fast-xml-parser";
import type { World, WorldGroup } from "../../../simulation/fleet/world.ts";
import type { Answer, Call, IncomingRequest } from "./exchange.ts";

const NAMESPACE = "http://autoscaling.amazonaws.com/doc/2011-01-01/";

/** Parses a request of the Query protocol; undefined if it is another kind of request. */
export function parseAutoScalingCall({ body, headers }: IncomingRequest): Call | undefined {
  if (!headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) return undefined;
  const form = new URLSearchParams(body);
  const action = form.get("Action") ?? "";
  return { service: "AutoScaling", action, subject: form.get("AutoScalingGroupName") ?? "" };
}

/**
 * Answers DescribeAutoScalingGroups, DescribePolicies, SetDesiredCapacity, CreateOrUpdateTags and
 * TerminateInstanceInAutoScalingGroup.
 */
export function answerAutoScaling(
  { body }: IncomingRequest,
  { action }: Call,
  world: World,
): Answer {
  const form = new URLSearchParams(body);
  if (action === "DescribeAutoScalingGroups") return describeGroups(form, world);
  if (action === "DescribePolicies") return describePolicies(form, world);
  if (action === "SetDesiredCapacity") return setDesiredCapacity(form, world);
  if (action === "CreateOrUpdateTags") return setTags(form, world);
  if (action === "TerminateInstanceInAutoScalingGroup") return terminateInstances(form, world);
  return xmlErrorAnswer(
    "InvalidAction",
    `Could not find operation ${action} for version 2011-01-01`,
  );
}

const xml = new XMLBuilder({ ignoreAttributes: false, suppressEmptyNode: true });

/** Returns an answer of the Query protocol. */
export function xmlAnswer(action: string, result: object): Answer {
  const document = {
    [`${action}Response`]: {
      "@_xmlns": NAMESPACE,
      [`${action}Result`]: result,
      ResponseMetadata: { RequestId: REQUEST_ID },
    },
  };
  return { status: 200, headers: { "content-type": "text/xml" }, body: xml.build(document) };
}

const REQUEST_ID = "00000000-0000-4000-8000-000000000000";

/** Returns an error of the Query protocol. */
export function xmlErrorAnswer(code: string, message: string, status = 400): Answer {
  const document = {
    ErrorResponse: {
      "@_xmlns": NAMESPACE,
      Error: { Type: status < 500 ? "Sender" : "Receiver", Code: code, Message: message },
      RequestId: REQUEST_ID,
    },
  };
  return { status, headers: { "content-type": "text/xml" }, body: xml.build(document) };
}

const DEFAULT_PAGE = 50;

/** Returns one page, and the token of the next one: the index of its first item. */
function takePage<Item>(form: URLSearchParams, items: readonly Item[]) {
  const from = Number(form.get("NextToken") ?? 0);
  const until = from + Number(form.get("MaxRecords") ?? DEFAULT_PAGE);
  return {
    page: items.slice(from, until),
    next: until < items.length ? { NextToken: String(until) } : {},
  };
}

/** As on AWS, groups that do not exist are omitted. */
function describeGroups(form: URLSearchParams, world: World): Answer {
  const names = listMembers(form, "AutoScalingGroupNames");
  const wanted = names.length === 0 ? world.groupNames() : names;
  const groups = wanted.map((name) => world.group(name)).filter((group) => group !== undefined);
  const { page, next } = takePage(form, groups);
  return xmlAnswer("DescribeAutoScalingGroups", {
    AutoScalingGroups: { member: page.map(toGroupXml) },
    ...next,
  });
}

function describePolicies(form: URLSearchParams, world: World): Answer {
  const name = form.get("AutoScalingGroupName") ?? "";
  const names = world.group(name)?.setup?.policies ?? [];
  const member = names.map((PolicyName) => ({ PolicyName, AutoScalingGroupName: name }));
  return xmlAnswer("DescribePolicies", { ScalingPolicies: { member } });
}

function listMembers(form: URLSearchParams, list: string): string[] {
  const prefix = `${list}.member.`;
  return [...form].filter(([key]) => key.startsWith(prefix)).map(([, value]) => value);
}

function toGroupXml({ name, min, max, desired, instances, tags, setup = {} }: WorldGroup) {
  const { suspendedProcesses = [], isProtected = false, zones = [], status } = setup;
  return {
    AutoScalingGroupName: name,
    ...(status === undefined ? {} : { Status: status }),
    NewInstancesProtectedFromScaleIn: isProtected,
    AvailabilityZones: { member: zones },
    SuspendedProcesses: { member: suspendedProcesses.map((ProcessName) => ({ ProcessName })) },
    MinSize: min,
    MaxSize: max,
    DesiredCapacity: desired,
    Instances: {
      member: instances.map(({ id, lifecycleState }) => ({
        InstanceId: id,
        LifecycleState: lifecycleState,
        HealthStatus: "Healthy",
        ProtectedFromScaleIn: isProtected,
      })),
    },
    Tags: {
      member: [...tags].map(([key, value]) => ({
        ResourceId: name,
        ResourceType: "auto-scaling-group",
        Key: key,
        Value: value,
        PropagateAtLaunch: false,
      })),
    },
  };
}

/** Every group of the sandbox is in its own cooldown, so a call that honours it is refused. */
function setDesiredCapacity(form: URLSearchParams, world: World): Answer {
  const name = form.get("AutoScalingGroupName") ?? "";
  const desired = Number(form.get("DesiredCapacity"));
  const group = world.group(name);
  if (group === undefined) return missingGroupAnswer(name);
  if (desired > group.max) return outOfBoundsAnswer(desired, "above max", group.max);
  if (desired < group.min) return outOfBoundsAnswer(desired, "below min", group.min);
  if (form.get("HonorCooldown") === "true") {
    return xmlErrorAnswer("ScalingActivityInProgress", `${name} is in its cooldown`);
  }
  world.setDesiredCapacity(name, desired);
  return xmlAnswer("SetDesiredCapacity", {});
}

function setTags(form: URLSearchParams, world: World): Answer {
  const tags = readTags(form);
  const missing = tags.find(({ group }) => world.group(group) === undefined);
  if (missing !== undefined) return missingGroupAnswer(missing.group);
  for (const { group, key, value } of tags) world.setTag(group, key, value);
  return xmlAnswer("CreateOrUpdateTags", {});
}

function readTags(form: URLSearchParams) {
  const tags: { group: string; key: string; value: string }[] = [];
  for (let index = 1; form.has(`Tags.member.${index}.Key`); index++) {
    const read = (field: string) => form.get(`Tags.member.${index}.${field}`) ?? "";
    tags.push({ group: read("ResourceId"), key: read("Key"), value: read("Value") });
  }
  return tags;
}

const MOST_TERMINATIONS = 100;

function terminateInstances(form: URLSearchParams, world: World): Answer {
  const name = form.get("AutoScalingGroupName") ?? "";
  const ids = listMembers(form, "InstanceIds");
  const decrement = form.get("ShouldDecrementDesiredCapacity") === "true";
  const group = world.group(name);
  if (group === undefined) return missingGroupAnswer(name);
  if (ids.length > MOST_TERMINATIONS) return tooManyInstancesAnswer(ids.length);
  const missing = ids.find((id) => !group.instances.some((instance) => instance.id === id));
  if (missing !== undefined) return missingInstanceAnswer(missing);
  try {
    world.terminateInstances(name, ids, decrement);
  } catch (error) {
    if (error instanceof RangeError) return belowMinAnswer(group);
    throw error;
  }
  return xmlAnswer("TerminateInstanceInAutoScalingGroup", {});
}

function tooManyInstancesAnswer(count: number): Answer {
  const message = `You can specify up to ${MOST_TERMINATIONS} instances, not ${count}.`;
  return xmlErrorAnswer("ValidationError", message);
}

function missingInstanceAnswer(id: string): Answer {
  const message = `Instance Id not found - No managed instance found for instance ID: ${id}`;
  return xmlErrorAnswer("ValidationError", message);
}

function belowMinAnswer({ min }: WorldGroup): Answer {
  const message = `Currently, desiredSize equals minSize (${min}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`;
  return xmlErrorAnswer("ValidationError", message);
}

function outOfBoundsAnswer(desired: number, comparison: string, limit: number): Answer {
  const message = `New SetDesiredCapacity value ${desired} is ${comparison} value ${limit} for the AutoScalingGroup.`;
  return xmlErrorAnswer("ValidationError", message);
}

function missingGroupAnswer(name: string): Answer {
  const message = `AutoScalingGroup name not found - AutoScalingGroup: ${name} not found`;
  return xmlErrorAnswer("ValidationError", message);
}
