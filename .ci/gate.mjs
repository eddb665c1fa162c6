// The gate, in plain JavaScript for whatever Node (20.19 or later) the machine has: a fresh clone is
// installed and tested with the README's own commands, then come the slower checks.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const project = resolve(import.meta.dirname, "..");
const parity = resolve(project, "../shared/parity/decisions.jsonl");
const clone = mkdtempSync(join(tmpdir(), "scaling-loop-gate-"));

/** How test/e2e/all.ts ends, having said so, where there is no Python 3.10 or later. */
const NO_PYTHON = 3;

const steps = [
  ["a fresh clone", freshClone],
  ["npm ci", install],
  ["npm start, until all three groups were scaled out, then Ctrl-C", mainJob],
  ["npm test", () => run("npm test")],
  ["npm run check", () => run("npm run check")],
  ["every decision of the reference", everyDecision],
  ["npm run bench", () => run("npm run bench")],
  ["npm run bundles", () => run("npm run bundles")],
  ["npm run test:deploy", () => run("npm run test:deploy")],
  ["npm run test:e2e", () => run("npm run test:e2e", { skippedBy: NO_PYTHON })],
  ["npm run test:browser", () => run("npm run test:browser")],
];

for (const [name, step] of steps) {
  const startedMs = performance.now();
  console.log(`\n=== ${name}`);
  await step().catch((error) => {
    console.error(`\nThe gate failed at "${name}": ${error.message}`);
    console.error(`What it ran lies in ${clone}`);
    process.exit(1);
  });
  console.log(`=== ${name}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}
rmSync(clone, { recursive: true, force: true });
console.log("\nThe gate is passed.");

/** What is committed; where there is no git, what lies here. */
async function freshClone() {
  const cloned = spawnSync("git", ["clone", "--quiet", project, clone], { stdio: "inherit" });
  if (cloned.status === 0) return;
  const isSource = (path) =>
    !/(^|\/)(node_modules|\.git|out|\.serverless|\.esbuild|\.venv|\.e2e)$/.test(path);
  cpSync(project, clone, { recursive: true, filter: isSource });
}

async function install() {
  const output = await run(readmeCommand("npm ci && npm test").split(" && ")[0]);
  if (/\bwarn\b/i.test(withoutUserConfig(output)))
    throw new Error("a plain install prints a warning");
}

/** A machine's own npm configuration may be warned about; that is not this project's doing. */
function withoutUserConfig(output) {
  return output.replaceAll(/^npm warn Unknown user config.*$/gm, "");
}

async function mainJob() {
  const command = readmeCommand("npm ci && npm start").split(" && ")[1];
  const output = await run(command, { stopWhen: sawThreeScaleOuts, atMostMs: 120_000 });
  if (!sawThreeScaleOuts(output)) throw new Error("three groups were not scaled out");
  if (!/history.*\.json/i.test(output)) throw new Error("the summary names no history file");
}

function sawThreeScaleOuts(output) {
  const scalers = output.matchAll(/: (\S+) scale-out \d+ to \d+/g);
  return new Set([...scalers].map(([, scaler]) => scaler)).size >= 3;
}

/** The README's own words are run, so that they cannot rot. */
function readmeCommand(line) {
  const readme = readFileSync(join(clone, "README.md"), "utf8");
  if (!readme.split("\n").includes(line)) throw new Error(`README.md has no line "${line}"`);
  return line;
}

async function everyDecision() {
  if (!existsSync(parity))
    return console.log("skipped: the shared folder of decisions is not here");
  await run(`npm run parity -- ${JSON.stringify(parity)}`);
}

/**
 * Runs a command in the clone and shows what it prints. With `stopWhen` it is interrupted, as by
 * Ctrl-C, once its output satisfies that, and has to end well all the same. With `skippedBy` it may
 * also end with that code.
 */
function run(command, { stopWhen, atMostMs, skippedBy } = {}) {
  return new Promise((resolved, rejected) => {
    const child = spawn(command, { cwd: clone, shell: true, detached: stopWhen !== undefined });
    let output = "";
    let interrupted = false;
    const interrupt = () => {
      if (interrupted) return;
      interrupted = true;
      process.kill(-child.pid, "SIGINT");
    };
    const timer = atMostMs === undefined ? undefined : setTimeout(interrupt, atMostMs);
    const take = (stream) => (chunk) => {
      stream.write(chunk);
      output += chunk;
      if (stopWhen?.(output)) interrupt();
    };
    child.stdout.on("data", take(process.stdout));
    child.stderr.on("data", take(process.stderr));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      // The shells around it die of the interruption themselves; that it ended well shows in what it said.
      const endedWell = code === 0 || code === skippedBy;
      if (endedWell || (interrupted && signal === "SIGINT")) resolved(output);
      else rejected(new Error(`"${command}" ended with code ${code}`));
    });
  });
}
