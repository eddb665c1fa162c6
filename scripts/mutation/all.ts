import { globSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { randomStream, sampleWhole } from "../../simulation/fleet/random.ts";
import { formatTable } from "../../simulation/format-table.ts";
import { copyProject, isKilled, listTestRuns, type ProjectCopy, runTests } from "./judge.ts";
import { listMutants, type Mutant } from "./mutants.ts";

/**
 * Changes the sources, one small change at a time, and prints the changes that no test notices. The
 * mutants are those of StrykerJS, and vitest judges each of them in a copy of the project.
 *
 *   npm run mutation -- --files "functions/core/**" --sample 100 --seed 1
 */

const { values } = parseArgs({
  options: {
    files: { type: "string", multiple: true, default: ["functions/**", "statemachine/*.asl.yml"] },
    sample: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "2" },
    tests: {
      type: "string",
      multiple: true,
      default: ["test/functions", "test/parity", "test/statemachine", "test/loop"],
    },
  },
});

/** A line about the progress after so many mutants: a run of 1,000 takes an hour. */
const PROGRESS = 10;

interface Verdict {
  mutant: Mutant;
  killed: boolean;
}

const mutants = await sampleMutants();
const copies = Array.from({ length: readWhole("workers") }, () => copyProject(values.tests));
try {
  await checkUnchanged(copies);
  const verdicts = await judgeAll(copies);
  printScores(verdicts);
} finally {
  for (const copy of copies) rmSync(copy, { recursive: true });
}

/** Draws without replacement, so that the same seed and the same sources are the same sample. */
async function sampleMutants(): Promise<Mutant[]> {
  const files = globSync(values.files).filter((file) => /\.(ts|yml)$/.test(file));
  const all = (await Promise.all(files.sort().map(listMutants))).flat();
  const count = Math.min(readWhole("sample"), all.length);
  const random = randomStream(readWhole("seed"), "mutation");
  for (let index = 0; index < count; index += 1) {
    const other = sampleWhole(index, all.length - 1, random);
    const [first, second] = [all[index], all[other]];
    if (first && second) [all[index], all[other]] = [second, first];
  }
  console.log(`${count} of ${all.length} mutants in ${files.length} files, seed ${values.seed}`);
  return all.slice(0, count);
}

function readWhole(name: "sample" | "seed" | "workers"): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new Error(`--${name} is ${values[name]}; allowed: a whole number of at least 1`);
}

/** Without this, tests that fail anyway would kill every mutant. */
async function checkUnchanged([copy = ""]: readonly ProjectCopy[]): Promise<void> {
  if (await runTests([], copy)) return;
  throw new Error(`tests in ${values.tests.join(", ")} fail without a mutant: repair them first`);
}

async function judgeAll(copies: readonly ProjectCopy[]): Promise<Verdict[]> {
  const queue = [...mutants];
  const verdicts: Verdict[] = [];
  const work = async (copy: ProjectCopy) => {
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
      const killed = await isKilled(mutant, listTestRuns(mutant.file), copy);
      verdicts.push({ mutant, killed });
      if (!killed) console.log(`survived ${describeMutant(mutant)}`);
      if (verdicts.length % PROGRESS === 0) console.log(describeProgress(verdicts));
    }
  };
  await Promise.all(copies.map(work));
  return verdicts;
}

function describeProgress(verdicts: readonly Verdict[]): string {
  const survived = verdicts.filter(({ killed }) => !killed).length;
  return `judged ${verdicts.length} of ${mutants.length}, ${survived} survived`;
}

function describeMutant({ file, line, original, replacement }: Mutant): string {
  return `${file}:${line}\n  - ${original.replace(/\s+/g, " ")}\n  + ${replacement.replace(/\s+/g, " ")}`;
}

function printScores(verdicts: readonly Verdict[]): void {
  const byFolder = Map.groupBy(verdicts, ({ mutant }) => dirname(mutant.file));
  const folders = [...byFolder].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = [...folders, ["all", verdicts] as const].map(([folder, some]) => {
    const killed = some.filter((verdict) => verdict.killed).length;
    const share = `${((100 * killed) / some.length).toFixed(1)} %`;
    return [folder, String(killed), String(some.length - killed), share];
  });
  for (const line of formatTable([["folder", "killed", "survived", "score"], ...rows])) {
    console.log(line);
  }
}
