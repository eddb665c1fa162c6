// Runs a script of this folder. In the npm package it is JavaScript, and any Node that `serverless`
// supports runs it. In a clone it is TypeScript, and the Node 24 in devDependencies runs it.
const { spawnSync } = require("node:child_process");
const { existsSync } = require("node:fs");
const { join, resolve } = require("node:path");

/** Returns the output of a script. @throws Error with its error output if it fails */
function run(name, args) {
  const { status, stdout, stderr, error } = spawnSync(...command(name, args), {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status === 0) return stdout;
  throw new Error(`deploy/${name} failed: ${error?.message ?? stderr}`);
}

function command(name, args) {
  const javaScript = join(__dirname, `${name}.js`);
  if (existsSync(javaScript)) return [process.execPath, [javaScript, ...args]];
  return [findNode24(), [join(__dirname, `${name}.ts`), ...args]];
}

function findNode24() {
  const bin = resolve(__dirname, "../node_modules/node/bin");
  const installed = [join(bin, "node"), join(bin, "node.exe")].find((path) => existsSync(path));
  return installed ?? process.execPath;
}

module.exports = { run };
