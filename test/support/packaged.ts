import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { afterAll } from "vitest";
import { packageProject, readTemplate } from "../../scripts/packaging.ts";

/** Packages this project with `serverless package`, into a folder that exists during one test file. */

const folder = mkdtempSync(join(tmpdir(), "scaling-loop-packaged-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const resourceSchema = v.looseObject({
  Type: v.string(),
  Properties: v.optional(v.record(v.string(), v.unknown()), {}),
});

const templateSchema = v.looseObject({ Resources: v.record(v.string(), resourceSchema) });

/** A resource of a packaged template. */
export type PackagedResource = v.InferOutput<typeof resourceSchema>;

/** A packaged project. */
export interface Packaged {
  directory: string;
  resources: Readonly<Record<string, PackagedResource>>;
}

let directories = 0;

/** Writes a file into the folder, and returns its path. */
export function writeFileIn(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Returns a new directory for a package. */
export function newDirectory(): string {
  directories += 1;
  return join(folder, `package-${directories}`);
}

/** Packages with some arguments. @throws Error with the output of Serverless if it fails */
export function packageOnce(...args: string[]): Packaged {
  const directory = newDirectory();
  const { ok, output } = packageProject(directory, args);
  if (!ok) throw new Error(output);
  return readPackaged(directory);
}

/** Reads the package in a directory. */
export function readPackaged(directory: string): Packaged {
  return { directory, resources: v.parse(templateSchema, readTemplate(directory)).Resources };
}

/** Removes what depends on the time of packaging: the S3 keys of the functions' packages. */
export function removeS3Keys(resources: object): unknown {
  return JSON.parse(
    JSON.stringify(resources).replaceAll(/"S3Key":"[^"]*"/g, '"S3Key":"somewhere"'),
  );
}

/** Returns the resources of one type, with their logical ids. */
export function selectByType(
  { resources }: Packaged,
  type: string,
): [id: string, properties: PackagedResource["Properties"]][] {
  return Object.entries(resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties }]) => [id, Properties]);
}

/** Returns a value of a template as a text, with one notation for `Ref`, `Fn::GetAtt`, `Fn::Sub` and `Fn::Join`. */
export function toPlain(value: unknown): string {
  if (typeof value === "string") return value;
  const parsed = v.safeParse(intrinsic, value);
  if (!parsed.success) return JSON.stringify(value);
  const found = parsed.output;
  if ("Ref" in found) return `\${${found.Ref}}`;
  if ("Fn::GetAtt" in found) return `\${${found["Fn::GetAtt"].join(".")}}`;
  if ("Fn::Sub" in found) return found["Fn::Sub"];
  const [separator, parts] = found["Fn::Join"];
  return parts.map(toPlain).join(separator);
}

const intrinsic = v.union([
  v.strictObject({ Ref: v.string() }),
  v.strictObject({ "Fn::GetAtt": v.array(v.string()) }),
  v.strictObject({ "Fn::Sub": v.string() }),
  v.strictObject({ "Fn::Join": v.tuple([v.string(), v.array(v.unknown())]) }),
]);
