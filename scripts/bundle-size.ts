import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import pc from "picocolors";
import { type Bundle, packageProject, unpack } from "./packaging.ts";

/** Prints the size of each function's package and the time to import it. Fails if one is too large. */

const KILOBYTE = 1024;

/** Functions without an AWS client. */
const WITHOUT_CLIENT = ["claim-slot", "compute-capacity"];
const LIMIT_KILOBYTES = { withoutClient: 15, withClient: 85 };

const IMPORTS = 7;

const directory = mkdtempSync(join(tmpdir(), "scaling-loop-bundles-"));
try {
  const { ok, output } = packageProject(join(directory, "packages"));
  if (!ok) throw new Error(output);
  const bundles = unpack(join(directory, "packages"), join(directory, "unpacked"));
  process.exitCode = printBundles(bundles) ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true });
}

/** Returns whether every bundle is within its limit. */
function printBundles(bundles: readonly Bundle[]): boolean {
  console.log(`zipped     limit   import on Node ${process.versions.node}, median of ${IMPORTS}`);
  for (const bundle of bundles) console.log(formatBundle(bundle));
  return bundles.every((bundle) => bundle.zippedBytes <= limitBytes(bundle));
}

function formatBundle(bundle: Bundle): string {
  const limit = limitBytes(bundle);
  const size = formatKilobytes(bundle.zippedBytes).padStart(7);
  const colouredSize = bundle.zippedBytes <= limit ? size : pc.red(size);
  const milliseconds = `${measureImportMs(bundle).toFixed(0)} ms`;
  return `${colouredSize} ${formatKilobytes(limit).padStart(9)} ${milliseconds.padStart(8)}   ${bundle.name}`;
}

function limitBytes({ name }: Bundle): number {
  const { withoutClient, withClient } = LIMIT_KILOBYTES;
  return (WITHOUT_CLIENT.includes(name) ? withoutClient : withClient) * KILOBYTE;
}

function formatKilobytes(bytes: number): string {
  return `${(bytes / KILOBYTE).toFixed(1)} KB`;
}

function measureImportMs({ path }: Bundle): number {
  const times = Array.from({ length: IMPORTS }, () => timeImport(pathToFileURL(path).href));
  return times.sort((a, b) => a - b)[Math.floor(IMPORTS / 2)] ?? Number.NaN;
}

/** Returns milliseconds. Each import needs a new process: Node imports a module only once. */
function timeImport(url: string): number {
  const script = `const from = performance.now(); await import(${JSON.stringify(url)}); console.log(performance.now() - from);`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", script],
    { encoding: "utf8", env: { AWS_REGION: "eu-west-1" } },
  );
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}
