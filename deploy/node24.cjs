// Runs a TypeScript file of this folder on the Node 24 of devDependencies, whatever Node runs
// `serverless`: that one may be too old to.
const { spawnSync } = require("node:child_process");
const { existsSync } = require("node:fs");
const { join, resolve } = require("node:path");

const project = resolve(__dirname, "..");

/** What the script prints. @throws Error with what it says where it fails */
function run(script, args) {
  const { status, stdout, stderr, error } = spawnSync(
    node24(),
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

function node24() {
  const bin = join(project, "node_modules/node/bin");
  const installed = [join(bin, "node"), join(bin, "node.exe")].find((path) => existsSync(path));
  return installed ?? process.execPath;
}

module.exports = { run };
