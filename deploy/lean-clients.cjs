// An esbuild plugin, for serverless-esbuild. The Systems Manager client registers all of its 150 error
// classes, and so drags them into every bundle: a fifth of it, for errors that reading a parameter
// never gives. An error that is not registered comes out all the same, with its name and message, as
// a plain SSMServiceException. Where the client is built otherwise one day, this does nothing, and
// `npm run bundle-size` says that a bundle grew.
const { readFile } = require("node:fs/promises");

const SCHEMAS = /client-ssm[/\\]dist-es[/\\]schemas[/\\]schemas_0\.js$/;
const REGISTRATION = /^n0_registry\.registerError\((\w+)\$, \w+\);$/gm;

/** Those that the API's reference lists for GetParameter. */
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
