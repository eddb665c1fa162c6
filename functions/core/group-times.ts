import * as v from "valibot";
import { instantSchema, isInstant } from "./instant.ts";
import { wholeNumberSchema } from "./schema-helpers.ts";

/**
 * What a group's tag remembers from execution to execution. Every poll reads the tag anyway, so an
 * execution hands nothing over to the next one.
 */
export const groupTimesSchema = v.object({
  lastScaleInAt: v.optional(instantSchema),
  lastScaleOutAt: v.optional(instantSchema),
  /** Desired capacity as the loop saw it last. A different one was set by somebody else. */
  desired: v.optional(wholeNumberSchema(0)),
  /** Desired capacity before a change of which the tag was written before it was certainly made. */
  desiredBefore: v.optional(wholeNumberSchema(0)),
  /** Since when the group has more instances than the jobs need. */
  surplusSince: v.optional(instantSchema),
  /** Since when fewer agents are connected than the group should have. */
  shortageSince: v.optional(instantSchema),
  /** When the oldest stop that is still open was sent. */
  drainSince: v.optional(instantSchema),
  /** How many dead instances the loop ended in the hour that began at `hour`. */
  ended: v.optional(v.object({ count: wholeNumberSchema(1), hour: instantSchema })),
});

/** {@link groupTimesSchema} */
export type GroupTimes = v.InferOutput<typeof groupTimesSchema>;

/** The key of the tag. The tag is not propagated to instances. */
export const TIMES_TAG = "scaling-loop:times";

/** The times in the tag, by their names there. */
const INSTANT_NAMES = {
  in: "lastScaleInAt",
  out: "lastScaleOutAt",
  surplus: "surplusSince",
  shortage: "shortageSince",
  drain: "drainSince",
} as const;

/**
 * Formats times as a tag's value: `in=2026-01-05T09:00:00Z desired=20>5`. At most 256 characters, AWS's
 * limit: five times of 20 characters, two capacities and a count.
 */
export function formatTimesTag(times: GroupTimes): string {
  const { desired, desiredBefore, ended } = times;
  const before = desiredBefore === undefined ? "" : `${desiredBefore}>`;
  return [
    ...Object.entries(INSTANT_NAMES).flatMap(([name, key]) => {
      const at = times[key];
      return at === undefined ? [] : [`${name}=${toWholeSecond(at)}`];
    }),
    ...(desired === undefined ? [] : [`desired=${before}${desired}`]),
    ...(ended === undefined ? [] : [`ended=${ended.count}@${toWholeSecond(ended.hour)}`]),
  ].join(" ");
}

/** Parses a tag's value; undefined if any part of it makes no sense, because it then proves nothing. */
export function parseTimesTag(value: string): GroupTimes | undefined {
  const parts = value.split(" ").map(parsePart);
  return parts.includes(undefined) ? undefined : Object.assign({}, ...parts);
}

function parsePart(part: string): GroupTimes | undefined {
  const [name = "", value = ""] = part.split("=", 2);
  if (isInstantName(name)) return isInstant(value) ? { [INSTANT_NAMES[name]]: value } : undefined;
  if (name === "desired") return parseDesired(value);
  return name === "ended" ? parseEnded(value) : undefined;
}

function isInstantName(name: string): name is keyof typeof INSTANT_NAMES {
  return Object.hasOwn(INSTANT_NAMES, name);
}

function parseDesired(value: string): GroupTimes | undefined {
  const [, before, desired] = /^(?:(\d{1,6})>)?(\d{1,6})$/.exec(value) ?? [];
  if (desired === undefined) return undefined;
  return {
    desired: Number(desired),
    ...(before === undefined ? {} : { desiredBefore: Number(before) }),
  };
}

function parseEnded(value: string): GroupTimes | undefined {
  const [, count, hour] = /^([1-9]\d{0,5})@(.+)$/.exec(value) ?? [];
  if (count === undefined || hour === undefined || !isInstant(hour)) return undefined;
  return { ended: { count: Number(count), hour } };
}

function toWholeSecond(instant: string): string {
  return instant.replace(/\.\d+/, "");
}
