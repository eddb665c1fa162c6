import { dirname } from "node:path";
import { formatTable } from "../../simulation/format-table.ts";
import { isEquivalent } from "./equivalent.ts";
import type { Verdict } from "./judge.ts";

export function describeProgress(verdicts: readonly Verdict[], sample: number): string {
  const survived = verdicts.filter(({ outcome }) => outcome === "survived").length;
  return `judged ${verdicts.length} of ${sample}, ${survived} survived`;
}

export function describeVerdict({ mutant, outcome, test }: Verdict): string {
  const { file, line, original, replacement } = mutant;
  const name = isEquivalent(mutant) ? `${outcome} (named as equivalent)` : outcome;
  const where = test ? ` in ${test}` : "";
  return `${name} ${file}:${line}${where}\n  - ${joinLines(original)}\n  + ${joinLines(replacement)}`;
}

function joinLines(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** Returns the table of scores by folder. The equivalent mutants do not count. */
export function listScores(verdicts: readonly Verdict[]): string[] {
  const byFolder = Map.groupBy(verdicts, ({ mutant }) => dirname(mutant.file));
  const folders = [...byFolder].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = [...folders, ["all", verdicts] as const].map(([folder, some]) => [
    folder,
    ...scoreCells(some),
  ]);
  const header = ["folder", "killed", "timed out", "survived", "equivalent", "score"];
  return formatTable([header, ...rows]);
}

function scoreCells(verdicts: readonly Verdict[]): string[] {
  const counted = verdicts.filter(({ mutant }) => !isEquivalent(mutant));
  const count = (wanted: Verdict["outcome"]) =>
    counted.filter(({ outcome }) => outcome === wanted).length;
  const survived = count("survived");
  const score = `${((100 * (counted.length - survived)) / counted.length).toFixed(1)} %`;
  const equivalent = verdicts.length - counted.length;
  return [count("killed"), count("timed out"), survived, equivalent].map(String).concat(score);
}
