import type { Mutant } from "./mutants.ts";

/** A mutant that no test can notice, because the program does the same with it. */
export interface EquivalentMutant {
  file: string;
  /** The text of the mutant's first line, without the spaces around it. */
  line: string;
  original: string;
  replacement: string;
  reason: string;
}

/** Each was a survivor of `npm run mutation`. */
export const EQUIVALENT_MUTANTS: readonly EquivalentMutant[] = [];

export function isEquivalent(mutant: Mutant): boolean {
  return EQUIVALENT_MUTANTS.some((named) => isNamed(mutant, named));
}

/** Throws if a named mutant of these files does not exist any more. */
export function checkNames(mutants: readonly Mutant[]): void {
  const files = new Set(mutants.map(({ file }) => file));
  for (const named of EQUIVALENT_MUTANTS) {
    if (!files.has(named.file) || mutants.some((mutant) => isNamed(mutant, named))) continue;
    const { file, line, replacement } = named;
    throw new Error(
      `equivalent.ts names a mutant that does not exist: ${replacement} in ${file}: ${line}`,
    );
  }
}

function isNamed(mutant: Mutant, named: EquivalentMutant): boolean {
  const { file, lineText, original, replacement } = mutant;
  return (
    file === named.file &&
    lineText === named.line &&
    original === named.original &&
    replacement === named.replacement
  );
}
