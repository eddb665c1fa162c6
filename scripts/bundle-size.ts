import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import pc from "picocolors";
import { type Bundle, packageProject, unpack } from "./packaging.ts";

/** Prints what each function's package weighs and how long it takes to import, and fails over weight. */

const KILOBYTE = 1024;

/** Those that talk to nobody carry no AWS client. */
const TALK_TO_NOBODY = ["claim-slot", "compute-capacity"];
const LIMIT_KILOBYTES = { silent: 15, talking: 85 };

const IMPORTS = 7;

const directory = mkdtempSync(join(tmpdir(), "scaling-loop-bundles-"));
try {
  const { ok, output } = packageProject(join(directory, "packages"));
  if (!ok) throw new Error(output);
  const bundles = unpack(join(directory, "packages"), join(directory, "unpacked"));
  process.exitCode = report(bundles) ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true });
}

function report(bundles: readonly Bundle[]): boolean {
  console.log(`zipped     limit   import on Node ${process.versions.node}, median of ${IMPORTS}`);
  for (const bundle of bundles) console.log(lineOf(bundle));
  return bundles.every((bundle) => bundle.zippedBytes <= limitBytes(bundle));
}

function lineOf(bundle: Bundle): string {
  const limit = limitBytes(bundle);
  const size = kilobytes(bundle.zippedBytes).padStart(7);
  const shown = bundle.zippedBytes <= limit ? size : pc.red(size);
  const milliseconds = `${importMs(bundle).toFixed(0)} ms`;
  return `${shown} ${kilobytes(limit).padStart(9)} ${milliseconds.padStart(8)}   ${bundle.name}`;
}

function limitBytes({ name }: Bundle): number {
  const { silent, talking } = LIMIT_KILOBYTES;
  return (TALK_TO_NOBODY.includes(name) ? silent : talking) * KILOBYTE;
}

function kilobytes(bytes: number): string {
  return `${(bytes / KILOBYTE).toFixed(1)} KB`;
}

function importMs({ path }: Bundle): number {
  const times = Array.from({ length: IMPORTS }, () => timedImport(pathToFileURL(path).href));
  return times.sort((a, b) => a - b)[Math.floor(IMPORTS / 2)] ?? Number.NaN;
}

/** In a process of its own: Node imports a module once. */
function timedImport(url: string): number {
  const script = `const from = performance.now(); await import(${JSON.stringify(url)}); console.log(performance.now() - from);`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", script],
    { encoding: "utf8", env: { AWS_REGION: "eu-west-1" } },
  );
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}
