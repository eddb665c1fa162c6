import type { AgentCounts, GroupFacts, JobCounts } from "../facts.ts";
import type { ScalerMemory } from "../memory.ts";
import type { Scaler } from "../scaler.ts";
import type { Demand } from "./demand.ts";

/** Everything that a rule may look at: one scaler, the facts of one poll, and what is remembered. */
export interface Situation {
  scaler: Scaler;
  /** Jobs of all the scaler's queues. */
  jobs: JobCounts;
  /** Agents of all the scaler's queues. */
  agents: AgentCounts;
  /** Rule 1. */
  demand: Demand;
  group: GroupFacts;
  memory: ScalerMemory;
  /** Now, RFC 3339. */
  observedAt: string;
}

/** The number of instances after one rule, and the rule's reasons. */
export interface Step {
  instances: number;
  /** How the number comes about. Left out of a decision that changes nothing. */
  arithmetic?: string[];
  /** The limit or the exception that determined the number. Part of every decision. */
  limits?: string[];
}

/** Takes the number of instances so far and returns the number after this rule. Pure. */
export type Rule = (instances: number, situation: Situation) => Step;

/** Every reason of a step, in the order in which a person reads them. */
export function listReasons({ arithmetic = [], limits = [] }: Step): string[] {
  return [...arithmetic, ...limits];
}
