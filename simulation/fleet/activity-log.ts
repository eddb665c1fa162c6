import type { WorldActivity } from "./world.ts";

/** One entry of a group's activity log, before it is put into words. Times are epoch milliseconds. */
export interface ScalingActivity {
  kind: "launch" | "terminate" | "replace";
  atMs: number;
  /** Undefined while in progress. */
  end: { atMs: number; status: EndStatus } | undefined;
  instanceId: string;
  /** Capacity before and after. */
  from: number;
  to: number;
  /** The request that caused it; undefined if the group acted by itself. */
  request?: CapacityRequest | undefined;
}

/** How an activity ends, in the words of AWS. */
export type EndStatus = "Successful" | "Failed" | "Cancelled";

/** A call that set the desired capacity. */
export interface CapacityRequest {
  atMs: number;
  from: number;
  to: number;
}

/** Ends an activity that is in progress; one that has ended stays as it is. */
export function endActivity(
  activity: ScalingActivity | undefined,
  atMs: number,
  status: EndStatus = "Successful",
): void {
  if (activity === undefined || activity.end !== undefined) return;
  activity.end = { atMs, status };
}

/** As many as three pages of DescribeScalingActivities hold; older ones are forgotten. */
const KEPT_ACTIVITIES = 300;

/** A group's scaling activities. Their texts are made only when they are read. */
export class ActivityLog {
  #activities: ScalingActivity[] = [];
  #count = 0;

  add(activity: ScalingActivity): ScalingActivity {
    this.#count += 1;
    this.#activities.push(activity);
    if (this.#activities.length >= 2 * KEPT_ACTIVITIES) {
      this.#activities = this.#activities.slice(-KEPT_ACTIVITIES);
    }
    return activity;
  }

  /** Newest first, as AWS words them. @param sinceMs leaves out those that started earlier */
  activities(sinceMs = Number.NEGATIVE_INFINITY): WorldActivity[] {
    const described: WorldActivity[] = [];
    for (let age = 0; age < Math.min(KEPT_ACTIVITIES, this.#activities.length); age += 1) {
      const activity = this.#activities.at(-1 - age);
      if (activity === undefined || activity.atMs < sinceMs) break;
      described.push(describeActivity(activity, this.#count - 1 - age));
    }
    return described;
  }
}

function describeActivity(activity: ScalingActivity, number: number): WorldActivity {
  const { atMs, end } = activity;
  const ended = end === undefined ? {} : { endedAt: new Date(end.atMs).toISOString() };
  return {
    id: `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`,
    cause: [...requestTexts(activity), ...activityTexts(activity)].join("  "),
    startedAt: new Date(atMs).toISOString(),
    ...ended,
    status: end?.status ?? "InProgress",
  };
}

function requestTexts({ request }: ScalingActivity): string[] {
  if (request === undefined) return [];
  const { atMs, from, to } = request;
  const change = `changing the desired capacity from ${from} to ${to}.`;
  return [`At ${formatClock(atMs)} a user request explicitly set group desired capacity ${change}`];
}

function activityTexts({ kind, atMs, from, to, instanceId }: ScalingActivity): string[] {
  const at = formatClock(atMs);
  const difference = "in response to a difference between desired and actual capacity,";
  if (kind === "launch") {
    const change = `increasing the capacity from ${from} to ${to}.`;
    return [`At ${at} an instance was started ${difference} ${change}`];
  }
  const out = `At ${at} an instance was taken out of service`;
  if (kind === "replace") {
    return [
      `${out} in response to an EC2 health check indicating it has been terminated or stopped.`,
    ];
  }
  return [
    `${out} ${difference} shrinking the capacity from ${from} to ${to}.`,
    `At ${at} instance ${instanceId} was selected for termination.`,
  ];
}

function formatClock(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
