import { plural } from "../../../functions/core/plural.ts";
import { findNearestName } from "../../../functions/core/problems.ts";
import type { Scaler } from "../../../functions/core/scaler.ts";
import type { Finding } from "./finding.ts";
import type { OnlineGroup } from "./read-groups.ts";

/** One scaler, and its group as it is. */
export interface GroupToCheck {
  scaler: Scaler;
  group: OnlineGroup;
  /** Names of scaling policies, which would set the same group. */
  policies: readonly string[];
}

type Check = (checked: GroupToCheck) => Omit<Finding, "where">[];

const CHECKS: readonly Check[] = [
  checkDeletion,
  checkLimits,
  checkSuspendedProcesses,
  checkRebalancing,
  checkProtection,
  checkPolicies,
];

/** Checks a group that exists. Returns what is wrong, or that nothing is. */
export function checkGroup(where: string, checked: GroupToCheck): Finding[] {
  const findings = CHECKS.flatMap((check) => check(checked));
  const { MinSize, MaxSize } = checked.group;
  const count = plural(listInService(checked.group).length, "instance");
  const ok: Finding = {
    level: "ok",
    where,
    what: `${count} in service, min ${MinSize}, max ${MaxSize}`,
  };
  return [
    ...findings.map((finding) => ({ where, ...finding })),
    ...(findings.some(({ level }) => level === "error") ? [] : [ok]),
  ];
}

/** Returns the finding for a group that does not exist. */
export function missingGroup(
  where: string,
  { group }: Scaler,
  all: readonly OnlineGroup[],
  region: string,
): Finding {
  const names = all.map(({ AutoScalingGroupName }) => AutoScalingGroupName);
  const nearest = findNearestName(group, names);
  const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
  const what = `there is no Auto Scaling group ${group} in ${region}${hint}; correct group or --region`;
  return { level: "error", where, what };
}

/** The ids of the instances that are in service. */
export function listInService({ Instances }: OnlineGroup): string[] {
  return Instances.filter(({ LifecycleState }) => LifecycleState === "InService").map(
    ({ InstanceId }) => InstanceId,
  );
}

function checkDeletion({ group: { Status } }: GroupToCheck): Omit<Finding, "where">[] {
  if (Status === undefined) return [];
  return [{ level: "error", what: `is being deleted (${Status}); remove it from the file` }];
}

function checkLimits({ group, scaler }: GroupToCheck): Omit<Finding, "where">[] {
  const { MinSize: min, MaxSize: max } = group;
  if (max === 0)
    return [{ level: "error", what: "has the maximum size 0; raise it, or nothing is launched" }];
  if (min === max)
    return [
      { level: "warning", what: `min and max are both ${min}, so it never changes its size` },
    ];
  const { maxInstanceCap: cap } = scaler;
  if (cap > 0 && cap < min)
    return [
      {
        level: "warning",
        what: `maxInstanceCap ${cap} is below the minimum size ${min}, which applies`,
      },
    ];
  return [];
}

/** Without these processes a new desired capacity has no effect. */
const NEEDED: Readonly<Record<string, string>> = {
  Launch: "a scale-out launches nothing",
  Terminate: "a scale-in ends nothing",
};

function checkSuspendedProcesses({ group }: GroupToCheck): Omit<Finding, "where">[] {
  const { AutoScalingGroupName: name, SuspendedProcesses } = group;
  return SuspendedProcesses.flatMap(({ ProcessName }) => {
    const effect = NEEDED[ProcessName];
    if (effect === undefined) return [];
    const what = `its process ${ProcessName} is suspended, so ${effect}; run \`aws autoscaling resume-processes --auto-scaling-group-name ${name} --scaling-processes ${ProcessName}\``;
    return [{ level: "error", what }];
  });
}

/** AWS ends instances in one zone to start others in another, whatever runs on them. */
function checkRebalancing({ group, scaler }: GroupToCheck): Omit<Finding, "where">[] {
  const { AutoScalingGroupName: name, AvailabilityZones, SuspendedProcesses } = group;
  const isSuspended = SuspendedProcesses.some(({ ProcessName }) => ProcessName === "AZRebalance");
  const isSafe = isSuspended || group.NewInstancesProtectedFromScaleIn;
  if (!keepsJobs(scaler) || isSafe || AvailabilityZones.length < 2) return [];
  const what = `AWS may end busy instances to balance its ${AvailabilityZones.length} zones; run \`aws autoscaling suspend-processes --auto-scaling-group-name ${name} --scaling-processes AZRebalance\`, or protect new instances from scale-in`;
  return [{ level: "warning", what }];
}

function keepsJobs({ scaleIn, elasticCiMode }: Scaler): boolean {
  return scaleIn.graceful || scaleIn.disabled || elasticCiMode;
}

/** A lower desired capacity ends no protected instance. */
function checkProtection({ group, scaler }: GroupToCheck): Omit<Finding, "where">[] {
  const inService = group.Instances.filter(({ LifecycleState }) => LifecycleState === "InService");
  const isAllProtected =
    inService.length > 0 && inService.every(({ ProtectedFromScaleIn }) => ProtectedFromScaleIn);
  if (keepsJobs(scaler) || !isAllProtected) return [];
  const what =
    "all its instances are protected from scale-in, so a lower desired capacity ends none; set scaleIn.graceful: true, or remove the protection";
  return [{ level: "warning", what }];
}

function checkPolicies({ policies }: GroupToCheck): Omit<Finding, "where">[] {
  if (policies.length === 0) return [];
  const what = `has scaling policies of its own (${policies.join(", ")}), which would take turns with the loop; delete them, or set dryRun: true until they are gone`;
  return [{ level: "warning", what }];
}
