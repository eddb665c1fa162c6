import * as v from "valibot";
import type { LoopInput } from "../../config/loops.ts";
import { parseExecutionInput } from "../../functions/core/execution-input.ts";
import { tryParseJson } from "../../functions/core/parse-json.ts";
import type { ScalerEntry } from "../../functions/core/scaler-entry.ts";

const recordedScalerSchema = v.looseObject({
  name: v.optional(v.string()),
  group: v.optional(v.string()),
  queue: v.optional(v.string()),
  queues: v.optional(v.array(v.string())),
});

/** Only what a replay needs: an input of an older version is still an input. */
const recordedInputSchema = v.looseObject({
  scalers: v.array(recordedScalerSchema),
  observation: v.looseObject({ observedAt: v.optional(v.string()) }),
});

/** A recorded input of Compute capacity. */
export type RecordedInput = v.InferOutput<typeof recordedInputSchema>;

/** Parses a recorded input; returns undefined if it is not an input of Compute capacity. */
export function parseRecordedInput(input: string): RecordedInput | undefined {
  const parsed = v.safeParse(recordedInputSchema, tryParseJson(input));
  return parsed.success ? parsed.output : undefined;
}

/** Returns the names of the recorded scalers. A scaler without a name has the name of its group. */
export function listRecordedNames({ scalers }: RecordedInput): string[] {
  return scalers.map(({ name, group }) => name ?? group ?? "");
}

/** The settings for a replay: entries of a scalers file by the names of their scalers. */
export type EntriesByName = ReadonlyMap<string, ScalerEntry>;

/** Returns the entries of all loops by the names of their scalers. */
export function indexEntries(loops: readonly LoopInput[]): EntriesByName {
  return new Map(
    loops.flatMap((loop) =>
      parseExecutionInput(loop).scalers.flatMap(({ name }, index): [string, ScalerEntry][] => {
        const entry = loop.scalers[index];
        return entry === undefined ? [] : [[name, entry]];
      }),
    ),
  );
}

/**
 * Returns the entries of the recorded scalers. An entry is left out if its group or one of its
 * queues was not recorded: without facts there is no decision.
 */
export function selectKnownScalers(input: RecordedInput, entries: EntriesByName): EntriesByName {
  const groups = new Set(input.scalers.map(({ group }) => group));
  const queues = new Set(input.scalers.flatMap(listQueues));
  const hasFacts = (entry: ScalerEntry) =>
    groups.has(entry.group) && listQueues(entry).every((queue) => queues.has(queue));
  return new Map(
    listRecordedNames(input).flatMap((name): [string, ScalerEntry][] => {
      const entry = entries.get(name);
      return entry !== undefined && hasFacts(entry) ? [[name, entry]] : [];
    }),
  );
}

interface HasQueues {
  queue?: string | undefined;
  queues?: readonly string[] | undefined;
}

function listQueues({ queue, queues = [] }: HasQueues): string[] {
  return queue === undefined ? [...queues] : [queue];
}
