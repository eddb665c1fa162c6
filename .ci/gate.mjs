// The gate: installs and tests a fresh clone with the README's own commands, then runs the slower
// checks. It is plain JavaScript, because it runs on any Node from 20.19 on.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const project = resolve(import.meta.dirname, "..");
/** All recorded decisions of the reference, if they are on this machine. Otherwise the sample in the repository is replayed. */
const allDecisions = resolve(project, "../shared/parity/decisions.jsonl");
const clone = mkdtempSync(join(tmpdir(), "scaling-loop-gate-"));

/** The exit code of test/e2e/all.ts if there is no Python 3.10 or later. */
const NO_PYTHON = 3;

const steps = [
  ["a fresh clone", makeClone],
  ["npm ci", install],
  ["npm start, until three groups scale out, then Ctrl-C", startUntilScaled],
  ["npm test", () => run("npm test")],
  ["npm run check", () => run("npm run check")],
  ["npm run test:parity", replayDecisions],
  ["npm run torture", () => run("npm run torture -- --seconds 60")],
  ["npm run torture, on the engine", () => run("npm run torture -- --engine --days 0.1")],
  ["npm run bench", () => run("npm run bench")],
  ["npm run bundle-size", () => run("npm run bundle-size")],
  ["npm run test:deploy", () => run("npm run test:deploy")],
  ["npm run test:e2e", () => run("npm run test:e2e", { skippedBy: NO_PYTHON })],
  ["npm run test:browser", () => run("npm run test:browser")],
];

for (const [name, step] of steps) {
  const startedMs = performance.now();
  console.log(`\n=== ${name}`);
  await step().catch((error) => {
    console.error(`\nThe gate failed at "${name}": ${error.message}`);
    console.error(`The clone is kept in ${clone}`);
    process.exit(1);
  });
  console.log(`=== ${name}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}
rmSync(clone, { recursive: true, force: true });
console.log("\nThe gate passed.");

/** Clones what is committed. Without git, it copies the folder. */
async function makeClone() {
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

/** npm may warn about the machine's own configuration, which is not part of this project. */
function withoutUserConfig(output) {
  return output.replaceAll(/^npm warn Unknown user config.*$/gm, "");
}

async function startUntilScaled() {
  const command = readmeCommand("npm ci && npm start").split(" && ")[1];
  const output = await run(command, { stopWhen: sawThreeScaleOuts, atMostMs: 120_000 });
  if (!sawThreeScaleOuts(output)) throw new Error("fewer than three groups scaled out");
  if (!/history.*\.json/i.test(output))
    throw new Error("the summary does not name the history file");
}

function sawThreeScaleOuts(output) {
  const scalers = output.matchAll(/: (\S+) scale-out \d+ to \d+/g);
  return new Set([...scalers].map(([, scaler]) => scaler)).size >= 3;
}

/** Returns a command that the README contains, so that the README stays correct. */
function readmeCommand(line) {
  const readme = readFileSync(join(clone, "README.md"), "utf8");
  if (!readme.split("\n").includes(line)) throw new Error(`README.md has no line "${line}"`);
  return line;
}

async function replayDecisions() {
  const file = existsSync(allDecisions) ? ` -- ${JSON.stringify(allDecisions)}` : "";
  await run(`npm run test:parity${file}`);
}

/**
 * Runs a command in the clone and prints its output. `stopWhen` interrupts it, as Ctrl-C does, as
 * soon as its output satisfies the condition; the command has to succeed nevertheless. `skippedBy` is
 * an exit code that counts as success.
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
      // The interruption ends the shells around it as well. The output shows whether it succeeded.
      const succeeded = code === 0 || code === skippedBy;
      if (succeeded || (interrupted && signal === "SIGINT")) resolved(output);
      else rejected(new Error(`"${command}" ended with code ${code}`));
    });
  });
}
