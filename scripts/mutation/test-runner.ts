import { type ChildProcess, fork } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProjectCopy } from "./project-copy.ts";
import type { RunAnswer, RunRequest } from "./vitest-worker.ts";

export interface Run {
  outcome: "passed" | "failed" | "timed out";
  error?: string;
}

const WORKER = new URL("vitest-worker.ts", import.meta.url);

/** Changes the files of one copy of the project, and runs its test files, one at a time. */
export class TestRunner {
  readonly #copy: ProjectCopy;
  readonly #environment: Record<string, string>;
  #worker: ChildProcess | undefined;
  #changed: string[] = [];

  constructor(copy: ProjectCopy, environment: Record<string, string> = {}) {
    this.#copy = copy;
    this.#environment = environment;
  }

  readFile(file: string): string {
    return readFileSync(join(this.#copy, file), "utf8");
  }

  writeFile(file: string, text: string): void {
    const path = join(this.#copy, file);
    writeFileSync(path, text);
    this.#changed.push(path);
  }

  async run(test: string, limitSeconds: number): Promise<Run> {
    this.#worker ??= this.#startWorker();
    const worker = this.#worker;
    const { promise, resolve, reject } = Promise.withResolvers<Run>();
    const timer = setTimeout(() => resolve({ outcome: "timed out" }), limitSeconds * 1000);
    const onExit = (code: number | null) => reject(new Error(`vitest ended with status ${code}`));
    const onAnswer = ({ error }: RunAnswer) =>
      resolve(error === undefined ? { outcome: "passed" } : { outcome: "failed", error });
    worker.once("exit", onExit).once("message", onAnswer);
    worker.send({ test, changed: this.#changed.splice(0) } satisfies RunRequest);
    try {
      const run = await promise;
      if (run.outcome === "timed out") this.close();
      return run;
    } finally {
      clearTimeout(timer);
      worker.off("exit", onExit).off("message", onAnswer);
    }
  }

  /** Ends the whole process group: a test with an endless loop would go on without vitest. */
  close(): void {
    if (this.#worker?.pid !== undefined) process.kill(-this.#worker.pid, "SIGKILL");
    this.#worker = undefined;
  }

  #startWorker(): ChildProcess {
    const env = { ...process.env, ...this.#environment };
    return fork(WORKER, { cwd: this.#copy, env, detached: true, stdio: "ignore" });
  }
}
