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

const TEXT = '"Stryker was here!"';
const LIST = '["Stryker was here"]';

const NO_KEYS = "a text in the place of an object has none of the keys that are read";

/** Each was a survivor of `npm run mutation`. */
export const EQUIVALENT_MUTANTS: readonly EquivalentMutant[] = [
  {
    file: "functions/clients/run-command.ts",
    line: "return toAnswers(answer.CommandInvocations ?? [], at);",
    original: "[]",
    replacement: LIST,
    reason: NO_KEYS,
  },
  {
    file: "functions/clients/run-command.ts",
    line: "{ CommandPlugins = [] }: CommandInvocation,",
    original: "[]",
    replacement: LIST,
    reason: NO_KEYS,
  },
  {
    file: "functions/clients/run-command.ts",
    line: 'for (const { Output = "" } of CommandPlugins) {',
    original: '""',
    replacement: TEXT,
    reason: "neither text is a line of JSON, so neither is an answer",
  },
  {
    file: "functions/clients/run-command.ts",
    line: 'function readDelivery({ Status, StatusDetails = "" }: CommandInvocation): StopRecord["delivered"] {',
    original: '""',
    replacement: TEXT,
    reason: "neither text is one of the details that mean undelivered",
  },
  {
    file: "functions/clients/buildkite.ts",
    line: 'function ageSeconds(dateHeader = "", sentMs: number, receivedMs: number): number {',
    original: '""',
    replacement: TEXT,
    reason: "neither text is a date",
  },
  {
    file: "functions/core/poll.ts",
    line: 'if (group === undefined || "fault" in group) return [];',
    original: '"fault"',
    replacement: '""',
    reason: "a fault has no times, so recallTimes returns what is known",
  },
  {
    file: "functions/core/graceful/select-facts.ts",
    line: "...(stopping?.instances ?? []),",
    original: "[]",
    replacement: LIST,
    reason: "only ids of the group's instances are selected, and this is none",
  },
  {
    file: "functions/core/duration.ts",
    line: 'const [, hours = "0", minutes = "0", seconds = "0"] = parts;',
    original: '"0"',
    replacement: '""',
    reason: "both texts are the number 0",
  },
  {
    file: "functions/core/group-times.ts",
    line: "const [, count, hour] = /^([1-9]\\d{0,5})@(.+)$/.exec(value) ?? [];",
    original: "[]",
    replacement: LIST,
    reason: "the first item is the whole match, which is not read; the others stay undefined",
  },
  {
    file: "functions/apply-scaling.ts",
    line: 'return outcome !== undefined && ("set" in outcome || outcome.unconfirmed === true);',
    original: "outcome !== undefined",
    replacement: "true",
    reason:
      "the type of a map's get allows undefined, but each change that is looked up has an outcome",
  },
  {
    file: "functions/apply-scaling.ts",
    line: 'if (outcome === undefined || mayBeMade(outcome) || "set" in outcome) return false;',
    original: "outcome === undefined",
    replacement: "false",
    reason: "the type of a map's get allows undefined, but each lowering has an outcome",
  },
  {
    file: "functions/apply-scaling.ts",
    line: "if (state === undefined) return [];",
    original: "state === undefined",
    replacement: "false",
    reason:
      "the type of a record allows undefined, but readGroups returns a state or a fault for each name",
  },
  {
    file: "functions/apply-scaling.ts",
    line: "if (state === undefined) return [];",
    original: "[]",
    replacement: LIST,
    reason:
      "the type of a record allows undefined, but readGroups returns a state or a fault for each name",
  },
  {
    file: "functions/fetch-metrics.ts",
    line: "const isKnown = error instanceof ThrottledByBuildkite && error.retryAfterSeconds !== undefined;",
    original: "error instanceof ThrottledByBuildkite && error.retryAfterSeconds !== undefined",
    replacement: "true",
    reason: "other errors have no such key, and JSON leaves out a key whose value is undefined",
  },
];

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
