import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sandboxEnvironment } from "../../local/sandbox/environment.ts";
import { type Bundle, unpack } from "../../scripts/packaging.ts";
import { newDirectory, packageOnce } from "../support/packaged.ts";
import { callsTo, inputWith, sandbox, world } from "../support/sandbox.ts";

/** The packaged bundles, each in a process of its own, with the credentials that Lambda gives. */

let bundles: Map<string, Bundle>;

beforeAll(() => {
  const unpacked = unpack(packageOnce().directory, newDirectory());
  bundles = new Map(unpacked.map((bundle) => [bundle.name, bundle]));
});

beforeEach(() => {
  world.setQueue("default", { scheduled: 3 });
  world.setGroup("web", { max: 10, desired: 1 });
});

const RUN = `
  const { handler } = await import(process.argv[1]);
  const deadline = Date.now() + 10_000;
  const context = { awsRequestId: "1", getRemainingTimeInMillis: () => deadline - Date.now() };
  const outcome = await handler(JSON.parse(process.argv[2]), context).then(
    (result) => ({ result }),
    (error) => ({ error: { name: error.name, message: error.message } }),
  );
  process.send(outcome);
  process.disconnect();
`;

interface Outcome {
  /** What the function gave back, or the error it ended with. */
  outcome: unknown;
  /** What it wrote into its log. */
  log: string;
}

function run(name: string, event: object): Promise<Outcome> {
  const path = bundles.get(name)?.path ?? "";
  const args = ["--input-type=module", "--eval", RUN, pathToFileURL(path).href];
  const child = spawn(process.execPath, [...args, JSON.stringify(event)], {
    cwd: join(path, ".."),
    env: ENVIRONMENT,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const said: string[] = [];
  let outcome: unknown;
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  child.on("message", (message) => {
    outcome = message;
  });
  return new Promise((resolved, rejected) => {
    child.on("error", rejected);
    child.on("close", () => resolved({ outcome, log: said.join("") }));
  });
}

/** As on Lambda: nothing of this machine's. */
const ENVIRONMENT = {
  AWS_LAMBDA_FUNCTION_NAME: "of-the-test",
  ...sandboxEnvironment(sandbox.url),
  AWS_SESSION_TOKEN: "of-the-sandbox",
};

const SETTINGS = { pollIntervalSeconds: 10, publishIntervalSeconds: 60 };
const AT = "2026-01-05T09:00:00.000Z";

describe("a package", () => {
  test("holds the bundle and nothing else: no source map, no node_modules", () => {
    const files = [...bundles.values()].flatMap((bundle) => bundle.files);
    expect(files.toSorted()).toEqual([
      "functions/apply-scaling.mjs",
      "functions/claim-slot.mjs",
      "functions/compute-capacity.mjs",
      "functions/fetch-metrics.mjs",
      "functions/publish-metrics.mjs",
      "functions/recall-history.mjs",
    ]);
  });
});

describe("as it is packaged", () => {
  test("claim-slot opens a loop", async () => {
    const event = { input: inputWith(), state: { settings: SETTINGS } };
    const { outcome } = await run("claim-slot", event);
    expect(outcome).toMatchObject({ result: { publishMetrics: true } });
  });

  test("recall-history reads the activities of a group with a cooldown", async () => {
    const scalers = [
      { queue: "default", group: "web", agentsPerInstance: 1, scaleIn: { cooldown: "5m" } },
    ];
    const { outcome } = await run("recall-history", {
      input: inputWith({ scalers }),
      state: { memory: {} },
    });
    expect(outcome).toEqual({ result: { memory: {} } });
    expect(callsTo("AutoScaling")).toEqual(["DescribeScalingActivities web"]);
  });

  test("fetch-metrics reads the token, the queues and the groups", async () => {
    const { outcome } = await run("fetch-metrics", { input: inputWith() });
    expect(outcome).toMatchObject({
      result: { queues: { default: { jobs: { scheduled: 3 } } }, groups: { web: { desired: 1 } } },
    });
    expect(callsTo("SSM")).toEqual(["GetParameter /buildkite/agent-token"]);
  });

  test("fetch-metrics knows a parameter that is not there by its name", async () => {
    const input = inputWith({ agentTokenParameter: "/buildkite/nowhere" });
    const { outcome } = await run("fetch-metrics", { input });
    expect(outcome).toMatchObject({ result: { queuesFault: { error: "AgentTokenNotFound" } } });
  });

  test.each([
    ["AccessDeniedException", "AgentTokenAccessDenied"],
    ["ThrottlingException", "AgentTokenThrottled"],
    ["InternalServerError", "AgentTokenUnavailable"],
    ["HierarchyLevelLimitExceededException", "AgentTokenUnavailable"], // its class is left out
  ])("fetch-metrics tells Systems Manager's %s by its name", async (awsError, error) => {
    sandbox.faults.add({ service: "SSM", fault: { awsError, message: "so it is" } });
    const { outcome } = await run("fetch-metrics", { input: inputWith() });
    expect(outcome).toMatchObject({
      result: { queuesFault: { error, message: expect.stringContaining(`${awsError}: so it is`) } },
    });
  });

  test("compute-capacity decides", async () => {
    const { outcome, log } = await run("compute-capacity", computing({ max: 10 }));
    expect(outcome).toMatchObject({
      result: { decisions: [{ scaler: "web", action: "scale-out", from: 1, to: 3 }] },
    });
    expect(log).toBe("");
  });

  test("apply-scaling sets a group", async () => {
    const { outcome } = await run("apply-scaling", applying(3));
    expect(outcome).toMatchObject({ result: { applied: { web: { set: 3 } } } });
    expect(world.commands).toEqual([{ group: "web", desired: 3 }]);
  });

  test("publish-metrics publishes", async () => {
    const { outcome } = await run("publish-metrics", {
      cluster: "main",
      publish: { observedAt: AT, queues: {}, scalers: { web: { desired: 1, heldByFault: false } } },
      nextPollAt: new Date(Date.now() + 60_000).toISOString(),
    });
    expect(outcome).toEqual({ result: { data: 2, calls: 1 } });
    expect(sandbox.published.map(({ name }) => name)).toEqual(["DesiredCapacity", "HeldByFault"]);
  });
});

/** What each alarm on a loop looks at, in the situation that it is for. */
describe("the log carries as a metric", () => {
  test("that a poll was held because of a fault", async () => {
    const event = { ...computing({ max: 10 }), observation: { Error: "States.Timeout" } };
    const { log } = await run("compute-capacity", event);
    expect(metricsIn(log)).toEqual([{ HeldPolls: 1, Loop: "main", Namespace: "Buildkite" }]);
  });

  test("that a group is at its maximum with jobs waiting", async () => {
    const { log } = await run("compute-capacity", computing({ max: 2 }));
    expect(metricsIn(log)).toEqual([{ BeyondMaximum: 1, Loop: "main", Namespace: "Buildkite" }]);
  });

  test("that AWS refused a scaling", async () => {
    sandbox.faults.add({
      service: "AutoScaling",
      action: "SetDesiredCapacity",
      fault: { awsError: "AccessDenied", message: "no", status: 403 },
    });
    const { log } = await run("apply-scaling", applying(3));
    expect(metricsIn(log)).toEqual([{ RefusedScalings: 1, Loop: "main", Namespace: "Buildkite" }]);
  });
});

function computing({ max }: { max: number }) {
  const counts = { idle: 0, busy: 0, total: 0 };
  return {
    cluster: "main",
    settings: SETTINGS,
    scalers: [{ queue: "default", group: "web", agentsPerInstance: 1 }],
    memory: {},
    observation: {
      observedAt: AT,
      queues: { default: { jobs: { scheduled: 3, running: 0, waiting: 0 }, agents: counts } },
      groups: { web: { desired: 1, min: 0, max, inService: 1, pending: 0 } },
    },
  };
}

function applying(to: number) {
  const change = { scaler: "web", group: "web", action: "scale-out", from: 1, to };
  return {
    cluster: "main",
    plan: { decidedAt: AT, changes: [change] },
    carry: { memory: {} },
  };
}

/** The metrics that CloudWatch finds in a log (embedded metric format). */
function metricsIn(log: string): Record<string, unknown>[] {
  const lines = log.split("\n").filter((line) => line.includes('"_aws"'));
  return lines.flatMap((line) => {
    const written = JSON.parse(line);
    return written._aws.CloudWatchMetrics.flatMap(
      (directive: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }) =>
        directive.Metrics.map(({ Name }) => ({
          Namespace: directive.Namespace,
          [Name]: written[Name],
          ...Object.fromEntries(directive.Dimensions.flat().map((key) => [key, written[key]])),
        })),
    );
  });
}
