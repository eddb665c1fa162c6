import { readFileSync, writeFileSync } from "node:fs";
import { filesIn, zipOf } from "./zip.ts";

// Run by plugin.cjs: packages that were compressed in haste are written anew, a tenth smaller. Lambda
// fetches them at every cold start.
for (const path of process.argv.slice(2)) writeFileSync(path, zipOf(filesIn(readFileSync(path))));
