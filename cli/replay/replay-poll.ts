import { readCauseMessage } from "../../functions/core/decide.ts";
import { type Handler, invokeLambda, TaskError } from "../../local/engine/invoke-lambda.ts";
import { toJson } from "../../local/engine/json.ts";
import { type DecisionPair, pairDecisions } from "./decision-pairs.ts";
import { type EntriesByName, parseRecordedInput, selectKnownScalers } from "./recorded-input.ts";
import type { RecordedCall } from "./recorded-polls.ts";

/** A recorded poll, and the decisions that it leads to today. */
export interface ReplayedPoll {
  /** When the facts were observed, RFC 3339; `event 12` if the input does not say. */
  at: string;
  decisions: DecisionPair[];
  /** Why Compute capacity refuses the input; absent if it decides. */
  refused?: string;
}

/**
 * Repeats a recorded poll with the handler that is deployed. If `entries` are given, they replace
 * the recorded settings, and only their scalers are compared.
 */
export async function replayPoll(
  call: RecordedCall,
  handler: Handler,
  entries: EntriesByName | undefined,
): Promise<ReplayedPoll> {
  const input = parseRecordedInput(call.input);
  const at = input?.observation.observedAt ?? `event ${call.id}`;
  if (input === undefined)
    return { at, decisions: [], refused: "not an input of Compute capacity" };
  const known = entries === undefined ? undefined : selectKnownScalers(input, entries);
  const scalers = known === undefined ? input.scalers : [...known.values()];
  try {
    const output = await invokeComputeCapacity(handler, { ...input, scalers });
    const pairs = pairDecisions(call.output, output);
    return { at, decisions: pairs.filter(({ scaler }) => known?.has(scaler) ?? true) };
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    return { at, decisions: [], refused: `${error.name}: ${readCauseMessage(error.message)}` };
  }
}

const TIMEOUT_SECONDS = 5;

async function invokeComputeCapacity(handler: Handler, event: object): Promise<string> {
  const output = await invokeLambda({
    handler,
    functionName: "compute-capacity",
    limitSeconds: TIMEOUT_SECONDS,
    event: toJson(event),
  });
  return JSON.stringify(output);
}
