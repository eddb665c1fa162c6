import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { withTable } from "./readme-table.ts";

/** Puts the table of today into the README: `npm run readme`. */
const readme = resolve(import.meta.dirname, "../README.md");
const renewed = withTable(readFileSync(readme, "utf8"));
if (renewed === undefined) throw new Error("README.md has lost the markers around its table");
writeFileSync(readme, renewed);
console.log("wrote the settings table into README.md");
