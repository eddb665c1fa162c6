import { clusterName, type LoopInput } from "../../../config/loops.ts";
import {
  type ExecutionInput,
  parseExecutionInput,
} from "../../../functions/core/execution-input.ts";
import type { Scaler } from "../../../functions/core/scaler.ts";
import { checkGroup, listInService, missingGroup } from "./check-group.ts";
import { checkInstances } from "./check-instances.ts";
import { checkPermissions } from "./check-permissions.ts";
import { checkEncryption, checkToken } from "./check-token.ts";
import { type Finding, toFinding } from "./finding.ts";
import { type OnlineGroup, readAllGroups, readPolicyNames } from "./read-groups.ts";

/** Where the loops are going to be deployed. */
export interface OnlinePlace {
  region: string;
  stage: string;
}

/**
 * Checks loops against Buildkite and AWS as they are, and yields each result as it arrives. It only
 * reads. The environment has to name a region and credentials.
 */
export async function* checkOnline(
  loops: readonly LoopInput[],
  { region, stage }: OnlinePlace,
): AsyncGenerator<Finding> {
  const inputs = loops.map(parseExecutionInput);
  for (const input of inputs) {
    const where = clusterName(input.name);
    yield* await checkToken(where, input);
    const { agentTokenParameter } = input;
    yield* await attempt(where, () => checkEncryption(where, agentTokenParameter));
  }
  yield* checkGroups(inputs, region);
  yield await checkPermissions(region, stage);
}

/** Returns what a check finds, or the finding that it failed. */
async function attempt(where: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  return await check().catch((error: unknown) => [toFinding(where, error)]);
}

async function* checkGroups(
  inputs: readonly ExecutionInput[],
  region: string,
): AsyncGenerator<Finding> {
  const all = await readAllGroups().catch((error: unknown) => toFinding(region, error));
  if ("level" in all) return yield all;
  const byName = new Map(all.map((group) => [group.AutoScalingGroupName, group]));
  for (const { name, scalers } of inputs)
    for (const scaler of scalers) {
      const where = `${clusterName(name)}: ${scaler.group}`;
      const group = byName.get(scaler.group);
      if (group === undefined) yield missingGroup(where, scaler, all, region);
      else yield* await attempt(where, () => checkExistingGroup(where, scaler, group));
    }
}

async function checkExistingGroup(
  where: string,
  scaler: Scaler,
  group: OnlineGroup,
): Promise<Finding[]> {
  const policies = await readPolicyNames(scaler.group);
  const findings = checkGroup(where, { scaler, group, policies });
  if (!scaler.scaleIn.graceful) return findings;
  const ids = listInService(group);
  return [...findings, ...(await attempt(where, () => checkInstances(where, ids)))];
}
