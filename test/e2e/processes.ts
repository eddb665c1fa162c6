import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { devNull } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** The processes of this run. Each leads a process group, so that its children end with it. */

/** Working directory and environment of a program. */
export interface Start {
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** A running program. */
export interface RunningProcess {
  child: ChildProcess;
  /** Returns its output so far. */
  output(): string;
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
  return { child, output: () => output };
}

/** Runs a program to its end, and returns its output. @throws Error with the output if it fails */
export async function runProcess(
  program: string,
  args: readonly string[],
  at: Start,
): Promise<string> {
  const { child, output } = startProcess(program, args, at);
  await Promise.race([once(child, "close"), once(child, "error")]);
  running.delete(child);
  if (child.exitCode === 0) return output();
  throw new Error(`${program} ${args.join(" ")} ended with code ${child.exitCode}:\n${output()}`);
}

/** Enough for a server to close its sockets. */
const GRACE_MILLISECONDS = 5000;

/** Ends every program that is still running, and everything that it started. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map(endProcess));
}

async function endProcess(child: ChildProcess): Promise<void> {
  sendSignal(child, "SIGTERM");
  const grace = new AbortController();
  const ended = child.exitCode === null ? once(child, "exit") : Promise.resolve();
  await Promise.race([ended, sleep(GRACE_MILLISECONDS, undefined, { signal: grace.signal })]);
  grace.abort();
  sendSignal(child, "SIGKILL"); // For processes of the group that are still running.
  running.delete(child);
}

/** Signals a process group. A group that has ended needs no signal. */
function sendSignal({ pid }: ChildProcess, name: "SIGTERM" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Returns an environment without AWS credentials, so that no real account can be reached. */
export function withoutAws(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !name.startsWith("AWS_"));
  return {
    ...Object.fromEntries(others),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
  };
}
