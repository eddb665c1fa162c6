import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageProject, unpack } from "../packaging.ts";
import { bundle } from "./bundle.ts";
import { listLicences } from "./licences.ts";
import { convertConfig, convertIncluded } from "./serverless-config.ts";

/**
 * Builds dist/, the part of the npm package that is not in git. npm runs it before it packs: the
 * commands and the plugin as JavaScript, and the functions as they are deployed.
 */

const PROJECT = join(import.meta.dirname, "../..");
const DIST = join(PROJECT, "dist");
const CONFIG = join(PROJECT, "serverless.yml");
const TEMPLATE = "cli/init/template";

rmSync(DIST, { recursive: true, force: true });
const commands = await bundle("cli/main.ts", join(DIST, "cli"));
const deployment = await bundle("deploy/print-deployment.ts", join(DIST, "deploy"));
writeFileSync(join(DIST, "LICENCES.txt"), listLicences([commands, deployment]));
copy("cli/try/scalers.yml", "cli/scalers.yml");
copy(TEMPLATE, "cli/template");
copy("scalers.schema.json", "scalers.schema.json");
for (const file of ["console-links.cjs", "from-scalers.cjs", "plugin.cjs", "run-script.cjs"])
  copy(join("deploy", file), join("deploy", file));
writeServerlessConfig();
packFunctions(join(DIST, "functions"));

function copy(from: string, to: string): void {
  cpSync(join(PROJECT, from), join(DIST, to), { recursive: true });
}

function writeServerlessConfig(): void {
  writeFileSync(join(DIST, "serverless.yml"), convertConfig(CONFIG));
  const folder = join(DIST, "statemachine");
  mkdirSync(folder);
  for (const file of readdirSync(join(PROJECT, "statemachine")).filter(isYaml))
    writeFileSync(join(folder, file), convertIncluded(join(PROJECT, "statemachine", file), CONFIG));
}

function isYaml(file: string): boolean {
  return file.endsWith(".yml");
}

/** The packages of the functions, as `serverless package` makes them in a clone. */
function packFunctions(folder: string): void {
  const work = join(DIST, "work");
  const scalers = ["--param", `scalers=${join(TEMPLATE, "scalers.yml")}`];
  const { ok, output } = packageProject(join(work, "packages"), scalers);
  if (!ok) throw new Error(output);
  mkdirSync(folder);
  for (const { name, archive } of unpack(join(work, "packages"), join(work, "unpacked")))
    cpSync(archive, join(folder, `${name}.zip`));
  rmSync(work, { recursive: true });
}
