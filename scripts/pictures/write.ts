import { writeFileSync } from "node:fs";

/** Draws the pictures of docs/; with `--record` from a new poll. */
if (process.argv.includes("--record")) await import("./record.ts");
const { pictures } = await import("./files.ts");
for (const [path, svg] of Object.entries(await pictures())) writeFileSync(path, svg);
