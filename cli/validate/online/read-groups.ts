import {
  AutoScalingClient,
  paginateDescribeAutoScalingGroups,
  paginateDescribePolicies,
} from "@aws-sdk/client-auto-scaling";
import * as v from "valibot";
import { CLIENT_LIMITS, toAwsFault } from "../../../functions/clients/aws-faults.ts";

/** What the checks need of a group. */
const groupSchema = v.object({
  AutoScalingGroupName: v.string(),
  MinSize: v.number(),
  MaxSize: v.number(),
  Status: v.optional(v.string()),
  NewInstancesProtectedFromScaleIn: v.optional(v.boolean(), false),
  AvailabilityZones: v.optional(v.array(v.string()), []),
  SuspendedProcesses: v.optional(v.array(v.object({ ProcessName: v.string() })), []),
  Instances: v.optional(
    v.array(
      v.object({
        InstanceId: v.string(),
        LifecycleState: v.string(),
        ProtectedFromScaleIn: v.optional(v.boolean(), false),
      }),
    ),
    [],
  ),
});

/** {@link groupSchema} */
export type OnlineGroup = v.InferOutput<typeof groupSchema>;

/** Reads all groups of the region, so that a wrong name has its nearest right one. @throws NamedFault */
export async function readAllGroups(): Promise<OnlineGroup[]> {
  const client = new AutoScalingClient(CLIENT_LIMITS);
  return await readPages(async () => {
    const groups: OnlineGroup[] = [];
    for await (const page of paginateDescribeAutoScalingGroups({ client, pageSize: 100 }, {}))
      groups.push(...v.parse(v.array(groupSchema), page.AutoScalingGroups ?? []));
    return groups;
  });
}

/** Reads the names of a group's scaling policies. @throws NamedFault */
export async function readPolicyNames(group: string): Promise<string[]> {
  const client = new AutoScalingClient(CLIENT_LIMITS);
  const input = { AutoScalingGroupName: group };
  return await readPages(async () => {
    const names: string[] = [];
    for await (const { ScalingPolicies = [] } of paginateDescribePolicies({ client }, input))
      names.push(...ScalingPolicies.map(({ PolicyName = "a policy" }) => PolicyName));
    return names;
  });
}

async function readPages<T>(read: () => Promise<T>): Promise<T> {
  return await read().catch((error: unknown) => {
    throw toAwsFault("AutoScaling", error);
  });
}
