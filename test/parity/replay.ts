import { readFileSync } from "node:fs";
import * as v from "valibot";
import { handler } from "../../functions/compute-capacity.ts";
import { createContext, passThroughJson } from "../support/lambda.ts";

const expected = v.object({
  action: v.picklist(["none", "scale-out", "scale-in"]),
  from: v.number(),
  to: v.number(),
});

const count = v.number();

const direction = v.looseObject({
  disabled: v.boolean(),
  cooldown: v.union([v.number(), v.string()]),
  factor: v.optional(v.number()),
});

const scaler = v.looseObject({
  elasticCiMode: v.boolean(),
  cooldownFromAnyScaling: v.boolean(),
  scaleIn: direction,
  scaleOut: direction,
});

const row = v.object({
  id: v.number(),
  /** The event of Compute capacity, with one scaler called agents in it. */
  in: v.looseObject({
    scalers: v.tuple([scaler]),
    memory: v.looseObject({
      agents: v.optional(
        v.looseObject({
          lastScaleInAt: v.optional(v.string()),
          lastScaleOutAt: v.optional(v.string()),
        }),
      ),
    }),
    observation: v.looseObject({
      groups: v.looseObject({
        agents: v.looseObject({ desired: count, min: count, max: count, inService: count }),
      }),
    }),
  }),
  expected,
  /** What the reference did, in the rows in which ours differs from it, and why it does. */
  reference: v.optional(v.object({ to: v.number(), deviation: v.string() })),
});

/** One recorded decision. */
export type Row = v.InferOutput<typeof row>;

/** A recorded decision, and what ours came to. */
export interface Replayed {
  row: Row;
  decided: v.InferOutput<typeof expected>;
  reasons: readonly string[];
}

/** The rows of a decisions.jsonl. */
export function readRows(path: string | URL): Row[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => v.parse(row, JSON.parse(line)));
}

/** Asks the real handler, middy and all. */
export async function replayed(each: Row): Promise<Replayed> {
  const { decisions } = await handler(passThroughJson(each.in), createContext());
  const [decision] = decisions;
  if (decision === undefined || decisions.length > 1) throw new Error("one scaler, one decision");
  return { row: each, decided: v.parse(expected, decision), reasons: decision.reasons };
}

/** Whether ours is the decision that must come out. */
export function asExpected({ row: { expected: recorded }, decided }: Replayed): boolean {
  const { action, from, to } = recorded;
  return decided.action === action && decided.from === from && decided.to === to;
}
