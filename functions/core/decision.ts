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
  /** The group is at its maximum (or its cap) and the jobs need more. */
  limited?: true;
}

/** A change that Apply scaling is asked to make. `to` is absolute, so doing it twice is harmless. */
export interface Change {
  scaler: string;
  group: string;
  action: Exclude<Action, "none">;
  from: number;
  to: number;
}
