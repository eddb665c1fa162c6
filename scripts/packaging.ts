import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { unzipSync } from "fflate";

const PROJECT = resolve(import.meta.dirname, "..");
const OSLS = join(PROJECT, "node_modules/serverless/bin/serverless.js");

/** What `serverless package` said, and whether it went well. */
export interface Packaging {
  ok: boolean;
  output: string;
}

/** One function's package. */
export interface Bundle {
  /** The function's file without its ending: `claim-slot`. */
  name: string;
  /** Of the package as it is uploaded. */
  zippedBytes: number;
  /** The paths of all files in the package. */
  files: string[];
  /** Where the bundle lies unpacked, with nothing beside it that it could import. */
  path: string;
}

/** Runs `serverless package` on this project; needs neither credentials nor a network. */
export function packageProject(directory: string, args: readonly string[] = []): Packaging {
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [OSLS, "package", "--package", directory, ...args],
    { cwd: PROJECT, encoding: "utf8" },
  );
  if (error) throw error;
  return { ok: status === 0, output: stdout + stderr };
}

/** The template of what was packaged. */
export function readTemplate(directory: string): unknown {
  const path = join(directory, "cloudformation-template-update-stack.json");
  return JSON.parse(readFileSync(path, "utf8"));
}

/** Unpacks what was packaged into another directory. */
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
    if (bundle === undefined) throw new Error(`there is no bundle in ${file}`);
    return {
      name: basename(bundle, ".mjs"),
      zippedBytes: zip.length,
      files: Object.keys(files),
      path: join(into, bundle),
    };
  });
}
