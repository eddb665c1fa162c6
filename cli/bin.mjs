#!/usr/bin/env node
// Starts the commands: in the npm package the bundle, in a clone the TypeScript sources.
import { existsSync } from "node:fs";

const sources = new URL("main.ts", import.meta.url);

if (!existsSync(sources)) await import("../dist/cli/main.js");
else if (process.features.typescript) await import(sources.href);
else {
  console.error(
    `Node ${process.versions.node} does not run TypeScript. In a clone, run \`npm ci\` and then \`npx buildkite-scaling-loop\`, which uses the Node 24 that npm has installed.`,
  );
  process.exitCode = 1;
}
