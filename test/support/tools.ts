import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { findPython } from "./python.ts";

/**
 * Tools that check a deployment. They are not dependencies of the project: they are installed once,
 * from npm and PyPI, into folders that git ignores.
 */

const PROJECT = resolve(import.meta.dirname, "../..");
const NODE_MODULES = join(PROJECT, "node_modules");

/** The output of a tool, and whether it succeeded. */
export interface ToolOutput {
  ok: boolean;
  output: string;
}

/** Runs a program to its end. @throws Error if it cannot be started */
export function runTool(
  program: string,
  args: readonly string[],
  cwd = PROJECT,
  env = process.env,
): ToolOutput {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env,
    encoding: "utf8",
  });
  if (error) throw error;
  return { ok: status === 0, output: stdout + stderr };
}

function install(program: string, args: readonly string[]): void {
  const { ok, output } = runTool(program, args);
  if (!ok) throw new Error(`${program} ${args.join(" ")} failed:\n${output}`);
}

/** Installs cfn-lint from PyPI, and returns its path. @throws Error if there is no Python */
export function installCfnLint(): string {
  const environment = join(PROJECT, ".venv/cfn-lint");
  const program = join(environment, "bin/cfn-lint");
  if (existsSync(program)) return program;
  const python = findPython();
  if (python === undefined) throw new Error("cfn-lint needs Python, and none is on the path");
  install(python, ["-m", "venv", environment]);
  install(join(environment, "bin/pip"), ["install", "--quiet", "cfn-lint==1.*"]);
  return program;
}

/** Installs Serverless Framework 3 from npm, and returns its folder. */
export function installServerless3(): string {
  return installFromNpm("serverless@3", ["--ignore-scripts"]);
}

/** Installs the oldest Node that the npm package supports, and returns the folder of its program. */
export function installNode20(): string {
  return join(installFromNpm("node@20.19.0", []), "node_modules/node/bin");
}

/** Installs a package into a folder of its own, which it returns. */
function installFromNpm(specifier: string, options: readonly string[]): string {
  const [name = ""] = specifier.split("@");
  const folder = join(PROJECT, ".e2e", specifier);
  if (existsSync(join(folder, "node_modules", name))) return folder;
  mkdirSync(folder, { recursive: true });
  const quiet = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  install("npm", ["install", "--prefix", folder, ...quiet, ...options, specifier]);
  return folder;
}

const SOURCES = ["functions", "config", "deploy", "statemachine", "package.json", "scalers.yml"];

/**
 * Copies the project into a folder with another `serverless`. Whichever `serverless` is started runs
 * the one in the project's node_modules, so that one has to be replaced.
 */
export function copyProjectWith(serverlessFolder: string, into: string): void {
  for (const source of [...SOURCES, "serverless.yml"])
    cpSync(join(PROJECT, source), join(into, source), { recursive: true });
  mkdirSync(join(into, "node_modules"));
  for (const name of readdirSync(NODE_MODULES).filter((each) => each !== "serverless"))
    symlinkSync(join(NODE_MODULES, name), join(into, "node_modules", name));
  const serverless = join(serverlessFolder, "node_modules/serverless");
  symlinkSync(serverless, join(into, "node_modules/serverless"));
}
