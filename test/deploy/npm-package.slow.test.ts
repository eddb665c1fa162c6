import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { unpack } from "../../scripts/packaging.ts";
import { withoutAws } from "../e2e/processes.ts";
import { newDirectory, packageOnce, readPackaged, removeS3Keys } from "../support/packaged.ts";
import { installNode20, runTool, type ToolOutput } from "../support/tools.ts";

/** Packs the npm package, and installs it into an empty folder as a team does. */

const NODES = [
  ["Node 20.19", installNode20()],
  ["Node 24", dirname(process.execPath)],
] as const;

/** The environment of a buildkite-agent-scaler. */
const SCALER = `BUILDKITE_QUEUE=default
ASG_NAME=web
AGENTS_PER_INSTANCE=4
BUILDKITE_AGENT_TOKEN_SSM_KEY=/buildkite/agent-token
`;

/** The path of the packed file. */
let tarball: string;
/** The folder that `init` has filled, after `npm install`. */
let team: string;

beforeAll(() => {
  const packed = newDirectory();
  team = newDirectory();
  for (const folder of [packed, team]) mkdirSync(folder);
  expectSuccess(runTool("npm", ["pack", "--pack-destination", packed]));
  const [name = ""] = readdirSync(packed);
  tarball = join(packed, name);
  const [, node20] = NODES[0];
  const spec = `file:${tarball}`;
  expectSuccess(runWith(node20, "npx", ["--yes", spec, "init", "--package", spec]));
  const { output } = expectSuccess(runWith(node20, "npm", ["install", "--no-audit", "--no-fund"]));
  expect(output).not.toMatch(/\bwarn\b.*scripts/i);
  writeFileSync(join(team, "scaler.env"), SCALER);
  cpSync("docs/data/poll.history.json", join(team, "history.json"));
}, 300_000);

function expectSuccess(result: ToolOutput): ToolOutput {
  expect(result.ok, result.output).toBe(true);
  return result;
}

/** Runs a program in the team's folder, with one version of Node first on the path. */
function runWith(nodeFolder: string, program: string, args: readonly string[]): ToolOutput {
  const env = {
    ...withoutAws(process.env),
    NO_COLOR: "1",
    PATH: `${nodeFolder}${delimiter}${process.env.PATH}`,
  };
  return runTool(program, args, team, env);
}

test("the package is smaller than 1.5 MB, and needs no other package", () => {
  expect(statSync(tarball).size).toBeLessThan(1_500_000);
  const installed = readFileSync(join(team, "node_modules/.package-lock.json"), "utf8");
  const { packages } = JSON.parse(installed);
  expect(packages["node_modules/buildkite-scaling-loop"]).not.toHaveProperty("dependencies");
});

test("init writes what a team commits, and never overwrites", () => {
  const written = ["README.md", "package.json", "scalers.yml", "serverless.yml"];
  expect(readdirSync(team)).toEqual(expect.arrayContaining([".gitignore", ...written]));
  const [, node20] = NODES[0];
  const again = runWith(node20, "npx", ["buildkite-scaling-loop", "init"]);
  expect(again.ok).toBe(false);
  expect(again.output).toContain("scalers.yml exists already");
});

const COMMANDS: readonly [command: string, args: readonly string[], output: RegExp][] = [
  ["--version", [], /^\d+\.\d+\.\d+$/m],
  ["validate", [], /ok main: 1 scaler, 1 queue, 1 group, 1 loop/],
  ["validate", ["--online"], /error no AWS credentials were found/],
  ["try", ["--duration", "12s", "--out", "out"], /report +out\/report-/],
  [
    "simulate",
    ["--days", "1", "--report", "out/week.html"],
    /the report was written to out\/week.html/,
  ],
  ["cost", ["--queues", "1"], /US dollars per month/],
  ["completion", ["bash"], /buildkite-scaling-loop/],
  ["migrate", ["scaler.env"], /^ +agentsPerInstance: 4/m],
  ["replay", ["history.json"], /1 poll/],
  ["export-builds", ["--organization", "example"], /BUILDKITE_API_TOKEN is not set/],
  ["run", ["--once", "--queue", "default"], /the agent token is missing/],
];

describe.each(NODES)("with %s, npx in the team's folder", (_, nodeFolder) => {
  test.each(COMMANDS)("runs %s", (command, args, expected) => {
    const { output } = runWith(nodeFolder, "npx", ["buildkite-scaling-loop", command, ...args]);
    expect(output).toMatch(expected);
    expect(output).not.toMatch(/^\s+at |NodeVersionSupportWarning/m);
  });

  test("packages the template and the functions of a clone", () => {
    const directory = newDirectory();
    const args = ["serverless", "package", "--stage", "prod", "--package", directory];
    expectSuccess(runWith(nodeFolder, "npx", args));
    const scalers = ["--param", "scalers=cli/init/template/scalers.yml"];
    const clone = packageOnce("--stage", "prod", ...scalers);
    expect(removeS3Keys(readPackaged(directory).resources)).toEqual(removeS3Keys(clone.resources));
    const functions = join(team, "node_modules/buildkite-scaling-loop/dist/functions");
    for (const { name, archive } of unpack(clone.directory, newDirectory()))
      expect(readFileSync(join(functions, `${name}.zip`)).equals(readFileSync(archive))).toBe(true);
    expect(readdirSync(functions)).toHaveLength(5);
  });
});

test("a problem in the team's scalers.yml stops the packaging with its line", () => {
  const [, node20] = NODES[0];
  const args = ["serverless", "package", "--param", "scalers=missing.yml"];
  const { ok, output } = runWith(node20, "npx", args);
  expect(ok).toBe(false);
  expect(output).toContain("missing.yml: there is no such file");
});

test("on the sources, Node 20 says in one sentence what to do", () => {
  const [, node20] = NODES[0];
  const { ok, output } = runTool(join(node20, "node"), ["cli/bin.mjs", "--version"]);
  expect(ok).toBe(false);
  expect(output.trim().split("\n")).toEqual([
    expect.stringMatching(/^Node 20\.\S+ does not run TypeScript\. In a clone, run `npm ci`/),
  ]);
});
