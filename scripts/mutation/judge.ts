import type { Mutant } from "./mutants.ts";
import type { TestPlan } from "./test-plan.ts";
import type { TestRunner } from "./test-runner.ts";

/** A mutant that timed out is judged again later: a slow machine must not kill it. */
export interface Verdict {
  mutant: Mutant;
  outcome: "killed" | "survived" | "timed out";
  /** The test that noticed the mutant. */
  test?: string;
  /** Of this test. */
  error?: string | undefined;
}

/** Judges a mutant by the tests that execute it, until one fails. */
export async function judgeMutant(
  mutant: Mutant,
  plan: TestPlan,
  runner: TestRunner,
): Promise<Verdict> {
  const { file, from, to, replacement } = mutant;
  const source = runner.readFile(file);
  runner.writeFile(file, source.slice(0, from) + replacement + source.slice(to));
  try {
    return await runUntilKilled(mutant, plan, runner);
  } finally {
    runner.writeFile(file, source);
  }
}

async function runUntilKilled(
  mutant: Mutant,
  plan: TestPlan,
  runner: TestRunner,
): Promise<Verdict> {
  for (const test of plan.listTests(mutant)) {
    const { outcome, error } = await runner.run(test, plan.limitSeconds(test));
    if (outcome === "failed") return { mutant, outcome: "killed", test, error };
    if (outcome === "timed out") return { mutant, outcome, test };
  }
  return { mutant, outcome: "survived" };
}
