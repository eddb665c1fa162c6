import type { GroupFacts } from "./facts.ts";
import type { Scaler } from "./scaler.ts";

/** Which way a decision moves the desired capacity. */
export type Action = "none" | "scale-out" | "scale-in";

/** What one poll decided for one scaler. */
export interface Decision {
  scaler: string;
  action: Action;
  /** Desired capacity as it was observed; null where it could not be. */
  from: number | null;
  /** Desired capacity as it shall be; equal to `from` where `action` is `none`. */
  to: number | null;
  /** Why, in the order of the rules, in words for the person who reads the console. */
  reasons: string[];
  /** Name of the fault that made this decision hold, e.g. `BuildkiteUnavailable`. */
  fault?: string;
}

/** A decision, and what it rests on. */
export interface Verdict {
  scaler: Scaler;
  decision: Decision;
  /** Absent where they could not be had. */
  group?: GroupFacts | undefined;
  /** Instances that the jobs need, within min and max, before cooldowns and factors. */
  target?: number;
  /** The jobs need more instances than the group's maximum allows. */
  overMax: boolean;
}

/** A change that Apply scaling is asked to make. `to` is absolute, so doing it twice is harmless. */
export interface Change {
  scaler: string;
  group: string;
  action: Exclude<Action, "none">;
  from: number;
  to: number;
}

/** All changes of one poll. */
export interface Plan {
  /** When the facts behind it were observed, RFC 3339: cooldowns count from here. */
  decidedAt: string;
  changes: Change[];
}

/** Changes in the order in which they are made: jobs that wait come before money that is saved. */
export function sortScaleOutsFirst(changes: readonly Change[]): Change[] {
  return [
    ...changes.filter(({ action }) => action === "scale-out"),
    ...changes.filter(({ action }) => action === "scale-in"),
  ];
}
