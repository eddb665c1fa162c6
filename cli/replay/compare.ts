import * as v from "valibot";
import type { LoopInput } from "../../config/loops.ts";
import { readCauseMessage } from "../../functions/core/decide.ts";
import { parseExecutionInput } from "../../functions/core/execution-input.ts";
import { tryParseJson } from "../../functions/core/parse-json.ts";
import type { ScalerEntry } from "../../functions/core/scaler.ts";
import type { Handler } from "../../local/engine/invoke-lambda.ts";
import { invokeLambda, TaskError } from "../../local/engine/invoke-lambda.ts";
import { type RecordedDecision, recordedPollSchema } from "../../local/engine/recorded-tasks.ts";
import type { RecordedCall } from "./recorded-polls.ts";

/** One scaler's decision at one poll, then and now. Absent on the side that has none. */
export interface DecisionPair {
  scaler: string;
  recorded?: RecordedDecision | undefined;
  today?: RecordedDecision | undefined;
}

/** One poll, decided again. */
export interface ReplayedPoll {
  /** When its facts were observed, RFC 3339; the event's number where there were none. */
  at: string;
  decisions: DecisionPair[];
  /** What today's code or the other settings make of it instead of decisions. */
  refused?: string;
}

/** Settings to replay under, by the scaler's name. */
export type EntriesByName = ReadonlyMap<string, ScalerEntry>;

/** The entries of a scalers file by the names that decisions have. */
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

const LIMIT_SECONDS = 5;

const recordedScalerSchema = v.looseObject({
  name: v.optional(v.string()),
  group: v.optional(v.string()),
  queue: v.optional(v.string()),
  queues: v.optional(v.array(v.string())),
});

const recordedInputSchema = v.looseObject({
  scalers: v.array(recordedScalerSchema),
  observation: v.looseObject({ observedAt: v.optional(v.string()) }),
});

/** What a recorded input was about; undefined where it is no input of Compute capacity. */
export function parseRecordedInput(
  input: string,
): v.InferOutput<typeof recordedInputSchema> | undefined {
  const parsed = v.safeParse(recordedInputSchema, tryParseJson(input));
  return parsed.success ? parsed.output : undefined;
}

/** Decides a recorded poll again, with the handler that is deployed. */
export async function replayPoll(
  call: RecordedCall,
  handler: Handler,
  settings: EntriesByName | undefined,
): Promise<ReplayedPoll> {
  const asked = parseRecordedInput(call.input);
  const at = asked?.observation.observedAt ?? `event ${call.id}`;
  if (asked === undefined) return { at, decisions: [], refused: "is no input of Compute capacity" };
  const known = settings === undefined ? undefined : selectKnownScalers(asked, settings);
  const scalers = known === undefined ? asked.scalers : [...known.values()];
  try {
    const answer = await invokeComputeCapacity(handler, { ...asked, scalers });
    return {
      at,
      decisions: pairDecisions(parseDecisions(call.output), parseDecisions(answer), known),
    };
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    return { at, decisions: [], refused: `${error.name}: ${readCauseMessage(error.message)}` };
  }
}

async function invokeComputeCapacity(handler: Handler, event: object): Promise<string> {
  const invocation = { handler, functionName: "compute-capacity", limitSeconds: LIMIT_SECONDS };
  const sent = JSON.parse(JSON.stringify(event));
  return JSON.stringify(await invokeLambda({ ...invocation, event: sent }));
}

/**
 * The recorded scalers that the file has, as it has them, but for those that ask for a queue or a
 * group of which nothing was recorded: without facts nothing can be decided.
 */
export function selectKnownScalers(
  { scalers }: v.InferOutput<typeof recordedInputSchema>,
  settings: EntriesByName,
): EntriesByName {
  const groups = new Set(scalers.map(({ group }) => group));
  const queues = new Set(scalers.flatMap(listQueues));
  const entries = scalers.flatMap(({ name, group }): [string, ScalerEntry][] => {
    const label = name ?? group ?? "";
    const entry = settings.get(label);
    const isKnown = entry !== undefined && groups.has(entry.group);
    return isKnown && listQueues(entry).every((queue) => queues.has(queue)) ? [[label, entry]] : [];
  });
  return new Map(entries);
}

function listQueues({
  queue,
  queues = [],
}: {
  queue?: string | undefined;
  queues?: readonly string[] | undefined;
}): string[] {
  return queue === undefined ? [...queues] : [queue];
}

function parseDecisions(answer: string): Map<string, RecordedDecision> {
  const parsed = v.safeParse(recordedPollSchema, tryParseJson(answer));
  const decisions = parsed.success ? parsed.output.decisions : [];
  return new Map(decisions.map((decision) => [decision.scaler, decision]));
}

/** Under other settings only what they name is compared. */
function pairDecisions(
  then: ReadonlyMap<string, RecordedDecision>,
  now: ReadonlyMap<string, RecordedDecision>,
  settings: EntriesByName | undefined,
): DecisionPair[] {
  const names = new Set([...then.keys(), ...now.keys()]);
  return [...names]
    .filter((name) => settings === undefined || settings.has(name))
    .map((scaler) => ({ scaler, recorded: then.get(scaler), today: now.get(scaler) }));
}

/** What a decision does: its words do not count. */
export function isDifferent({ recorded, today }: DecisionPair): boolean {
  return (
    recorded?.action !== today?.action ||
    recorded?.from !== today?.from ||
    recorded?.to !== today?.to
  );
}

/** It does the same, and says it otherwise. */
export function isReworded(compared: DecisionPair): boolean {
  const { recorded, today } = compared;
  return !isDifferent(compared) && recorded?.reasons.join() !== today?.reasons.join();
}
