import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type RunningProcess, runProcess, startProcess, withoutAws } from "./processes.ts";

/** MiniStack, an emulator of AWS that nobody here wrote: `ministack` on PyPI. */

const VERSION = "1.5.33";

const PROGRAM = join(import.meta.dirname, "with-error-names.py");

/** Only a bad start takes as long. */
const STARTS_WITHIN_MILLISECONDS = 60_000;

/** Where things are. */
export interface Folders {
  project: string;
  /** For what this run writes. */
  work: string;
  /** For what others leave behind; lies in `work`. */
  temporary: string;
}

/** Installs MiniStack for this project alone, once; gives the path of its Python. */
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

/** MiniStack's address, and what it has said. */
export interface MiniStack {
  endpoint: string;
  said(): string;
}

/** Starts MiniStack on a free port of this machine, and waits until it answers. */
export async function startMiniStack(
  python: string,
  { project, work, temporary }: Folders,
): Promise<MiniStack> {
  const port = await findFreePort();
  const state = join(work, "state");
  mkdirSync(state);
  // It starts functions by a CommonJS file there, which this project's package.json would turn into a module.
  writeFileSync(join(temporary, "package.json"), '{ "type": "commonjs" }');
  const env = {
    ...withoutAws(process.env),
    PATH: `${join(project, "node_modules/node/bin")}:${process.env.PATH}`, // The Lambdas' Node.
    GATEWAY_PORT: String(port),
    BIND_HOST: "127.0.0.1",
    LAMBDA_EXECUTOR: "local",
    IOT_MTLS_ENABLED: "0", // It would open one more port, and the same one every time.
    STATE_DIR: state,
    TMPDIR: temporary,
  };
  const ministack = startProcess(python, [PROGRAM], { cwd: work, env });
  const endpoint = `http://127.0.0.1:${port}`;
  await waitUntilHealthy(endpoint, ministack);
  return { endpoint, said: ministack.said };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new TypeError("no port was given");
  return address.port;
}

async function waitUntilHealthy(endpoint: string, { child, said }: RunningProcess): Promise<void> {
  const untilMs = performance.now() + STARTS_WITHIN_MILLISECONDS;
  while (performance.now() < untilMs && child.exitCode === null) {
    const answer = await fetch(`${endpoint}/_ministack/health`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(200); // Not answered yet, or not at all: the loop's end tells.
  }
  throw new Error(`MiniStack does not answer. It said:\n${said()}`);
}
