import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { packageProject } from "../../scripts/packaging.ts";
import { newDirectory, packageOnce, writeFileIn } from "../support/packaged.ts";

test("an invalid scalers file and invalid parameters stop the packaging, with all problems", () => {
  const scalers = writeFileIn(
    "wrong.yml",
    `clusters:
  - name: main
    agentTokenParameter: /buildkite/agent-token
    scalers:
      - { queu: default, group: web, agentsPerInstance: 1 }
      - { queue: large, group: large, agentsPerInstance: 0 }
`,
  );
  const directory = newDirectory();
  const params = [
    `scalers=${scalers}`,
    "logLevel=LOUD",
    "tokenKmsKeyArn=alias/mine",
    "loglevel=ALL",
    "tracing=yes",
    "logRetentionDays=15",
  ];
  const { ok, output } = packageProject(
    directory,
    params.flatMap((param) => ["--param", param]),
  );
  expect(ok).toBe(false);
  const expectedOnce = [
    "--param logLevel: ",
    "--param tokenKmsKeyArn: ",
    "--param loglevel: there is no such parameter; did you mean logLevel?",
    '--param tracing: "yes" is not allowed',
    '--param logRetentionDays: "15" is not allowed',
    'did you mean "queue"?',
    "agentsPerInstance: 0 is not allowed",
  ];
  expect(expectedOnce.map((text) => output.split(text).length - 1)).toEqual(
    expectedOnce.map(() => 1),
  );
  expect(existsSync(directory)).toBe(false);
});

test("the problem of a missing scalers file names the file", () => {
  const { ok, output } = packageProject(newDirectory(), ["--param", "scalers=scalers.nowhere.yml"]);
  expect(ok).toBe(false);
  expect(output).toContain("scalers.nowhere.yml: there is no such file");
});

test("a warning is shown and does not stop the packaging", () => {
  const scalers = writeFileIn(
    "odd.yml",
    `clusters:
  - name: main
    agentTokenParameter: /buildkite/agent-token
    scalers:
      - { queue: default, group: web, agentsPerInstance: 1, scaleIn: { factor: 2 } }
`,
  );
  const directory = newDirectory();
  const { ok, output } = packageProject(directory, ["--param", `scalers=${scalers}`]);
  expect(output).toContain("2 is above 1: a scale-in goes below what the jobs need");
  expect(ok).toBe(true);
});

test("a stage whose names would be too long for AWS is refused", () => {
  const stage = "a-stage-with-a-very-long-name"; // 22 + 1 + 29 = 52 characters; 46 are allowed
  expect(() => packageOnce("--stage", stage)).toThrow(/--stage: .* at most 46/);
});
