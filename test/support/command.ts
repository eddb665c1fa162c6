import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A run of `scaling-loop`, started as a user does. */
export interface Started {
  /** Resolves when the output contains a text. */
  says(text: string): Promise<void>;
  interrupt(): void;
  ended: Promise<{ exitCode: number | null; output: string }>;
}

/** Starts a command in an environment. Its output includes stderr. */
export function startCommand(args: readonly string[], env: NodeJS.ProcessEnv): Started {
  const child = spawn(process.execPath, ["cli/main.ts", ...args], { cwd: ROOT, env });
  let output = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
      for (const look of listeners) look();
    });
  }
  const ended = new Promise<{ exitCode: number | null; output: string }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ exitCode, output }));
  });
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (output.includes(text)) resolve();
      };
      listeners.add(look);
      look();
      ended.then(() => reject(new Error(`ended without printing ${text}: ${output}`)), reject);
    });
  return { says, interrupt: () => child.kill("SIGINT"), ended };
}
