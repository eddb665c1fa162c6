// A Serverless plugin: validates before the build, recompresses the packages after it, sets what all roles
// have in common, and prints links after a deploy.
const { rmSync } = require("node:fs");
const { join } = require("node:path");
const { listSections } = require("./console-links.cjs");
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
      "after:aws:package:finalize:mergeCustomProviderResources": () => this.setProperties(),
      "after:aws:info:displayServiceInfo": () => this.printLinks(),
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

  /** Sets the properties that all resources of a type have, and the definition's settings from parameters. */
  setProperties() {
    const { service } = this.serverless;
    const { propertiesByType, definitionSettings } = buildDeployment(service.custom.deployment);
    const { ScalingLoop } = service.provider.compiledCloudFormationTemplate.Resources;
    const { Settings } = ScalingLoop.Properties.Definition.States;
    Object.assign(Settings.Parameters.settings, definitionSettings);
    for (const resource of Object.values(service.provider.compiledCloudFormationTemplate.Resources))
      Object.assign(resource.Properties ?? {}, propertiesByType[resource.Type]);
  }

  /** Prints where to look and what to do next, after `deploy` and in `info`. */
  printLinks() {
    const { pluginManager, service } = this.serverless;
    const { gatheredData } = pluginManager.plugins.find(
      (plugin) => plugin.constructor.name === "AwsInfo",
    );
    const machine = gatheredData.outputs.find(({ OutputKey }) => OutputKey === "ScalingLoopArn");
    if (machine === undefined) return;
    const { prefix, dashboard } = service.custom.deployment;
    const region = this.serverless.getProvider("aws").getRegion();
    const links = { region, prefix, machineArn: machine.OutputValue };
    for (const [title, lines] of listSections({
      ...links,
      dashboard: String(dashboard) === "true",
    }))
      this.serverless.addServiceOutputSection(title, lines);
  }
};
