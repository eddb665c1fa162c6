import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { afterAll } from "vitest";
import { packageProject, readTemplate } from "../../scripts/packaging.ts";

/** This project, packaged by `serverless package` into a folder that lasts as long as the test file. */

const folder = mkdtempSync(join(tmpdir(), "scaling-loop-packaged-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const resourceSchema = v.looseObject({
  Type: v.string(),
  Properties: v.optional(v.record(v.string(), v.unknown()), {}),
});

const templateSchema = v.looseObject({ Resources: v.record(v.string(), resourceSchema) });

/** A resource of a packaged template. */
export type PackagedResource = v.InferOutput<typeof resourceSchema>;

/** What came of packaging. */
export interface Packaged {
  directory: string;
  resources: Readonly<Record<string, PackagedResource>>;
}

let made = 0;

/** Writes a file into the folder, and gives its path. */
export function writeFileIn(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Where the next thing to package goes. */
export function newDirectory(): string {
  made += 1;
  return join(folder, `package-${made}`);
}

/** Packages with these arguments. @throws Error with what Serverless says where it refuses */
export function packageOnce(...args: string[]): Packaged {
  const directory = newDirectory();
  const { ok, output } = packageProject(directory, args);
  if (!ok) throw new Error(output);
  return readPackaged(directory);
}

/** What was packaged into a directory. */
export function readPackaged(directory: string): Packaged {
  return { directory, resources: v.parse(templateSchema, readTemplate(directory)).Resources };
}

/** The resources of one type, by logical id. */
export function selectByType(
  { resources }: Packaged,
  type: string,
): [id: string, properties: PackagedResource["Properties"]][] {
  return Object.entries(resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties }]) => [id, Properties]);
}

/** A value of a template as a text: `Ref`, `Fn::GetAtt`, `Fn::Sub` and `Fn::Join` in one notation. */
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
