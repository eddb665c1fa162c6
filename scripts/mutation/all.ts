import { appendFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { randomStream, sampleWhole } from "../../simulation/fleet/random.ts";
import { checkNames } from "./equivalent.ts";
import { judgeMutant, type Verdict } from "./judge.ts";
import { listMutants, type Mutant } from "./mutants.ts";
import { copyProject } from "./project-copy.ts";
import { describeProgress, describeVerdict, listScores } from "./report.ts";
import { TestPlan, timeTests, traceTests } from "./test-plan.ts";
import { TestRunner } from "./test-runner.ts";

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
    minutes: { type: "string", default: "60" },
    resume: { type: "boolean", default: false },
    tests: {
      type: "string",
      multiple: true,
      default: ["functions", "parity", "statemachine", "loop", "config", "deploy"].map(
        (folder) => `test/${folder}`,
      ),
    },
  },
});

/** Every verdict, with the test that failed and its error. */
const VERDICTS = "out/mutation.jsonl";

/**
 * Simulates days of a fleet, and takes as long as all other tests together. A mutant that nothing else
 * notices needs a test of its own.
 */
const SLOWEST = "test/loop/graceful.test.ts";

/** A line about the progress after so many mutants. */
const PROGRESS = 10;

const endMs = performance.now() + readWhole("minutes") * 60_000;
const files = globSync(values.files).filter((file) => /\.(ts|yml)$/.test(file));
const { mutants, instrumented } = await listMutants(files.sort());
checkNames(mutants);
const sample = drawSample();
const known = values.resume ? readKilled() : [];
mkdirSync("out", { recursive: true });
writeFileSync(VERDICTS, known.map(formatVerdict).join(""));
const copies = Array.from({ length: readWhole("workers") + 1 }, () => copyProject(values.tests));
const [tracedCopy = "", ...judgedCopies] = copies;
const runners = judgedCopies.map((copy) => new TestRunner(copy));
try {
  const plan = await planTests();
  const verdicts = await judgeAll(plan);
  for (const line of listScores(verdicts)) console.log(line);
} finally {
  for (const runner of runners) runner.close();
  for (const copy of copies) rmSync(copy, { recursive: true });
}

/** Reads which mutants of the sample an earlier run killed, if their files are the same up to the mutant. */
function readKilled(): Verdict[] {
  const lines = readFileSync(VERDICTS, "utf8").trimEnd().split("\n");
  const earlier = lines.map((line): Verdict => JSON.parse(line));
  const byMutant = new Map(earlier.map((verdict) => [describeMutant(verdict.mutant), verdict]));
  const found = sample.flatMap((mutant) => {
    const verdict = byMutant.get(describeMutant(mutant));
    return verdict?.outcome === "killed" ? [{ ...verdict, mutant }] : [];
  });
  console.log(`${found.length} of them were killed in an earlier run`);
  return found;
}

function formatVerdict(verdict: Verdict): string {
  return `${JSON.stringify(verdict)}\n`;
}

function describeMutant({ file, lineText, from, to, replacement }: Mutant): string {
  return JSON.stringify([file, lineText, from, to, replacement]);
}

/** Draws without replacement, so that the same seed and the same sources are the same sample. */
function drawSample(): Mutant[] {
  const count = Math.min(readWhole("sample"), mutants.length);
  const random = randomStream(readWhole("seed"), "mutation");
  const drawn = [...mutants];
  for (let index = 0; index < count; index += 1) {
    const other = sampleWhole(index, drawn.length - 1, random);
    const [first, second] = [drawn[index], drawn[other]];
    if (first && second) [drawn[index], drawn[other]] = [second, first];
  }
  console.log(
    `${count} of ${mutants.length} mutants in ${files.length} files, seed ${values.seed}`,
  );
  return drawn.slice(0, count);
}

function readWhole(name: "sample" | "seed" | "workers" | "minutes"): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new Error(`--${name} is ${values[name]}; allowed: a whole number of at least 1`);
}

async function planTests(): Promise<TestPlan> {
  const [runner] = runners;
  if (!runner) throw new Error("no worker");
  const tests = values.tests.flatMap((folder) => globSync(`${folder}/**/*.test.ts`));
  const fast = tests.filter((test) => !test.endsWith(".slow.test.ts") && test !== SLOWEST);
  const [seconds, testsOf] = await Promise.all([
    timeTests(fast, runner),
    traceTests(fast, tracedCopy, instrumented),
  ]);
  const total = [...seconds.values()].reduce((sum, some) => sum + some, 0);
  console.log(`${fast.length} test files pass in ${total.toFixed(0)} s without a mutant`);
  return new TestPlan(seconds, testsOf);
}

/** Judges the sample until the time is over; then those that timed out once more, one at a time. */
async function judgeAll(plan: TestPlan): Promise<Verdict[]> {
  const done = new Set(known.map(({ mutant }) => mutant));
  const queue = sample.filter((mutant) => !done.has(mutant));
  const verdicts: Verdict[] = [...known];
  const work = async (runner: TestRunner) => {
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
      const verdict = await judgeMutant(mutant, plan, runner);
      verdicts.push(verdict);
      appendFileSync(VERDICTS, formatVerdict(verdict));
      if (verdict.outcome !== "killed") console.log(describeVerdict(verdict));
      if (verdicts.length % PROGRESS === 0) console.log(describeProgress(verdicts, sample.length));
      if (performance.now() > endMs) return;
    }
  };
  await Promise.all(runners.map(work));
  return await judgeTimeoutsAgain(verdicts, plan);
}

async function judgeTimeoutsAgain(
  verdicts: readonly Verdict[],
  plan: TestPlan,
): Promise<Verdict[]> {
  const final = verdicts.filter(({ outcome }) => outcome !== "timed out");
  const [runner] = runners;
  for (const { mutant, outcome } of verdicts) {
    if (outcome !== "timed out" || !runner) continue;
    const verdict = await judgeMutant(mutant, plan, runner);
    console.log(`again: ${describeVerdict(verdict)}`);
    final.push(verdict);
  }
  return final;
}
