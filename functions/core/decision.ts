import * as v from "valibot";
import type { GroupFacts } from "./facts.ts";
import type { Scaler } from "./scaler.ts";
import { wholeNumberSchema } from "./schema-helpers.ts";

/** The direction in which a scaling moves the desired capacity. */
export const directionSchema = v.picklist(["scale-out", "scale-in"]);

/** {@link directionSchema} */
export type Direction = v.InferOutput<typeof directionSchema>;

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
}

/** A change that Apply scaling makes. `to` is absolute, so that making it twice sets it once. */
export const changeSchema = v.object({
  scaler: v.string(),
  group: v.string(),
  action: directionSchema,
  from: wholeNumberSchema(0),
  to: wholeNumberSchema(0),
});

/** {@link changeSchema} */
export type Change = v.InferOutput<typeof changeSchema>;

/** All changes of one poll. */
export interface Plan {
  /** When the facts behind it were observed, RFC 3339: cooldowns count from here. */
  decidedAt: string;
  changes: Change[];
}

/** Sorts changes into the order in which they are made: waiting jobs matter more than saved money. */
export function sortScaleOutsFirst(changes: readonly Change[]): Change[] {
  return [
    ...changes.filter(({ action }) => action === "scale-out"),
    ...changes.filter(({ action }) => action === "scale-in"),
  ];
}
