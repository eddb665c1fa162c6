// What serverless.yml takes from scalers.yml: `${file(local/deploy/from-scalers.cjs):resources}`.
//
// Plain JavaScript, because whatever Node runs `serverless` loads it. The work is done by
// deployment.ts in a process of its own, on the Node 24 of devDependencies.
const { spawnSync } = require("node:child_process");
const { existsSync } = require("node:fs");
const { join, resolve } = require("node:path");

const project = resolve(__dirname, "../..");

/** One answer for one set of parameters: serverless.yml asks for several parts of it. */
const known = new Map();

/** A failure is a problem like any other: said once, by check.cjs, and not by each part asked for. */
const NOTHING = { resources: {}, alarmActions: [], alarmPeriodSeconds: 60, warnings: [] };

function deploymentOf(parameters) {
  const asked = JSON.stringify(parameters);
  if (!known.has(asked)) known.set(asked, answerTo(asked));
  return known.get(asked);
}

function answerTo(asked) {
  const script = join(__dirname, "print.ts");
  const { status, stdout, stderr, error } = spawnSync(node24(), [script, asked], {
    cwd: project,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status === 0) return JSON.parse(stdout);
  return { ...NOTHING, problems: [`local/deploy/print.ts failed: ${error?.message ?? stderr}`] };
}

function node24() {
  const bin = join(project, "node_modules/node/bin");
  const installed = [join(bin, "node"), join(bin, "node.exe")].find((path) => existsSync(path));
  return installed ?? process.execPath;
}

module.exports = async ({ resolveVariable }) =>
  deploymentOf(await resolveVariable("self:custom.deployment"));

module.exports.deploymentOf = deploymentOf;
