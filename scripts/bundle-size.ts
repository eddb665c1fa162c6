import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import pc from "picocolors";
import { formatTable } from "../simulation/format-table.ts";
import { formatKilobytes, KILOBYTE } from "./format-kilobytes.ts";
import { type Bundle, packageProject, unpack } from "./packaging.ts";

/** Prints the size of each function's package and the time to import it. Fails if one is too large. */

/** Functions without an AWS client. */
const WITHOUT_CLIENT = ["claim-slot", "compute-capacity"];
const LIMIT_KILOBYTES = { withoutClient: 20, withClient: 85 };

const IMPORTS = 7;

const HEADER = ["function", "zipped", "limit", "import"];

const directory = mkdtempSync(join(tmpdir(), "scaling-loop-bundles-"));
try {
  const { ok, output } = packageProject(join(directory, "packages"));
  if (!ok) throw new Error(output);
  const bundles = unpack(join(directory, "packages"), join(directory, "unpacked"));
  process.exitCode = printBundles(bundles) ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true });
}

/** Returns whether every bundle is within its limit. A line with a bundle that is too large is red. */
function printBundles(bundles: readonly Bundle[]): boolean {
  const [header = "", ...lines] = formatTable([HEADER, ...bundles.map(bundleRow)]);
  console.log(header);
  for (const [index, line] of lines.entries()) {
    const bundle = bundles[index];
    console.log(bundle === undefined || isWithinLimit(bundle) ? line : pc.red(line));
  }
  console.log(`\nimport: on Node ${process.versions.node}, median of ${IMPORTS}`);
  return bundles.every(isWithinLimit);
}

function bundleRow(bundle: Bundle): string[] {
  return [
    bundle.name,
    formatKilobytes(bundle.zippedBytes),
    formatKilobytes(limitBytes(bundle)),
    `${measureImportMs(bundle).toFixed(0)} ms`,
  ];
}

function isWithinLimit(bundle: Bundle): boolean {
  return bundle.zippedBytes <= limitBytes(bundle);
}

function limitBytes({ name }: Bundle): number {
  const { withoutClient, withClient } = LIMIT_KILOBYTES;
  return (WITHOUT_CLIENT.includes(name) ? withoutClient : withClient) * KILOBYTE;
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
