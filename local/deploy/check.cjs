// A Serverless plugin: says what is odd about scalers.yml and the parameters, and stops `package` and
// `deploy` at what is wrong, before anything is built or uploaded. Other commands are let through,
// so that a broken file keeps nobody from removing the stack.
const { deploymentOf } = require("./from-scalers.cjs");

module.exports = class CheckScalers {
  constructor(serverless, _options, { log }) {
    this.hooks = {
      "before:package:cleanup": () => {
        const { problems, warnings } = deploymentOf(serverless.service.custom.deployment);
        for (const warning of warnings) log.warning(warning);
        if (problems.length === 0) return;
        const lines = problems.map((problem) => `  ${problem}`).join("\n");
        throw new serverless.classes.Error(`Nothing can be deployed:\n${lines}`);
      },
    };
  }
};
