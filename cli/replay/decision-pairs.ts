import * as v from "valibot";
import { tryParseJson } from "../../functions/core/parse-json.ts";
import {
  type RecordedDecision,
  recordedDecisionsSchema,
} from "../../local/engine/recorded-tasks.ts";

/** The recorded and the new decision of one scaler at one poll. Either may be absent. */
export interface DecisionPair {
  scaler: string;
  recorded?: RecordedDecision | undefined;
  today?: RecordedDecision | undefined;
}

/** Pairs the decisions in two outputs of Compute capacity by scaler. Both are JSON texts. */
export function pairDecisions(recordedOutput: string, newOutput: string): DecisionPair[] {
  const recorded = parseDecisions(recordedOutput);
  const today = parseDecisions(newOutput);
  const names = new Set([...recorded.keys(), ...today.keys()]);
  return [...names].map((scaler) => ({
    scaler,
    recorded: recorded.get(scaler),
    today: today.get(scaler),
  }));
}

function parseDecisions(output: string): Map<string, RecordedDecision> {
  const parsed = v.safeParse(recordedDecisionsSchema, tryParseJson(output));
  const decisions = parsed.success ? parsed.output.decisions : [];
  return new Map(decisions.map((decision) => [decision.scaler, decision]));
}

/** Whether the decisions have a different effect. Their reasons do not count. */
export function isDifferent({ recorded, today }: DecisionPair): boolean {
  return (
    recorded?.action !== today?.action ||
    recorded?.from !== today?.from ||
    recorded?.to !== today?.to
  );
}

/** Whether the decisions have the same effect, but different reasons. */
export function isReworded(pair: DecisionPair): boolean {
  const { recorded, today } = pair;
  return !isDifferent(pair) && recorded?.reasons.join() !== today?.reasons.join();
}
