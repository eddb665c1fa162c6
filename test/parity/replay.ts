import { readFileSync } from "node:fs";
import * as v from "valibot";
import { handler } from "../../functions/compute-capacity.ts";
import { createContext, passThroughJson } from "../support/lambda.ts";

const decisionSchema = v.object({
  action: v.picklist(["none", "scale-out", "scale-in"]),
  from: v.number(),
  to: v.number(),
});

const countSchema = v.number();

const directionSchema = v.looseObject({
  disabled: v.boolean(),
  cooldown: v.union([v.number(), v.string()]),
  factor: v.optional(v.number()),
});

const scalerSchema = v.looseObject({
  elasticCiMode: v.boolean(),
  cooldownFromAnyScaling: v.boolean(),
  scaleIn: directionSchema,
  scaleOut: directionSchema,
});

const decisionRowSchema = v.object({
  id: v.number(),
  /** An event of Compute capacity with one scaler, `agents`. */
  in: v.looseObject({
    scalers: v.tuple([scalerSchema]),
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
        agents: v.looseObject({
          desired: countSchema,
          min: countSchema,
          max: countSchema,
          inService: countSchema,
        }),
      }),
    }),
  }),
  expected: decisionSchema,
  /** The decision of the reference and the reason for the deviation, if the decisions differ. */
  reference: v.optional(v.object({ to: v.number(), deviation: v.string() })),
});

/** One recorded decision. */
export type DecisionRow = v.InferOutput<typeof decisionRowSchema>;

/** A recorded decision, and the decision of this project. */
export interface ReplayedRow {
  row: DecisionRow;
  decided: v.InferOutput<typeof decisionSchema>;
  reasons: readonly string[];
}

/** Reads the rows of a decisions.jsonl. */
export function readRows(path: string | URL): DecisionRow[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines
    .filter((line) => line !== "")
    .map((line) => v.parse(decisionRowSchema, JSON.parse(line)));
}

/** Calls the real handler with its middleware. */
export async function replayRow(each: DecisionRow): Promise<ReplayedRow> {
  const { decisions } = await handler(passThroughJson(each.in), createContext());
  const [decision] = decisions;
  if (decision === undefined || decisions.length > 1) throw new Error("one scaler, one decision");
  return { row: each, decided: v.parse(decisionSchema, decision), reasons: decision.reasons };
}

/** Whether the decision is the expected one. */
export function isAsExpected({ row: { expected: recorded }, decided }: ReplayedRow): boolean {
  const { action, from, to } = recorded;
  return decided.action === action && decided.from === from && decided.to === to;
}
