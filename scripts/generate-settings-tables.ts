import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { replaceGeneratedPart } from "./generated-part.ts";
import { SETTINGS_TABLES } from "./settings-tables.ts";

/** Writes the tables of settings into the documents that contain them. */
for (const { file, part, format } of SETTINGS_TABLES) {
  const path = resolve(import.meta.dirname, "..", file);
  writeFileSync(path, replaceGeneratedPart(readFileSync(path, "utf8"), part, format()));
  console.log(`wrote the part "${part}" of ${file}`);
}
