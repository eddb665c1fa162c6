import assert from "node:assert/strict";
import * as v from "valibot";
import { TIMES_TAG } from "../../../functions/core/group-times.ts";
import { listPolls, runToEnd } from "../execution.ts";
import { findTexts } from "../inventory.ts";
import { DOCUMENTS, PREFIX, type Stage } from "../stage.ts";
import { createGroup, GRACEFUL, gracefulInput, readGroup } from "../world.ts";

/**
 * Checks of a graceful group. MiniStack's Run Command knows none of the instances of a group, and cannot
 * list invocations, so no instance answers a look: the loop has to keep the size of the group.
 */

const configurationSchema = v.object({
  Role: v.string(),
  Environment: v.optional(v.object({ Variables: v.record(v.string(), v.string()) })),
});

async function readConfiguration({ account }: Stage, name: string) {
  const answer = await account.read(
    "lambda",
    `/2015-03-31/functions/${PREFIX}-${name}/configuration`,
  );
  return v.parse(configurationSchema, answer);
}

/** Checks that the functions that send or read commands know the names of the documents, and no other. */
export async function checkDocumentNames(stage: Stage): Promise<void> {
  const known = {
    SSM_LOOK_DOCUMENT: `${DOCUMENTS}-look`,
    SSM_STOP_DOCUMENT: `${DOCUMENTS}-stop`,
  };
  for (const [name, expected] of [
    ["fetch-metrics", known],
    ["apply-scaling", known],
    ["compute-capacity", {}],
  ] as const) {
    const { Environment } = await readConfiguration(stage, name);
    const { AGENT_ENDPOINTS: _, ...documents } = Environment?.Variables ?? {};
    assert.deepEqual(documents, expected, name);
  }
}

const IAM_VERSION = "2010-05-08";

/** Reads the managed policies of a function's role, as one text. */
async function readPolicies(stage: Stage, name: string): Promise<string> {
  const query = (Action: string, parameters: Record<string, string>) =>
    stage.account.query("iam", IAM_VERSION, { Action, ...parameters });
  const { Role } = await readConfiguration(stage, name);
  const RoleName = Role.split("/").at(-1) ?? "";
  const attached = await query("ListAttachedRolePolicies", { RoleName });
  const documents = findTexts("PolicyArn", attached).map(async (PolicyArn) => {
    const [VersionId = ""] = findTexts("DefaultVersionId", await query("GetPolicy", { PolicyArn }));
    const version = await query("GetPolicyVersion", { PolicyArn, VersionId });
    return findTexts("Document", version).map(decodeURIComponent);
  });
  return (await Promise.all(documents)).flat().join("\n");
}

/** Checks that the roles may do what a graceful group needs, on the documents and this group only. */
export async function checkRoles(stage: Stage): Promise<void> {
  const { region } = stage.account;
  const apply = await readPolicies(stage, "apply-scaling");
  for (const expected of [
    "autoscaling:TerminateInstanceInAutoScalingGroup",
    "autoscaling:CreateOrUpdateTags",
    `arn:aws:ssm:${region}:000000000000:document/${DOCUMENTS}-look`,
    `arn:aws:ssm:${region}:000000000000:document/${DOCUMENTS}-stop`,
    `arn:aws:ec2:${region}:000000000000:instance/*`,
  ])
    assert.ok(apply.includes(expected), `${expected} is not in\n${apply}`);
  assert.match(apply, /"ssm:resourceTag\/aws:autoscaling:groupName": ?\[?"graceful"\]?/);
  assert.match(await readPolicies(stage, "fetch-metrics"), /ssm:ListCommandInvocations/);
}

const JOBS = 3;

/** Checks that a scale-out leaves its time and the desired capacity in the group's tag. */
export async function checkTimesTag(stage: Stage): Promise<void> {
  await createGroup(stage, GRACEFUL, 10);
  stage.world.setQueue(GRACEFUL, { scheduled: JOBS });
  const { status } = await runToEnd(stage, { ...gracefulInput(stage), slotSeconds: 0 });
  assert.equal(status, "SUCCEEDED");
  const { DesiredCapacity, Tags = [] } = await readGroup(stage, GRACEFUL);
  assert.equal(DesiredCapacity, JOBS);
  assert.deepEqual(
    Tags.map(({ Key, PropagateAtLaunch }) => ({ Key, PropagateAtLaunch })),
    [{ Key: TIMES_TAG, PropagateAtLaunch: false }],
  );
  assert.match(await readTimes(stage), /^in=\S+ out=\S+ desired=3$/);
}

async function readTimes(stage: Stage): Promise<string> {
  const { Tags = [] } = await readGroup(stage, GRACEFUL);
  return Tags.find(({ Key }) => Key === TIMES_TAG)?.Value ?? "";
}

/** Long enough for three polls, at 0, 10 and 20 s. The first one looks. */
const SLOT_SECONDS = 25;

/**
 * Checks that an execution finds a surplus, that the next one knows of it from the tag and looks, and
 * that the group keeps its size, because Run Command knows none of its instances.
 */
export async function checkSurplus(stage: Stage): Promise<void> {
  stage.world.setQueue(GRACEFUL, { idle: JOBS });
  const [first = ""] = await listReasons(stage, 0);
  assert.match(first, /surplus has to last for a second poll/);
  const since = /surplus=\S+/.exec(await readTimes(stage))?.[0];
  assert.ok(since !== undefined);

  const [look = "", wait = ""] = await listReasons(stage, SLOT_SECONDS);
  assert.match(look, /looking at 3 instances/);
  assert.match(wait, /waiting for the instances' answers/);
  assert.ok((await readTimes(stage)).includes(since), "the surplus is the same one");
  assert.equal((await readGroup(stage, GRACEFUL)).DesiredCapacity, JOBS);
}

/** Runs an execution to its end. Returns the reasons of each poll. */
async function listReasons(stage: Stage, slotSeconds: number): Promise<string[]> {
  const { status, visits } = await runToEnd(stage, { ...gracefulInput(stage), slotSeconds });
  assert.equal(status, "SUCCEEDED");
  return listPolls(visits).map(({ decisions: [decision] }) => {
    assert.deepEqual([decision?.action, decision?.fault], ["scale-in", undefined]);
    return decision?.reasons.join("; ") ?? "";
  });
}
