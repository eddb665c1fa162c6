import { basename } from "node:path";
import type { LoopInput } from "../../config/loops.ts";
import { validateFile } from "../../config/validate-file.ts";
import type { Problem } from "../../functions/core/problems.ts";
import { createIdealPolicy } from "../../simulation/policies/ideal.ts";
import { createNativePolicy } from "../../simulation/policies/native.ts";
import type { Policy } from "../../simulation/policies/policy.ts";
import { createReferencePolicy } from "../../simulation/policies/reference.ts";
import { createRulesPolicy } from "../../simulation/policies/rules.ts";

/** Policies that come with the project; any other name is a scalers file. */
export const BUILT_IN_POLICIES = ["reference", "native", "ideal"] as const;

const MADE: Readonly<Record<string, (loops: readonly LoopInput[]) => Policy>> = {
  reference: createReferencePolicy,
  native: createNativePolicy,
  ideal: createIdealPolicy,
};

/** The policies to compare, the scalers file's own first, or everything wrong with their files. */
export function choosePolicies(
  file: string,
  compared: readonly string[],
): { policies: Policy[]; problems: Problem[] } {
  const { loops, problems } = read(file);
  const others = [...new Set(compared)].map((name) => {
    const made = Object.hasOwn(MADE, name) ? MADE[name] : undefined;
    return made === undefined ? fromFile(name) : { policies: [made(loops)], problems: [] };
  });
  const own = createRulesPolicy("ours", loops, `this project's rules, with ${basename(file)}`);
  return {
    policies: [own, ...others.flatMap((other) => other.policies)],
    problems: [...problems, ...others.flatMap((other) => other.problems)],
  };
}

function fromFile(file: string): { policies: Policy[]; problems: Problem[] } {
  const { loops, problems } = read(file);
  const about = `this project's rules, with ${basename(file)}`;
  return { policies: [createRulesPolicy(basename(file), loops, about)], problems };
}

function read(file: string): { loops: readonly LoopInput[]; problems: Problem[] } {
  const { loops, problems } = validateFile(file);
  return {
    loops,
    problems: problems.map(({ line, where, what }) => ({
      where: `${line === undefined ? file : `${file}:${line}`}${where === "" ? "" : `: ${where}`}`,
      what,
    })),
  };
}
