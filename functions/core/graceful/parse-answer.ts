import * as v from "valibot";
import type { InstanceAnswer, StopRecord } from "../facts.ts";
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
 * Parses what a look printed on an instance. `at` is when the look was sent. Undefined if no line
 * is an answer: output that makes no sense proves nothing.
 */
export function parseInstanceAnswer(output: string, at: string): InstanceAnswer | undefined {
  const line = findLine(output);
  return line === undefined ? undefined : toAnswer(line, at);
}

/** Parses what a stop printed on an instance; undefined if no line is an answer. */
export function parseStopAnswer(output: string): StopRecord["answer"] {
  const line = findLine(output);
  if (line?.stopped === undefined) return undefined;
  return { state: line.state, jobs: line.jobs, stopped: line.stopped };
}

function findLine(output: string): v.InferOutput<typeof lineSchema> | undefined {
  for (const line of output.split("\n")) {
    const parsed = v.safeParse(lineSchema, tryParseJson(line));
    if (parsed.success) return parsed.output;
  }
  return undefined;
}

function toAnswer(
  { platform, state, jobs, up, boot, inactive }: v.InferOutput<typeof lineSchema>,
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
  };
}
