// A Serverless plugin: validates before the build, recompresses the packages after it.
const { rmSync } = require("node:fs");
const { join } = require("node:path");
const { buildDeployment } = require("./from-scalers.cjs");
const { run } = require("./run-script.cjs");

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
   * Prints the warnings about scalers.yml and the parameters, and stops `package` and `deploy` if they
   * have problems, before anything is built or uploaded. Other commands run, so that an invalid file
   * does not prevent the removal of the stack.
   */
  check() {
    const { problems, warnings } = buildDeployment(this.serverless.service.custom.deployment);
    for (const warning of warnings) this.log.warning(warning);
    if (problems.length === 0) return;
    const lines = problems.map((problem) => `  ${problem}`).join("\n");
    throw new this.serverless.classes.Error(`Nothing was deployed:\n${lines}`);
  }

  /** Removes old builds, which would be packaged with every function. */
  clear() {
    rmSync(join(this.serverless.serviceDir, ".esbuild"), { recursive: true, force: true });
  }

  /** serverless-esbuild has compressed the packages for speed, not for size. The npm package contains them. */
  recompress() {
    const { service, serviceDir } = this.serverless;
    if (service.custom.esbuild === undefined) return;
    const packages = Object.values(service.functions).map(({ package: { artifact } }) =>
      join(serviceDir, artifact),
    );
    run("recompress-packages", packages);
  }
};
