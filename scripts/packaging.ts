import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { unzipSync } from "fflate";

const PROJECT = resolve(import.meta.dirname, "..");
const OSLS = join(PROJECT, "node_modules/serverless/bin/serverless.js");

/** The result of `serverless package`. */
export interface Packaging {
  ok: boolean;
  /** Everything that it printed. */
  output: string;
}

/** The package of one function. */
export interface Bundle {
  /** The name of the function's file, without extension: `claim-slot`. */
  name: string;
  /** The path of the uploaded package. */
  archive: string;
  /** Size of the uploaded package. */
  zippedBytes: number;
  /** The paths of all files in the package. */
  files: string[];
  /** The unpacked bundle. Its folder contains nothing that it could import. */
  path: string;
}

/**
 * Runs `serverless package` on this project. It needs neither credentials nor a network.
 * @throws Error if the command cannot be started
 */
export function packageProject(directory: string, args: readonly string[] = []): Packaging {
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [OSLS, "package", "--package", directory, ...args],
    { cwd: PROJECT, encoding: "utf8" },
  );
  if (error) throw error;
  return { ok: status === 0, output: stdout + stderr };
}

/** Returns the CloudFormation template of a packaged project. */
export function readTemplate(directory: string): unknown {
  const path = join(directory, "cloudformation-template-update-stack.json");
  return JSON.parse(readFileSync(path, "utf8"));
}

/**
 * Unpacks all packages into another directory.
 * @throws Error if a package contains no bundle
 */
export function unpack(directory: string, into: string): Bundle[] {
  const packages = readdirSync(directory).filter((file) => file.endsWith(".zip"));
  return packages.map((file) => {
    const zip = readFileSync(join(directory, file));
    const files = unzipSync(zip);
    for (const [path, contents] of Object.entries(files)) {
      mkdirSync(dirname(join(into, path)), { recursive: true });
      writeFileSync(join(into, path), contents);
    }
    const bundle = Object.keys(files).find((path) => path.endsWith(".mjs"));
    if (bundle === undefined) throw new Error(`${file} contains no bundle`);
    return {
      name: basename(bundle, ".mjs"),
      archive: join(directory, file),
      zippedBytes: zip.length,
      files: Object.keys(files),
      path: join(into, bundle),
    };
  });
}
