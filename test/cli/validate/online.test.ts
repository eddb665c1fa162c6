import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { validateFile } from "../../../config/validate-file.ts";
import { sandboxEnvironment } from "../../../local/sandbox/environment.ts";
import { createScriptedWorld } from "../../../local/sandbox/scripted-world.ts";
import { startSandbox } from "../../../local/sandbox/server.ts";
import { startCommand } from "../../support/command.ts";

/** `validate --online` with the SDK's clients, over HTTP; some tests start it as a user does. */

const TOKEN = "bkct_never-to-be-seen";
const PARAMETER = "/buildkite/agent-token";
const SECONDS = { timeout: 30_000 };

const world = createScriptedWorld();
const parameters = new Map<string, string>();
const parameterKeys = new Map<string, string>();
const USER = "arn:aws:iam::123456789012:user/deployer";
const deniedActions = new Set<string>();
const identity = { arn: USER, deniedActions };
const sandbox = await startSandbox({
  world,
  buildkite: { token: TOKEN },
  parameters,
  parameterKeys,
  identity,
  now: () => Date.now(),
});
afterAll(() => sandbox.close());

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "validate-online-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => {
  for (const each of [world, parameters, parameterKeys, sandbox.faults, deniedActions])
    each.clear();
  identity.arn = USER;
  sandbox.calls.length = 0;
  parameters.set(PARAMETER, TOKEN);
  world.setQueue("default", { scheduled: 5, idle: 2 });
  world.setQueue("deploy", { running: 1, busy: 1 });
  world.setGroup("web", { max: 10, ids: ["i-0000000a", "i-0000000b"] });
});

Object.assign(process.env, sandboxEnvironment(sandbox.url));
const { checkOnline } = await import("../../../cli/validate/online/check-online.ts");

/** Writes a file with one scaler, and returns its path. */
function writeScalersFile(scaleIn: string): string {
  const path = join(folder, "scalers.yml");
  writeFileSync(
    path,
    `clusters:
  - name: main
    agentTokenParameter: ${PARAMETER}
    agentEndpoint: ${sandbox.agentEndpoint}
    scalers: [{ queues: [default, deploy], group: web, agentsPerInstance: 1, scaleIn: ${scaleIn} }]
`,
  );
  return path;
}

const PLACE = { region: "eu-west-1", stage: "prod" };

/** Runs the checks in this process. Returns a line for each finding. */
async function listFindings(scaleIn = "{ graceful: true }"): Promise<string[]> {
  const { loops } = validateFile(writeScalersFile(scaleIn));
  const lines: string[] = [];
  for await (const { level, where, what } of checkOnline(loops, PLACE))
    lines.push(`${level} ${where}: ${what}`);
  expect(lines.join("\n")).not.toContain("bkct_");
  return lines;
}

/** Starts the command. Returns its exit code and its output. */
async function runValidate(env: Record<string, string | undefined> = {}) {
  const path = writeScalersFile("{ graceful: true }");
  const none = join(folder, "none");
  const { exitCode, output } = await startCommand(["validate", path, "--online"], {
    PATH: process.env.PATH,
    NO_COLOR: "1",
    HOME: folder,
    AWS_CONFIG_FILE: none,
    AWS_SHARED_CREDENTIALS_FILE: none,
    AWS_EC2_METADATA_DISABLED: "true",
    ...sandboxEnvironment(sandbox.url),
    ...env,
  }).ended;
  expect(output).not.toMatch(/bkct_|of-the-sandbox/);
  return { exitCode, output };
}

const READS = /^(metrics|Describe|Get|Simulate)/;

describe("validate --online", () => {
  test("reads everything that a loop needs, and changes nothing", SECONDS, async () => {
    const { exitCode, output } = await runValidate();
    expect(output.split("\n").slice(1)).toEqual([
      "ok main: the agent token works: example, cluster main",
      "ok main: web: 2 instances in service, min 0, max 10",
      "ok main: web: Systems Manager reaches 2 instances",
      `ok deploy: ${USER} may create what the stack needs`,
      "",
    ]);
    expect(exitCode).toBe(0);
    for (const { action } of sandbox.calls) expect(action).toMatch(READS);
  });

  test(
    "says in one sentence that there are no credentials, and calls nothing",
    SECONDS,
    async () => {
      const env = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
      const { exitCode, output } = await runValidate(env);
      expect(exitCode).toBe(1);
      expect(output.trim().split("\n")).toHaveLength(2);
      expect(output).toMatch(/^error no AWS credentials were found: sign in with/m);
      expect(sandbox.calls).toEqual([]);
    },
  );

  test("names the group with the nearest name", SECONDS, async () => {
    world.removeGroup("web");
    world.setGroup("wep", {});
    const { exitCode, output } = await runValidate();
    expect(exitCode).toBe(1);
    expect(output).toContain(
      "error main: web: there is no Auto Scaling group web in eu-west-1; did you mean wep?",
    );
  });
});

/** Each: what is wrong, how the sandbox is made so, and what is said. */
const PROBLEMS: readonly [name: string, prepare: () => void, level: string, said: RegExp][] = [
  [
    "a token that Buildkite refuses",
    () => parameters.set(PARAMETER, "bkct_rotated"),
    "error",
    /main: .*refused the agent token.*; store the cluster's current agent token in the parameter/,
  ],
  [
    "a missing parameter",
    () => parameters.delete(PARAMETER),
    "error",
    /main: there is no parameter .*; create it in this region/,
  ],
  [
    "a parameter that may not be read",
    () => refuse("SSM", "GetParameter", "AccessDeniedException"),
    "error",
    /main: .*AccessDenied.*; allow ssm:GetParameter and ssm:DescribeParameters on it/,
  ],
  [
    "groups that may not be read",
    () => refuse("AutoScaling", "DescribeAutoScalingGroups", "AccessDenied"),
    "error",
    /eu-west-1: AccessDenied.*; allow autoscaling:DescribeAutoScalingGroups/,
  ],
  [
    "instances that may not be listed",
    () => refuse("SSM", "DescribeInstanceInformation", "AccessDeniedException"),
    "error",
    /main: web: .*; allow ssm:DescribeInstanceInformation/,
  ],
  [
    "a customer managed key",
    () => parameterKeys.set(PARAMETER, "alias/team"),
    "warning",
    /main: \/buildkite\/agent-token is encrypted with alias\/team: deploy with --param tokenKmsKeyArn=ARN/,
  ],
  [
    "a queue that Buildkite does not count",
    () => world.setQueue("deploy", {}),
    "warning",
    /main: queue deploy: Buildkite counts no job and no agent in it now/,
  ],
  [
    "a group that is being deleted",
    () => world.setGroup("web", { setup: { status: "Delete in progress" } }),
    "error",
    /main: web: is being deleted \(Delete in progress\)/,
  ],
  [
    "a maximum of 0",
    () => world.setGroup("web", { max: 0 }),
    "error",
    /main: web: has the maximum size 0; raise it/,
  ],
  [
    "a group of one size",
    () => world.setGroup("web", { min: 2, max: 2, desired: 2 }),
    "warning",
    /main: web: min and max are both 2/,
  ],
  [
    "a suspended process that scaling needs",
    () => world.setGroup("web", { setup: { suspendedProcesses: ["Launch"] } }),
    "error",
    /main: web: its process Launch is suspended, so a scale-out launches nothing; run `aws autoscaling resume-processes/,
  ],
  [
    "rebalancing of zones",
    () => world.setGroup("web", { setup: { zones: ["a", "b"] } }),
    "warning",
    /main: web: AWS may end busy instances to balance its 2 zones; run `aws autoscaling suspend-processes/,
  ],
  [
    "scaling policies beside the loop",
    () => world.setGroup("web", { setup: { policies: ["cpu-above-60"] } }),
    "warning",
    /main: web: has scaling policies of its own \(cpu-above-60\)/,
  ],
  [
    "an instance without an SSM agent",
    () => world.instances.script("i-0000000a", { isKnown: false }),
    "warning",
    /main: web: Systems Manager does not reach 1 of 2 instances \(i-0000000a\)/,
  ],
  [
    "no instance that SSM reaches",
    () => {
      for (const id of ["i-0000000a", "i-0000000b"])
        world.instances.script(id, { commands: "silent" });
    },
    "error",
    /main: web: Systems Manager does not reach 2 of 2 instances .*AmazonSSMManagedInstanceCore/,
  ],
  [
    "instances that run Windows",
    () => world.instances.script("i-0000000a", { platform: "windows" }),
    "warning",
    /main: web: 1 of 2 instances run Windows, which has no graceful stop/,
  ],
  [
    "permissions that a deploy needs",
    () => deniedActions.add("iam:CreateRole").add("lambda:CreateFunction"),
    "warning",
    /deploy: .*user\/deployer may not iam:CreateRole, lambda:CreateFunction; docs\/deploy-policy.json/,
  ],
  [
    "a session of a role with a path",
    () => {
      identity.arn = "arn:aws:sts::123456789012:assumed-role/deploy/session";
    },
    "ok",
    /deploy: arn:aws:iam::123456789012:role\/team\/deploy may create what the stack needs/,
  ],
  [
    "that permissions may not be simulated",
    () => refuse("IAM", "SimulatePrincipalPolicy", "AccessDenied"),
    "warning",
    /deploy: whether your credentials may deploy is not known: AccessDenied.*; allow iam:Simulate/,
  ],
  [
    "the root user",
    () => {
      identity.arn = "arn:aws:iam::123456789012:root";
    },
    "ok",
    /deploy: the root user may do everything; prefer a role/,
  ],
  [
    "a group without an instance",
    () => world.setGroup("web", { desired: 0 }),
    "warning",
    /main: web: has no instance in service/,
  ],
];

function refuse(service: "SSM" | "AutoScaling" | "IAM", action: string, awsError: string): void {
  sandbox.faults.add({ service, action, fault: { awsError, message: "no", status: 400 } });
}

describe("validate --online finds", () => {
  test.each(PROBLEMS)("%s", async (_, prepare, level, said) => {
    prepare();
    const lines = (await listFindings()).filter((line) => line.startsWith(`${level} `));
    expect(lines.join("\n")).toMatch(said);
  });

  test("protected instances that a plain scale-in cannot end", async () => {
    world.setGroup("web", { desired: 2, setup: { isProtected: true } });
    expect((await listFindings("{ graceful: false }")).join("\n")).toMatch(
      /warning main: web: all its instances are protected from scale-in/,
    );
  });
});
