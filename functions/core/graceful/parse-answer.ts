import * as v from "valibot";
import type { InstanceAnswer } from "../facts.ts";
import { tryParseJson } from "../parse-json.ts";
import { wholeNumberSchema } from "../schema-helpers.ts";

/** The JSON line that the scripts print on an instance; see instance-scripts.ts. */
const lineSchema = v.object({
  v: v.literal(1),
  platform: v.picklist(["linux", "windows"]),
  state: v.picklist(["active", "activating", "deactivating", "inactive", "failed", "not-found"]),
  jobs: wholeNumberSchema(0),
  up: wholeNumberSchema(0),
  boot: v.pipe(v.string(), v.maxLength(64)),
  inactive: v.optional(wholeNumberSchema(0)),
  stopped: v.optional(v.boolean()),
});

/**
 * Parses what a command printed on an instance. `at` is when the command was sent. Undefined if no line
 * is an answer: output that makes no sense proves nothing.
 */
export function parseInstanceAnswer(output: string, at: string): InstanceAnswer | undefined {
  for (const line of output.split("\n")) {
    const parsed = v.safeParse(lineSchema, tryParseJson(line));
    if (parsed.success) return toAnswer(parsed.output, at);
  }
  return undefined;
}

function toAnswer(
  { platform, state, jobs, up, boot, inactive, stopped }: v.InferOutput<typeof lineSchema>,
  at: string,
): InstanceAnswer {
  return {
    at,
    platform,
    state,
    jobs,
    uptimeSeconds: up,
    bootId: boot,
    ...(inactive === undefined ? {} : { inactiveAtSeconds: inactive }),
    ...(stopped === undefined ? {} : { stopped }),
  };
}
