import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import pc from "picocolors";
import * as v from "valibot";
import { PRODUCT, VERSION } from "../../functions/core/version.ts";
import { addHelpEnd } from "../terminal/help.ts";

/** The files that are copied. A package on npm cannot contain a `.gitignore`, so it has another name. */
const TEMPLATE = join(import.meta.dirname, "template");
const NAMES: Readonly<Record<string, string>> = { gitignore: ".gitignore" };

/** This package's own package.json, which names the version of osls that it is tested with. */
const PACKAGE_JSON = resolve(import.meta.dirname, "../../package.json");

const packageSchema = v.object({ devDependencies: v.object({ serverless: v.string() }) });

/** Registers `init [folder]`. */
export function addInit(program: Command): void {
  const command = program
    .command("init")
    .description("write the files that a team commits to deploy the loop, without a clone")
    .argument("[folder]", "the folder; files that exist are never overwritten", ".")
    .option(
      "--package <spec>",
      "where npm finds this package, such as file:../package.tgz",
      `^${VERSION}`,
    );
  addHelpEnd(command, { examples: EXAMPLES });
  command.action((folder: string, flags: { package: string }) => {
    process.exitCode = init(folder, flags.package, console.log);
  });
}

const EXAMPLES = [
  { about: "Into a new folder.", args: "init our-scaling-loop" },
  {
    about: "With a package that is not published.",
    args: "init our-scaling-loop --package file:../package.tgz",
  },
];

/** Writes the files, or none if one of them exists. Returns the exit code. */
export function init(folder: string, spec: string, print: (line: string) => void): number {
  const files = listFiles(spec);
  const present = [...files.keys()].filter((name) => existsSync(join(folder, name)));
  if (present.length > 0) {
    for (const name of present) print(`${pc.red("error")} ${join(folder, name)} exists already`);
    print("Nothing was written. Name another folder, or move these files away.");
    return 1;
  }
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  print(`${pc.green("ok")} ${resolve(folder)}: ${[...files.keys()].join(", ")}`);
  print(NEXT_STEPS);
  return 0;
}

function listFiles(spec: string): Map<string, string> {
  const copied = readdirSync(TEMPLATE).map((file): [string, string] => [
    NAMES[file] ?? file,
    readFileSync(join(TEMPLATE, file), "utf8"),
  ]);
  return new Map([
    ...copied,
    ["package.json", `${JSON.stringify(createPackage(spec), null, 2)}\n`],
  ]);
}

/**
 * Both packages are named, so that `npx` in this folder runs these and never looks elsewhere. The install
 * scripts of osls's dependencies are not needed.
 */
function createPackage(spec: string) {
  const { devDependencies } = v.parse(
    packageSchema,
    JSON.parse(readFileSync(PACKAGE_JSON, "utf8")),
  );
  return {
    name: "our-scaling-loop",
    private: true,
    scripts: { validate: `${PRODUCT} validate`, deploy: "serverless deploy" },
    devDependencies: { [PRODUCT]: spec, serverless: devDependencies.serverless },
    allowScripts: { "es5-ext": false, esbuild: false },
  };
}

const NEXT_STEPS = `
Next, in that folder:
  1. npm install
  2. Edit scalers.yml: your queues and groups. dryRun: true is good for a first deploy.
  3. Store the agent token, in the region of your groups: aws ssm put-parameter --region eu-west-1 --name /buildkite/agent-token --type SecureString --value "$BUILDKITE_AGENT_TOKEN"
  4. npm run validate -- --online --region eu-west-1
  5. npx serverless deploy --stage prod --region eu-west-1
  6. Commit all files, also package-lock.json.`;
