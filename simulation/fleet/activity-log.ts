import type { WorldActivity } from "./world.ts";

/** One thing that a group did, of which the log will tell. */
export interface ScalingActivity {
  kind: "launch" | "terminate" | "replace";
  atMs: number;
  /** Epoch milliseconds; undefined while in progress. */
  endedMs: number | undefined;
  failed: boolean;
  /** Somebody thought better of it while it was in progress. */
  cancelled?: boolean;
  instance: string;
  /** Capacity before and after. */
  from: number;
  to: number;
  /** The request behind it; absent where nobody asked. */
  request?: Request | undefined;
}

/** Ends a deed that is still in progress; what has ended stays as it is. */
export function cancelActivity(deed: ScalingActivity, nowMs: number): void {
  if (deed.endedMs !== undefined) return;
  deed.endedMs = nowMs;
  deed.cancelled = true;
}

/** Somebody set the desired capacity. */
export interface Request {
  atMs: number;
  from: number;
  to: number;
}

/** As many as three pages hold; older ones are forgotten. */
const KEPT = 300;

/** A group's scaling activities. Their texts are made only when somebody reads them. */
export class ActivityLog {
  #deeds: ScalingActivity[] = [];
  #count = 0;

  add(deed: ScalingActivity): ScalingActivity {
    this.#count += 1;
    this.#deeds.push(deed);
    if (this.#deeds.length >= 2 * KEPT) this.#deeds = this.#deeds.slice(-KEPT);
    return deed;
  }

  /** Newest first, as AWS words them; none that began before `sinceMs`. */
  activities(sinceMs = Number.NEGATIVE_INFINITY): WorldActivity[] {
    const told: WorldActivity[] = [];
    for (let age = 0; age < Math.min(KEPT, this.#deeds.length); age += 1) {
      const deed = this.#deeds.at(-1 - age);
      if (deed === undefined || deed.atMs < sinceMs) break;
      told.push(activityOf(deed, this.#count - 1 - age));
    }
    return told;
  }
}

function activityOf(deed: ScalingActivity, number: number): WorldActivity {
  const { atMs, endedMs } = deed;
  const ended = endedMs === undefined ? {} : { endedAt: new Date(endedMs).toISOString() };
  return {
    id: `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`,
    cause: [...requestText(deed), ...deedTexts(deed)].join("  "),
    startedAt: new Date(atMs).toISOString(),
    ...ended,
    status: statusOf(deed),
  };
}

function statusOf({ endedMs, failed, cancelled = false }: ScalingActivity): string {
  if (failed) return "Failed";
  if (cancelled) return "Cancelled";
  return endedMs === undefined ? "InProgress" : "Successful";
}

function requestText({ request }: ScalingActivity): string[] {
  if (request === undefined) return [];
  const { atMs, from, to } = request;
  const change = `changing the desired capacity from ${from} to ${to}.`;
  return [`At ${clock(atMs)} a user request explicitly set group desired capacity ${change}`];
}

function deedTexts({ kind, atMs, from, to, instance }: ScalingActivity): string[] {
  const difference = "in response to a difference between desired and actual capacity,";
  if (kind === "launch") {
    const change = `increasing the capacity from ${from} to ${to}.`;
    return [`At ${clock(atMs)} an instance was started ${difference} ${change}`];
  }
  const out = `At ${clock(atMs)} an instance was taken out of service`;
  if (kind === "replace") {
    return [
      `${out} in response to an EC2 health check indicating it has been terminated or stopped.`,
    ];
  }
  return [
    `${out} ${difference} shrinking the capacity from ${from} to ${to}.`,
    `At ${clock(atMs)} instance ${instance} was selected for termination.`,
  ];
}

function clock(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
