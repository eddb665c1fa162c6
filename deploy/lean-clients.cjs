// An esbuild plugin for serverless-esbuild. The Systems Manager client registers all of its 150 error
// classes, which makes them a fifth of a bundle. An error that is not registered is still thrown with
// its name and message, as a plain SSMServiceException, and the code here goes by the names. If a
// later client is built differently, this plugin does nothing and `npm run bundle-size` shows that a
// bundle grew.
const { readFile } = require("node:fs/promises");

const SCHEMAS = /client-ssm[/\\]dist-es[/\\]schemas[/\\]schemas_0\.js$/;
const REGISTRATION = /^n0_registry\.registerError\((\w+)\$, \w+\);$/gm;

/** The errors that the API reference lists for GetParameter. */
const KEPT = [
  "InternalServerError",
  "InvalidKeyId",
  "ParameterNotFound",
  "ParameterVersionNotFound",
];

const leanClients = {
  name: "lean-clients",
  setup(build) {
    build.onLoad({ filter: SCHEMAS }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source.replaceAll(REGISTRATION, (line, error) =>
        KEPT.includes(error) ? line : "",
      );
      return { contents, loader: "js" };
    });
  },
};

module.exports = [leanClients];
