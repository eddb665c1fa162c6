import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as v from "valibot";
import { parse, stringify } from "yaml";

/** Converts serverless.yml and the files that it includes for a folder with the package in node_modules. */

/** The package's folder dist, as a team's serverless.yml sees it. */
const DIST = "node_modules/buildkite-scaling-loop/dist";

const configSchema = v.looseObject({
  params: v.object({ default: v.record(v.string(), v.union([v.string(), v.number()])) }),
  custom: v.looseObject({ deployment: v.unknown() }),
  provider: v.unknown(),
  functions: v.record(v.string(), v.looseObject({ handler: v.string() })),
  resources: v.unknown(),
});

/**
 * Returns the parts of serverless.yml that a team's file includes. The functions are the packaged ones,
 * and each parameter has its default where it is used, so that an upgrade may add parameters.
 */
export function convertConfig(path: string): string {
  const { params, custom, provider, functions, resources } = v.parse(
    configSchema,
    parse(readFileSync(path, "utf8")),
  );
  const packaged = Object.entries(functions).map(([id, declared]) => [
    id,
    { ...declared, package: { artifact: join(DIST, packagedFunction(declared.handler)) } },
  ]);
  const config = {
    custom: { deployment: custom.deployment },
    provider,
    package: { individually: true },
    functions: Object.fromEntries(packaged),
    resources,
  };
  return convertText(stringify(config, { lineWidth: 0 }), params.default);
}

/** Converts a file that serverless.yml includes. */
export function convertIncluded(path: string, configPath: string): string {
  const { params } = v.parse(configSchema, parse(readFileSync(configPath, "utf8")));
  return convertText(readFileSync(path, "utf8"), params.default);
}

function convertText(text: string, defaults: Readonly<Record<string, string | number>>): string {
  return text
    .replaceAll(/file\((?=\w+\/)/g, `file(${DIST}/`)
    .replaceAll(/\$\{param:(\w+)\}/g, (_, name) => `\${param:${name}, ${literal(defaults[name])}}`);
}

/** A value in the syntax of Serverless variables. */
function literal(value: string | number | undefined): string {
  return typeof value === "number" ? String(value) : `'${value ?? ""}'`;
}

/** `functions/claim-slot.handler` is in `functions/claim-slot.zip`. */
function packagedFunction(handler: string): string {
  return `functions/${basename(handler, ".handler")}.zip`;
}
