// What serverless.yml takes from scalers.yml: `${file(deploy/from-scalers.cjs):resources}`.
// Plain JavaScript, because whatever Node runs `serverless` loads it; deployment.ts does the work.
const { run } = require("./node24.cjs");

/** One answer for one set of parameters: serverless.yml asks for several parts of it. */
const known = new Map();

function deploymentOf(parameters) {
  const asked = JSON.stringify(parameters);
  if (!known.has(asked)) known.set(asked, answerTo(asked));
  return known.get(asked);
}

/** A failure is a problem like any other: said once, by the plugin, and not by each part asked for. */
function answerTo(asked) {
  try {
    return JSON.parse(run("print-deployment.ts", [asked]));
  } catch (error) {
    const nothing = { resources: {}, alarmActions: [], alarmPeriodSeconds: 60, warnings: [] };
    return { ...nothing, problems: [error.message] };
  }
}

module.exports = async ({ resolveVariable }) =>
  deploymentOf(await resolveVariable("self:custom.deployment"));

module.exports.deploymentOf = deploymentOf;
