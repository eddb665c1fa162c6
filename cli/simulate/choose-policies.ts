import { existsSync } from "node:fs";
import { basename } from "node:path";
import { clusterName, type LoopInput } from "../../config/loops.ts";
import { formatPlace, validateFile } from "../../config/validate-file.ts";
import { ownValue } from "../../functions/core/own-value.ts";
import { findNearestName, type Problem } from "../../functions/core/problems.ts";
import type { EventDelivery } from "../../simulation/events/delivery.ts";
import { createIdealPolicy } from "../../simulation/policies/ideal.ts";
import { createNativePolicy } from "../../simulation/policies/native.ts";
import type { Policy } from "../../simulation/policies/policy.ts";
import { createReferencePolicy } from "../../simulation/policies/reference.ts";
import { createReferenceElasticPolicy } from "../../simulation/policies/reference-elastic.ts";
import { createRulesPolicy } from "../../simulation/policies/rules.ts";

type CreatePolicy = (loops: readonly LoopInput[], delivery: EventDelivery) => Policy;

const BUILT_IN_POLICIES: Readonly<Record<string, CreatePolicy>> = {
  reference: (loops) => createReferencePolicy(loops),
  "reference-elastic-1.12": (loops) => createReferenceElasticPolicy("1.12", loops),
  "reference-elastic-1.13": (loops) => createReferenceElasticPolicy("1.13", loops),
  events: createEventsPolicy,
  native: (loops) => createNativePolicy(loops),
  ideal: (loops) => createIdealPolicy(loops),
};

function createEventsPolicy(loops: readonly LoopInput[], delivery: EventDelivery): Policy {
  const about = "this project's rules, with Buildkite's events in every cluster";
  return createRulesPolicy("events", loops, about, () => delivery);
}

/** The policies of `--compare` if it is not set. */
export const DEFAULT_COMPARED = ["reference", "native", "ideal"];

/** The policies of a comparison, and what is wrong with their files and names. */
export interface ChosenPolicies {
  policies: Policy[];
  problems: Problem[];
}

/**
 * The policies to compare, first the rules with the scalers file itself, and all problems of the files.
 * @param delivery how Buildkite's events reach clusters with `events`
 */
export function choosePolicies(
  file: string,
  compared: readonly string[],
  delivery: EventDelivery,
): ChosenPolicies {
  const { loops, problems, createPolicy: createOwn } = readRules(file, delivery);
  const others = [...new Set(compared)].map((name) => {
    const createPolicy = ownValue(BUILT_IN_POLICIES, name);
    return createPolicy === undefined
      ? readRulesPolicy(name, delivery)
      : { policies: [createPolicy(loops, delivery)], problems: [] };
  });
  return {
    policies: [createOwn("ours"), ...others.flatMap((other) => other.policies)],
    problems: [...problems, ...others.flatMap((other) => other.problems)],
  };
}

function readRulesPolicy(file: string, delivery: EventDelivery): ChosenPolicies {
  if (!existsSync(file)) return { policies: [], problems: [explainUnknownPolicy(file)] };
  const { problems, createPolicy } = readRules(file, delivery);
  return { policies: [createPolicy(basename(file))], problems };
}

function explainUnknownPolicy(name: string): Problem {
  const known = Object.keys(BUILT_IN_POLICIES);
  const meant = findNearestName(name, known);
  const hint =
    meant === undefined
      ? `allowed: ${known.join(", ")}, or the path of a scalers file`
      : `did you mean "${meant}"?`;
  return { where: `--compare ${name}`, what: `there is no such policy and no such file; ${hint}` };
}

/** Reads a scalers file. The policy is this project's rules; its clusters with `events` listen to them. */
function readRules(file: string, delivery: EventDelivery) {
  const { loops, events, problems } = validateFile(file);
  const listening = events.size === 0 ? "" : " and Buildkite's events";
  const about = `this project's rules, with ${basename(file)}${listening}`;
  const deliveryOf = ({ name }: LoopInput) =>
    events.has(clusterName(name)) ? delivery : undefined;
  return {
    loops,
    problems: problems.map((problem) => ({ where: formatPlace(problem), what: problem.what })),
    createPolicy: (name: string) => createRulesPolicy(name, loops, about, deliveryOf),
  };
}
