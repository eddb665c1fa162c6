import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { tableAlone, withTable } from "./readme-table.ts";

const root = resolve(import.meta.dirname, "../..");
const readme = resolve(root, "README.md");

/** The README as it should be; undefined where it has no place for the table. */
const renewed = existsSync(readme) ? withTable(readFileSync(readme, "utf8")) : undefined;
const [file, text] =
  renewed === undefined ? ["docs/_settings-table.md", tableAlone()] : ["README.md", renewed];
writeFileSync(resolve(root, file), text);
console.log(`wrote the settings table into ${file}`);
