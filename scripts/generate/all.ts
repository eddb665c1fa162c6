import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { buildScalersJsonSchema, SCHEMA_FILE } from "../../config/json-schema.ts";
import { GENERATED_PARTS } from "./documents.ts";
import { replaceGeneratedPart } from "./generated-part.ts";

/** Writes everything that is generated: the JSON schema, and the generated parts of the documents. */

const ROOT = resolve(import.meta.dirname, "../..");

writeFileSync(resolve(ROOT, SCHEMA_FILE), `${JSON.stringify(buildScalersJsonSchema(), null, 2)}\n`);
console.log(`wrote ${SCHEMA_FILE}`);
for (const { file, part, format } of GENERATED_PARTS) {
  const path = resolve(ROOT, file);
  writeFileSync(path, replaceGeneratedPart(readFileSync(path, "utf8"), part, format()));
  console.log(`wrote the part "${part}" of ${file}`);
}
