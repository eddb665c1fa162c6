import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { buildScalersJsonSchema, SCHEMA_FILE } from "../config/json-schema.ts";

const path = resolve(import.meta.dirname, "..", SCHEMA_FILE);
writeFileSync(path, `${JSON.stringify(buildScalersJsonSchema(), null, 2)}\n`);
console.log(`wrote ${SCHEMA_FILE}`);
