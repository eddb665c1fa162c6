// A Serverless plugin: before the build it checks, after it it compresses.
const { rmSync } = require("node:fs");
const { join } = require("node:path");
const { deploymentOf } = require("./from-scalers.cjs");
const { run } = require("./node24.cjs");

module.exports = class Deployment {
  constructor(serverless, _options, { log }) {
    this.serverless = serverless;
    this.log = log;
    this.hooks = {
      "before:package:cleanup": () => {
        this.check();
        this.clear();
      },
      "after:package:createDeploymentArtifacts": () => this.recompress(),
    };
  }

  /**
   * Says what is odd about scalers.yml and the parameters, and stops `package` and `deploy` at what
   * is wrong, before anything is built or uploaded. Other commands are let through, so that a broken
   * file keeps nobody from removing the stack.
   */
  check() {
    const { problems, warnings } = deploymentOf(this.serverless.service.custom.deployment);
    for (const warning of warnings) this.log.warning(warning);
    if (problems.length === 0) return;
    const lines = problems.map((problem) => `  ${problem}`).join("\n");
    throw new this.serverless.classes.Error(`Nothing can be deployed:\n${lines}`);
  }

  /** What an earlier version built would be packaged with every function. */
  clear() {
    rmSync(join(this.serverless.serviceDir, ".esbuild"), { recursive: true, force: true });
  }

  /** serverless-esbuild, which has run before, compresses for speed. */
  recompress() {
    const { service, serviceDir } = this.serverless;
    const packages = Object.values(service.functions).map(({ package: { artifact } }) =>
      join(serviceDir, artifact),
    );
    run("recompress-packages.ts", packages);
  }
};
