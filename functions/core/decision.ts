import type { GroupFacts } from "./facts.ts";
import type { Leaving } from "./graceful/leaving.ts";
import type { Direction } from "./plan.ts";
import type { Situation } from "./rules/rule.ts";
import type { Scaler } from "./scaler.ts";

/** What a decision does with the desired capacity. */
export type Action = "none" | Direction;

/** What one poll decided for one scaler. */
export interface Decision {
  scaler: string;
  action: Action;
  /** Desired capacity as observed; null if it is not known. */
  from: number | null;
  /** Desired capacity to set; equal to `from` if `action` is `none`. */
  to: number | null;
  /** Why, in the order of the rules, in words for the person who reads the console. */
  reasons: string[];
  /** Name of the fault that made this decision hold, e.g. `BuildkiteUnavailable`. */
  fault?: string;
}

/** A decision with the facts that it rests on. */
export interface Verdict {
  scaler: Scaler;
  decision: Decision;
  /** Absent if a fault hides them. */
  group?: GroupFacts | undefined;
  /** Instances that the jobs need, within min and max, before cooldowns and factors. */
  target?: number;
  /** Whether the jobs need more instances than the group's max allows. */
  overMax: boolean;
  /** What the decision was taken from; absent if a fact is missing. */
  basis?: Basis;
}

/** What a decision was taken from. */
export interface Basis {
  /** The group without its leaving instances. */
  situation: Situation;
  leaving: Leaving;
  /** Instances that the jobs need, to be compared with the group without its leaving instances. */
  target: number;
  /** Instances that are to leave now: the surplus after cooldown and factor. */
  surplus: number;
}

/** Adds reasons to a decision, after its own. */
export function addReasons(decision: Decision, reasons: readonly string[]): Decision {
  return reasons.length === 0
    ? decision
    : { ...decision, reasons: [...decision.reasons, ...reasons] };
}
