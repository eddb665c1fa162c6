import { readFileSync, writeFileSync } from "node:fs";
import { recompressZip } from "./recompress.ts";

// Run by plugin.cjs with the paths of the functions' packages. Lambda fetches a package at every cold
// start; recompressing makes it a tenth smaller.
for (const path of process.argv.slice(2)) {
  writeFileSync(path, await recompressZip(readFileSync(path)));
}
