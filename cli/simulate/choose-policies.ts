import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { LoopInput } from "../../config/loops.ts";
import { formatPlace, validateFile } from "../../config/validate-file.ts";
import { ownValue } from "../../functions/core/own-value.ts";
import { findNearestName, type Problem } from "../../functions/core/problems.ts";
import { createIdealPolicy } from "../../simulation/policies/ideal.ts";
import { createNativePolicy } from "../../simulation/policies/native.ts";
import type { Policy } from "../../simulation/policies/policy.ts";
import { createReferencePolicy } from "../../simulation/policies/reference.ts";
import { createReferenceElasticPolicy } from "../../simulation/policies/reference-elastic.ts";
import { createRulesPolicy } from "../../simulation/policies/rules.ts";

const BUILT_IN_POLICIES: Readonly<Record<string, (loops: readonly LoopInput[]) => Policy>> = {
  reference: createReferencePolicy,
  "reference-elastic-1.12": (loops) => createReferenceElasticPolicy("1.12", loops),
  "reference-elastic-1.13": (loops) => createReferenceElasticPolicy("1.13", loops),
  native: createNativePolicy,
  ideal: createIdealPolicy,
};

/** The policies of `--compare` if it is not set. */
export const DEFAULT_COMPARED = ["reference", "native", "ideal"];

/** The policies to compare, first the rules with the scalers file itself, and all problems of the files. */
export function choosePolicies(
  file: string,
  compared: readonly string[],
): { policies: Policy[]; problems: Problem[] } {
  const { loops, problems } = readLoops(file);
  const others = [...new Set(compared)].map((name) => {
    const createPolicy = ownValue(BUILT_IN_POLICIES, name);
    return createPolicy === undefined
      ? readRulesPolicy(name)
      : { policies: [createPolicy(loops)], problems: [] };
  });
  const own = createRulesPolicy("ours", loops, `this project's rules, with ${basename(file)}`);
  return {
    policies: [own, ...others.flatMap((other) => other.policies)],
    problems: [...problems, ...others.flatMap((other) => other.problems)],
  };
}

function readRulesPolicy(file: string): { policies: Policy[]; problems: Problem[] } {
  if (!existsSync(file)) return { policies: [], problems: [explainUnknownPolicy(file)] };
  const { loops, problems } = readLoops(file);
  const about = `this project's rules, with ${basename(file)}`;
  return { policies: [createRulesPolicy(basename(file), loops, about)], problems };
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

function readLoops(file: string): { loops: readonly LoopInput[]; problems: Problem[] } {
  const { loops, problems } = validateFile(file);
  return {
    loops,
    problems: problems.map((problem) => ({ where: formatPlace(problem), what: problem.what })),
  };
}
