import * as v from "valibot";
import { groupTimesSchema } from "../group-times.ts";

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

/** What a group's tag has to say after this poll, before the effect of the poll's own changes. */
export const timesUpdateSchema = v.object({
  scaler: v.string(),
  group: v.string(),
  times: groupTimesSchema,
});

/** {@link timesUpdateSchema} */
export type TimesUpdate = v.InferOutput<typeof timesUpdateSchema>;

/** The most commands of one loop in one poll: one SendCommand takes 50 instances, and a poll stays short. */
export const MOST_LOOKS = 200;
/** See {@link MOST_LOOKS}. */
export const MOST_STOPS = 100;
/** The most instances of one loop that drain at once. */
export const MOST_LEAVING = 300;
