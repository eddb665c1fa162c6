import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import * as v from "valibot";

/** Lists the packages that are in bundles, with their licences, as their licences require. */

const packageSchema = v.object({
  name: v.string(),
  version: v.string(),
  license: v.optional(v.string(), "see its licence text"),
});

/** Returns the text of a file with the licence of every package in the bundles. @throws if one has none */
export function listLicences(metafiles: readonly Metafile[]): string {
  const files = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = files.map(findPackageFolder).filter((folder) => folder !== undefined);
  const packages = [...new Set(folders)].toSorted().map(describePackage);
  const byText = Map.groupBy(packages, ({ text }) => text);
  return [...byText]
    .map(([text, users]) => `${users.map(({ title }) => title).join("\n")}\n\n${text}\n`)
    .join(`\n${"-".repeat(80)}\n\n`);
}

/** The folder of the package that contains a file, if it is not a file of this project. */
function findPackageFolder(file: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

function describePackage(folder: string): { title: string; text: string } {
  const { name, version, license } = v.parse(
    packageSchema,
    JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
  );
  const file = readdirSync(folder).find((each) => /^licen[cs]e(\.\w+)?$/i.test(each));
  const text = file === undefined ? license : readFileSync(join(folder, file), "utf8").trim();
  return { title: `${name} ${version} (${license})`, text };
}
