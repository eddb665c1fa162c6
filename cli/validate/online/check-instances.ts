import { paginateDescribeInstanceInformation, SSMClient } from "@aws-sdk/client-ssm";
import { CLIENT_LIMITS, toAwsFault } from "../../../functions/clients/aws-faults.ts";
import { plural } from "../../../functions/core/plural.ts";
import type { Finding } from "./finding.ts";

/** What Systems Manager knows of an instance. */
interface ManagedInstance {
  isOnline: boolean;
  isWindows: boolean;
}

/** The most instances in one filter. */
const IDS_PER_CALL = 100;

/** Checks that Systems Manager reaches the instances of a graceful group. @throws NamedFault */
export async function checkInstances(where: string, ids: readonly string[]): Promise<Finding[]> {
  if (ids.length === 0) {
    const what =
      "has no instance in service, so whether Systems Manager reaches its instances is not known yet; check again when it has one";
    return [{ level: "warning", where, what }];
  }
  return describeReach(ids, await readManagedInstances(ids)).map((finding) => ({
    where,
    ...finding,
  }));
}

async function readManagedInstances(
  ids: readonly string[],
): Promise<ReadonlyMap<string, ManagedInstance>> {
  const client = new SSMClient(CLIENT_LIMITS);
  const known = new Map<string, ManagedInstance>();
  try {
    for (let from = 0; from < ids.length; from += IDS_PER_CALL) {
      const Filters = [{ Key: "InstanceIds", Values: ids.slice(from, from + IDS_PER_CALL) }];
      for await (const page of paginateDescribeInstanceInformation({ client }, { Filters }))
        for (const { InstanceId = "", PingStatus, PlatformType } of page.InstanceInformationList ??
          [])
          known.set(InstanceId, {
            isOnline: PingStatus === "Online",
            isWindows: PlatformType === "Windows",
          });
    }
  } catch (error) {
    throw toAwsFault("RunCommand", error);
  }
  return known;
}

const REMEDY =
  "they need the SSM agent, a network path to Systems Manager and the managed policy AmazonSSMManagedInstanceCore in their role (docs/scale-in.md)";

function describeReach(
  ids: readonly string[],
  known: ReadonlyMap<string, ManagedInstance>,
): Omit<Finding, "where">[] {
  const unreached = ids.filter((id) => known.get(id)?.isOnline !== true);
  const windows = ids.filter((id) => known.get(id)?.isWindows);
  const all = plural(ids.length, "instance");
  if (unreached.length > 0) {
    const what = `Systems Manager does not reach ${unreached.length} of ${all} (${listSome(unreached)}), so they are never told to stop; ${REMEDY}`;
    return [{ level: unreached.length === ids.length ? "error" : "warning", what }];
  }
  if (windows.length > 0) {
    const what = `${windows.length} of ${all} run Windows, which has no graceful stop: let them end themselves when they are idle`;
    return [{ level: "warning", what }];
  }
  return [{ level: "ok", what: `Systems Manager reaches ${all}` }];
}

const SHOWN = 3;

function listSome(ids: readonly string[]): string {
  const more = ids.length - SHOWN;
  return [...ids.slice(0, SHOWN), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
