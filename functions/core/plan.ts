import * as v from "valibot";
import type { GroupTimes } from "./group-times.ts";
import { instantSchema } from "./instant.ts";
import { wholeNumberSchema } from "./schema-helpers.ts";

/** The direction in which a scaling moves the desired capacity. */
export const directionSchema = v.picklist(["scale-out", "scale-in"]);

/** {@link directionSchema} */
export type Direction = v.InferOutput<typeof directionSchema>;

/** A change that Apply scaling makes. `to` is absolute, so that making it twice sets it once. */
export const changeSchema = v.object({
  scaler: v.string(),
  group: v.string(),
  action: directionSchema,
  from: wholeNumberSchema(0),
  to: wholeNumberSchema(0),
  /** A raise of a graceful group: it is skipped if the group has grown as far by then. */
  graceful: v.optional(v.literal(true)),
});

/** {@link changeSchema} */
export type Change = v.InferOutput<typeof changeSchema>;

/** A command for some instances of one scaler's group. */
export const instanceCommandSchema = v.object({
  scaler: v.string(),
  group: v.string(),
  /** The systemd unit of the agents, or a pattern. */
  unit: v.string(),
  instances: v.array(v.string()),
  /** Stops only: the instances may have jobs, which they finish. */
  busy: v.optional(v.boolean()),
});

/** {@link instanceCommandSchema} */
export type InstanceCommand = v.InferOutput<typeof instanceCommandSchema>;

/** The end of one instance whose agent has stopped or died. */
export const terminationSchema = v.object({
  scaler: v.string(),
  group: v.string(),
  instance: v.string(),
  /** Whether desired capacity falls with it; if not, Auto Scaling replaces the instance. */
  decrement: v.boolean(),
});

/** {@link terminationSchema} */
export type Termination = v.InferOutput<typeof terminationSchema>;

/** A group whose tag has to be written although its desired capacity does not change: with what the loop remembers about the scaler from now on. */
export const timesUpdateSchema = v.object({
  scaler: v.string(),
  group: v.string(),
  /** Desired capacity as observed. */
  desired: wholeNumberSchema(0),
});

/** {@link timesUpdateSchema} */
export type TimesUpdate = v.InferOutput<typeof timesUpdateSchema>;

/** All commands of one poll. */
export const planSchema = v.object({
  /** When the facts behind it were observed, RFC 3339: cooldowns count from here. */
  decidedAt: instantSchema,
  /** New desired capacities. Those of a graceful group are raises. */
  changes: v.array(changeSchema),
  looks: v.optional(v.array(instanceCommandSchema)),
  stops: v.optional(v.array(instanceCommandSchema)),
  terminations: v.optional(v.array(terminationSchema)),
  /** The groups whose tags have to be written besides those of `changes`. */
  times: v.optional(v.array(timesUpdateSchema)),
});

/** {@link planSchema} */
export type Plan = v.InferOutput<typeof planSchema>;

/**
 * The times of a group with the effect of the poll's own change of its desired capacity. Unless the change
 * is known to be made, both capacities are written: whichever is found later, nobody else set it.
 */
export function addChange(
  times: GroupTimes,
  { action, from, to }: Change,
  { decidedAt, isMade }: { decidedAt: string; isMade: boolean },
): GroupTimes {
  return {
    ...times,
    ...(action === "scale-out" ? { lastScaleOutAt: decidedAt } : { lastScaleInAt: decidedAt }),
    desired: to,
    ...(isMade ? {} : { desiredBefore: from }),
  };
}

/** The most instances in one call of TerminateInstanceInAutoScalingGroup. */
const INSTANCES_PER_TERMINATION = 100;

/** Groups terminations into calls: the instances of one group that fare alike, at most 100 in a call. */
export function groupTerminations(terminations: readonly Termination[]) {
  const calls: { group: string; decrement: boolean; instances: string[] }[] = [];
  for (const { group, decrement, instance } of terminations) {
    const call = calls.find(
      (each) =>
        each.group === group &&
        each.decrement === decrement &&
        each.instances.length < INSTANCES_PER_TERMINATION,
    );
    if (call === undefined) calls.push({ group, decrement, instances: [instance] });
    else call.instances.push(instance);
  }
  return calls;
}

/** Instances of one command: the same action for one unit, in at most 50 instances of any groups. */
export interface CommandBatch {
  unit: string;
  busy: boolean;
  instances: string[];
  /** The scalers whose instances are among them, with their number. */
  scalers: { scaler: string; instances: number }[];
}

/** SendCommand takes no more instances in one call. */
const INSTANCES_PER_COMMAND = 50;

/** Cuts commands into batches. One batch may mix groups, so that small groups cost no more calls than one. */
export function batchCommands(commands: readonly InstanceCommand[]): CommandBatch[] {
  const batches: CommandBatch[] = [];
  for (const { scaler, unit, busy = false, instances } of commands) {
    for (const instance of instances) {
      const last = batches.findLast((batch) => batch.unit === unit && batch.busy === busy);
      const isFull = last === undefined || last.instances.length >= INSTANCES_PER_COMMAND;
      const batch = isFull ? { unit, busy, instances: [], scalers: [] } : last;
      if (isFull) batches.push(batch);
      batch.instances.push(instance);
      countInstance(batch, scaler);
    }
  }
  return batches;
}

function countInstance({ scalers }: CommandBatch, scaler: string): void {
  const known = scalers.find((each) => each.scaler === scaler);
  if (known === undefined) scalers.push({ scaler, instances: 1 });
  else known.instances += 1;
}
