import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type RunningProcess, runProcess, startProcess, withoutAws } from "./processes.ts";

/** MiniStack, an independent emulator of AWS: `ministack` on PyPI. */

const VERSION = "1.5.33";

const PROGRAM = join(import.meta.dirname, "patched-ministack.py");

/** Only a failed start takes this long. */
const STARTS_WITHIN_MILLISECONDS = 60_000;

/** The folders of a run. */
export interface Folders {
  project: string;
  /** For the files of this run. */
  work: string;
  /** For temporary files of other programs; part of `work`. */
  temporary: string;
}

/** Installs MiniStack in this project's folder, once. Returns the path of its Python. */
export async function installMiniStack(python: string, { project }: Folders): Promise<string> {
  const environment = join(project, ".venv", `ministack-${VERSION}`);
  const program = join(environment, "bin/python");
  const complete = join(environment, "bin/ministack");
  if (existsSync(complete)) return program;
  rmSync(environment, { recursive: true, force: true });
  const at = { cwd: project, env: process.env };
  await runProcess(python, ["-m", "venv", environment], at);
  await runProcess(program, ["-m", "pip", "install", "--quiet", `ministack[full]==${VERSION}`], at);
  return program;
}

/** A running MiniStack. */
export interface MiniStack {
  endpoint: string;
  /** Returns its output so far. */
  output(): string;
}

/** Starts MiniStack on a free port of this machine, and waits until it answers. */
export async function startMiniStack(
  python: string,
  { project, work, temporary }: Folders,
): Promise<MiniStack> {
  const port = await findFreePort();
  const state = join(work, "state");
  mkdirSync(state);
  // It starts functions with a CommonJS file there. This project's package.json would make it a module.
  writeFileSync(join(temporary, "package.json"), '{ "type": "commonjs" }');
  const env = {
    ...withoutAws(process.env),
    PATH: `${join(project, "node_modules/node/bin")}:${process.env.PATH}`, // The Node of the functions.
    GATEWAY_PORT: String(port),
    BIND_HOST: "127.0.0.1",
    LAMBDA_EXECUTOR: "local",
    IOT_MTLS_ENABLED: "0", // It would open another port, always the same one.
    STATE_DIR: state,
    TMPDIR: temporary,
  };
  const ministack = startProcess(python, [PROGRAM], { cwd: work, env });
  const endpoint = `http://127.0.0.1:${port}`;
  await waitUntilHealthy(endpoint, ministack);
  return { endpoint, output: ministack.output };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string")
    throw new TypeError("the server has no port");
  return address.port;
}

async function waitUntilHealthy(
  endpoint: string,
  { child, output }: RunningProcess,
): Promise<void> {
  const untilMs = performance.now() + STARTS_WITHIN_MILLISECONDS;
  while (performance.now() < untilMs && child.exitCode === null) {
    const answer = await fetch(`${endpoint}/_ministack/health`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(200); // No answer yet. The end of the loop detects a failed start.
  }
  throw new Error(`MiniStack does not answer. Its output:\n${output()}`);
}
