// An esbuild plugin for serverless-esbuild, for the AWS clients with the most schemas. The Systems Manager client registers all of its 150 error
// classes, which makes them a quarter of a bundle. An error that is not registered is still thrown with
// its name and message, as a plain SSMServiceException, and the code here goes by the names. If a
// later client is built differently, this plugin does nothing and `npm run bundle-size` shows that a
// bundle grew.
const { readFile } = require("node:fs/promises");

const SCHEMAS = /client-(ssm|auto-scaling)[/\\]dist-es[/\\]schemas[/\\]schemas_0\.js$/;
const REGISTRATION = /^n0_registry\.registerError\((\w+)\$, \w+\);$/gm;
const CONSTANT = /^const (_\w+) = ("\w+");$/gm;
const COMPUTED_KEY = /\[(_\w+)\]:/g;

/** The errors that the API reference lists for GetParameter. */
const KEPT = [
  "InternalServerError",
  "InvalidKeyId",
  "ParameterNotFound",
  "ParameterVersionNotFound",
];

function removeRegistrations(source) {
  return source.replaceAll(REGISTRATION, (line, error) => (KEPT.includes(error) ? line : ""));
}

/** Computing a key may have side effects, so esbuild keeps unused schemas with `[_e]: ...`. */
function writeKeys(source) {
  const values = new Map(Array.from(source.matchAll(CONSTANT), ([, name, value]) => [name, value]));
  return source.replaceAll(COMPUTED_KEY, (key, name) =>
    values.has(name) ? `${values.get(name)}:` : key,
  );
}

const leanClients = {
  name: "lean-clients",
  setup(build) {
    build.onLoad({ filter: SCHEMAS }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      return { contents: writeKeys(removeRegistrations(source)), loader: "js" };
    });
  },
};

module.exports = [leanClients];
