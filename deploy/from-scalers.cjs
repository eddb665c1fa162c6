// Values for serverless.yml made from scalers.yml: `${file(deploy/from-scalers.cjs):resources}`.
// Plain JavaScript, because any version of Node may run `serverless`; deployment.ts does the work.
const { run } = require("./run-script.cjs");

/** By parameters: serverless.yml reads several values of one deployment. */
const deployments = new Map();

function buildDeployment(parameters) {
  const key = JSON.stringify(withoutValues(parameters));
  if (!deployments.has(key)) deployments.set(key, runBuild(key));
  return deployments.get(key);
}

/** Of parameters that are not this project's, only the names go on: a value may be a secret. */
function withoutValues({ given, declared, ...parameters }) {
  const names = [given || []].flat().map((text) => text.split("=")[0]);
  return {
    ...parameters,
    given: names,
    declared: Object.values(declared || {}).flatMap(Object.keys),
  };
}

/** A failure becomes a problem, so that the plugin reports it once. */
function runBuild(parametersJson) {
  try {
    return JSON.parse(run("print-deployment", [parametersJson]));
  } catch (error) {
    const environments = { environment: {}, fetchEnvironment: {} };
    const periods = { alarmPeriodSeconds: 60, publishAlarmPeriodSeconds: 60 };
    const defaults = { logRetentionDays: 14, tracing: false };
    const stack = {
      description: "",
      tags: {},
      propertiesByType: {},
      definitionSettings: {},
      ...defaults,
    };
    const nothing = { resources: {}, ...stack, alarmActions: [], ...periods, ...environments };
    return { ...nothing, warnings: [], problems: [error.message] };
  }
}

module.exports = async ({ resolveVariable }) =>
  buildDeployment(await resolveVariable("self:custom.deployment"));

module.exports.buildDeployment = buildDeployment;
