import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { plural } from "../../functions/core/plural.ts";
import {
  ALL_FAULT_KINDS,
  type FaultKind,
  isFaultKind,
} from "../../simulation/torture/fault-kinds.ts";
import { shrink } from "../../simulation/torture/shrink.ts";
import { runTorture, type TortureResult } from "../../simulation/torture/torture.ts";

/**
 * Runs the loop for years of virtual time under faults, and prints what went wrong. Days are cut into
 * runs; each has a seed of its own, from `--seed` on, with which it can be repeated. Exit
 * code 1 if something went wrong, 2 if a flag is wrong.
 */

const USAGE = `usage: npm run torture -- [flags]
  --days N       simulated days (default: 10)
  --seconds N    go on with further runs for so many seconds, whatever --days says
  --seed S       seed of the first run (default: 1)
  --kinds A,B    only these kinds of fault (default: all)
  --engine       run the definition on the engine, which is slower
  --no-shrink    leave a failing run as it is
kinds: ${ALL_FAULT_KINDS.join(", ")}`;

/** The engine is slower: shorter runs, so that `--seconds` is not exceeded by much. */
const DAYS_PER_RUN = { steps: 10, engine: 0.5 };
const DAY_MS = 86_400_000;
const THREADS = 2;

interface Flags {
  days: number;
  seconds: number | undefined;
  seed: number;
  kinds: readonly FaultKind[];
  onEngine: boolean;
  shrinks: boolean;
}

if (isMainThread) await main();
else await serve();

async function main(): Promise<void> {
  const flags = readFlags();
  if (flags === undefined) {
    console.error(USAGE);
    process.exitCode = 2;
    return;
  }
  const startedMs = performance.now();
  const results = await runAll(flags);
  const seconds = (performance.now() - startedMs) / 1000;
  printSummary(results, seconds);
  const failing = results.filter(({ violations }) => violations.length > 0);
  for (const result of failing) printViolation(result);
  const [first] = failing;
  if (first === undefined) return;
  process.exitCode = 1;
  if (flags.shrinks && !flags.onEngine) printSmallest(await shrink(first));
}

/** Returns undefined if a flag is wrong. */
function readFlags(): Flags | undefined {
  const { values } = parseArgs({
    options: {
      days: { type: "string", default: "10" },
      seconds: { type: "string" },
      seed: { type: "string", default: "1" },
      kinds: { type: "string", default: ALL_FAULT_KINDS.join(",") },
      engine: { type: "boolean", default: false },
      "no-shrink": { type: "boolean", default: false },
    },
  });
  const kinds = values.kinds.split(",").filter((kind) => kind !== "");
  const known = kinds.filter(isFaultKind);
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
  const [days, seed] = [Number(values.days), Number(values.seed)];
  const isValid = days > 0 && Number.isInteger(seed) && (seconds === undefined || seconds > 0);
  if (!isValid || known.length < kinds.length) return undefined;
  return {
    days,
    seconds,
    seed,
    kinds: known,
    onEngine: values.engine,
    shrinks: !values["no-shrink"],
  };
}

/** Runs seed after seed in some threads, until the days or the seconds are over. */
async function runAll(flags: Flags): Promise<TortureResult[]> {
  const untilMs =
    flags.seconds === undefined ? undefined : performance.now() + flags.seconds * 1000;
  const results: TortureResult[] = [];
  let started = 0;
  const daysPerRun = flags.onEngine ? DAYS_PER_RUN.engine : DAYS_PER_RUN.steps;
  const takeDays = () => {
    const left = flags.days - started * daysPerRun;
    if (untilMs === undefined) return Math.min(daysPerRun, left);
    return performance.now() < untilMs ? daysPerRun : 0;
  };
  const runThread = async () => {
    const env = { ...process.env, LOG_LEVEL: "SILENT" };
    const worker = new Worker(new URL(import.meta.url), { workerData: flags, env });
    try {
      for (let days = takeDays(); days > 0; days = takeDays()) {
        const seed = flags.seed + started;
        started += 1;
        const result = await runInWorker(worker, { seed, days });
        printRun(result);
        results.push(result);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: THREADS }, runThread));
  return results.sort((a, b) => a.options.seed - b.options.seed);
}

interface Order {
  seed: number;
  days: number;
}

function runInWorker(worker: Worker, order: Order): Promise<TortureResult> {
  const { promise, resolve, reject } = Promise.withResolvers<TortureResult>();
  worker.once("error", reject);
  worker.once("message", (result: TortureResult) => {
    worker.off("error", reject);
    resolve(result);
  });
  worker.postMessage(order);
  return promise;
}

async function serve(): Promise<void> {
  const { kinds, onEngine }: Flags = workerData;
  // Only with --engine: importing the engine takes a second.
  const run = onEngine ? (await import("./engine.ts")).runTortureOnEngine : runTorture;
  parentPort?.on("message", async ({ seed, days }: Order) => {
    parentPort?.postMessage(await run({ seed, days, kinds }));
  });
}

/** Prints one run while others go on. */
function printRun({ options, simulatedMs, violations }: TortureResult): void {
  const days = (simulatedMs / DAY_MS).toFixed(1);
  console.log(`seed ${options.seed}: ${days} days, ${plural(violations.length, "violation")}`);
}

function printSummary(results: readonly TortureResult[], seconds: number): void {
  const days = sumResults(results, ({ simulatedMs }) => simulatedMs) / DAY_MS;
  const polls = sumResults(results, ({ polls: count }) => count);
  const largest = Math.max(0, ...results.map(({ largestStateBytes }) => largestStateBytes));
  const violations = sumResults(results, (result) => result.violations.length);
  console.log(`${days.toFixed(1)} simulated days in ${seconds.toFixed(0)} s`);
  console.log(`${(days / seconds).toFixed(2)} simulated days per second`);
  console.log(`${polls} polls`);
  console.log(`largest memory and observation: ${largest} bytes`);
  for (const kind of ALL_FAULT_KINDS) {
    const count = sumResults(results, ({ faults }) => faults.get(kind) ?? 0);
    if (count > 0) console.log(`  ${String(count).padStart(9)}  ${kind}`);
  }
  console.log(plural(violations, "violation"));
}

function printViolation({ options, violations }: TortureResult): void {
  for (const { rule, detail, atMs } of violations) {
    const at = new Date(atMs).toISOString();
    console.log(`\nseed ${options.seed}, ${at}: not kept: ${rule}\n  ${detail}`);
  }
}

function printSmallest({ options, violations: [first] }: TortureResult): void {
  if (first === undefined) return;
  const { seed, days, kinds } = options;
  console.log(`\nThe smallest run that breaks the same rule, with what happened before:`);
  console.log(`  npm run torture -- --days ${days} --seed ${seed} --kinds "${kinds.join(",")}"`);
  for (const line of first.before) console.log(`  ${line}`);
  console.log(`  ${first.rule}: ${first.detail}`);
}

function sumResults(
  results: readonly TortureResult[],
  count: (result: TortureResult) => number,
): number {
  return results.reduce((sum, result) => sum + count(result), 0);
}
