import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { devNull } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** Processes of this run. Each leads a group of its own, by whose id all that it starts is ended. */

/** How a program is started. */
export interface Start {
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** A program that runs, and what it has said so far. */
export interface RunningProcess {
  child: ChildProcess;
  said(): string;
}

const running = new Set<ChildProcess>();

/** Starts a program. */
export function startProcess(
  program: string,
  args: readonly string[],
  { cwd, env }: Start,
): RunningProcess {
  const child = spawn(program, args, { cwd, env, detached: true, stdio: "pipe" });
  let output = "";
  const take = (chunk: Buffer) => {
    output += chunk;
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  child.on("error", (error) => take(Buffer.from(`${program}: ${error.message}\n`)));
  running.add(child);
  return { child, said: () => output };
}

/** Runs a program to its end, and gives what it said. @throws Error with that where it fails */
export async function runProcess(
  program: string,
  args: readonly string[],
  at: Start,
): Promise<string> {
  const { child, said } = startProcess(program, args, at);
  await Promise.race([once(child, "close"), once(child, "error")]);
  running.delete(child);
  if (child.exitCode === 0) return said();
  throw new Error(`${program} ${args.join(" ")} ended with code ${child.exitCode}:\n${said()}`);
}

/** Enough for a server to close its sockets. */
const GRACE_MILLISECONDS = 5000;

/** Ends every program that still runs, and all that it started. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map(endProcess));
}

async function endProcess(child: ChildProcess): Promise<void> {
  sendSignal(child, "SIGTERM");
  const waited = new AbortController();
  const ended = child.exitCode === null ? once(child, "exit") : Promise.resolve();
  await Promise.race([ended, sleep(GRACE_MILLISECONDS, undefined, { signal: waited.signal })]);
  waited.abort();
  sendSignal(child, "SIGKILL"); // What has not ended, and what it left behind.
  running.delete(child);
}

/** To the whole group; one that is gone needs none. */
function sendSignal({ pid }: ChildProcess, name: "SIGTERM" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** An environment from which nobody's own account can be reached. */
export function withoutAws(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith("AWS_"));
  return {
    ...Object.fromEntries(kept),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
  };
}
