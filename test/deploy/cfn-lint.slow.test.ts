import { join } from "node:path";
import { expect, test } from "vitest";
import { packageOnce, writeFileIn } from "../support/packaged.ts";
import { findPython } from "../support/python.ts";
import { installCfnLint, runTool } from "../support/tools.ts";

/** Serverless writes a dependency of a function even if it follows from its role. */
const REDUNDANT_DEPENDENCY = "W3005";

const PLAIN = writeFileIn(
  "plain.yml",
  `clusters:
  - name: main
    agentTokenParameter: /buildkite/agent-token
    scalers: [{ queue: default, group: web, agentsPerInstance: 1 }]
`,
);

const EVENTS = writeFileIn(
  "events.yml",
  `clusters:
  - name: main
    agentTokenParameter: /buildkite/agent-token
    events: { source: aws.partner/buildkite.com/my-org/1a2b3c }
    scalers: [{ queue: default, group: web, agentsPerInstance: 1 }]
  - name: other
    agentTokenParameter: /buildkite/agent-token
    events: { bus: forwarded }
    scalers: [{ queue: other, group: other, agentsPerInstance: 1 }]
`,
);

/** The shipped scalers.yml has a graceful group; the file of the second variant has none. */
const VARIANTS = [
  [[]],
  [["--param", `scalers=${PLAIN}`]],
  [["--param", `scalers=${EVENTS}`]],
  [["--param", "ssmDocuments=existing"]],
  [["--param", "tracing=true", "--param", "logLevel=ERROR", "--stage", "prod"]],
];

test.skipIf(findPython() === undefined).each(VARIANTS)(
  "cfn-lint finds no problem in the template packaged with %j",
  { timeout: 300_000 },
  (args) => {
    const template = join(
      packageOnce(...args).directory,
      "cloudformation-template-update-stack.json",
    );
    const options = [
      "--ignore-checks",
      REDUNDANT_DEPENDENCY,
      "--regions",
      "us-east-1",
      "eu-west-1",
    ];
    expect(runTool(installCfnLint(), [...options, "--template", template])).toEqual({
      ok: true,
      output: "",
    });
  },
);
