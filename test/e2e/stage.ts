import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { SSMClient } from "@aws-sdk/client-ssm";
import type { BuildkiteSettings } from "../../local/sandbox/http/buildkite.ts";
import { createScriptedWorld, type ScriptedWorld } from "../../local/sandbox/scripted-world.ts";
import { type Sandbox, startSandbox } from "../../local/sandbox/server.ts";
import { type Account, CREDENTIALS, createAccount } from "./aws.ts";
import { runProcess, withoutAws } from "./processes.ts";
import type { ProjectCopy } from "./project-copy.ts";

export const REGION = "eu-west-1";
export const STAGE = "e2e";

/** The prefix of every name; also the name of the stack, state machine, schedule group and dashboard. */
export const PREFIX = `buildkite-scaling-loop-${STAGE}`;

/** The start of the names of existing SSM documents: MiniStack cannot create any. */
export const DOCUMENTS = "agents-of-e2e";

/** The SSM parameter with the agent token. */
export const PARAMETER = "/buildkite/agent-token";

/** Everything that the steps of a run need. */
export interface Stage {
  account: Account;
  autoScaling: AutoScalingClient;
  cloudWatch: CloudWatchClient;
  ssm: SSMClient;
  /** Buildkite: its queues, and the token that it accepts. */
  world: ScriptedWorld;
  buildkite: BuildkiteSettings & { token: string };
  sandbox: Sandbox;
  project: ProjectCopy;
  /** The ARNs of the executions that the test itself started; the schedule starts others. */
  startedHere: Set<string>;
  /** Runs Serverless in the copy of the project, on the account. */
  serverless(command: "deploy" | "remove"): Promise<string>;
}

/** Creates a stage with AWS, Buildkite and a copy of the project. */
export async function setStage(
  endpoint: string,
  project: ProjectCopy,
  temporary: string,
): Promise<Stage> {
  const config = { endpoint, region: REGION, credentials: CREDENTIALS };
  const world = createScriptedWorld();
  const buildkite = { token: "bkct_first-token-of-the-sandbox" };
  const parameters = new Map<string, string>(); // MiniStack has the parameters.
  const sandbox = await startSandbox({ world, buildkite, parameters, now: () => Date.now() });
  const env = {
    ...withoutAws(process.env),
    TMPDIR: temporary, // Serverless leaves files there.
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  };
  const options = ["--stage", STAGE, "--region", REGION, "--param", `ssmDocuments=${DOCUMENTS}`];
  return {
    account: createAccount(endpoint, REGION),
    autoScaling: new AutoScalingClient(config),
    cloudWatch: new CloudWatchClient(config),
    ssm: new SSMClient(config),
    world,
    buildkite,
    sandbox,
    project,
    startedHere: new Set(),
    serverless: (command) =>
      runProcess("npx", ["serverless", command, ...options], { cwd: project.folder, env }),
  };
}
