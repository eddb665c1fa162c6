// Runs a TypeScript file of this folder with the Node 24 in devDependencies. The Node that runs
// `serverless` may be too old for TypeScript.
const { spawnSync } = require("node:child_process");
const { existsSync } = require("node:fs");
const { join, resolve } = require("node:path");

const project = resolve(__dirname, "..");

/** Returns the output of a script. @throws Error with its error output if it fails */
function run(script, args) {
  const { status, stdout, stderr, error } = spawnSync(
    findNode24(),
    [join(__dirname, script), ...args],
    {
      cwd: project,
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    },
  );
  if (status === 0) return stdout;
  throw new Error(`deploy/${script} failed: ${error?.message ?? stderr}`);
}

function findNode24() {
  const bin = join(project, "node_modules/node/bin");
  const installed = [join(bin, "node"), join(bin, "node.exe")].find((path) => existsSync(path));
  return installed ?? process.execPath;
}

module.exports = { run };
