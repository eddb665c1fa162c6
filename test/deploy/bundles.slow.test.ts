import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as v from "valibot";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sandboxEnvironment } from "../../local/sandbox/environment.ts";
import { type Bundle, unpack } from "../../scripts/packaging.ts";
import { newDirectory, packageOnce } from "../support/packaged.ts";
import { createInput, listCalls, sandbox, world } from "../support/sandbox.ts";

/** Runs the packaged bundles, each in its own process, with environment variables as on Lambda. */

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
  /** The result or the error of the function. */
  outcome: unknown;
  /** The output that Lambda would write to the log. */
  log: string;
}

function runBundle(name: string, event: object): Promise<Outcome> {
  const path = bundles.get(name)?.path ?? "";
  const args = ["--input-type=module", "--eval", RUN, pathToFileURL(path).href];
  const child = spawn(process.execPath, [...args, JSON.stringify(event)], {
    cwd: join(path, ".."),
    env: ENVIRONMENT,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const output: string[] = [];
  let outcome: unknown;
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  child.on("message", (message) => {
    outcome = message;
  });
  return new Promise((resolved, rejected) => {
    child.on("error", rejected);
    child.on("close", () => resolved({ outcome, log: output.join("") }));
  });
}

const resultSchema = v.object({ result: v.object({ memory: v.unknown() }) });

/** As on Lambda: no variables of this machine. */
const ENVIRONMENT = {
  SSM_LOOK_DOCUMENT: "main-look",
  SSM_STOP_DOCUMENT: "main-stop",
  AWS_LAMBDA_FUNCTION_NAME: "of-the-test",
  ...sandboxEnvironment(sandbox.url),
  AWS_SESSION_TOKEN: "of-the-sandbox",
};

const SETTINGS = { pollIntervalSeconds: 10, publishIntervalSeconds: 60 };
const AT = "2026-01-05T09:00:00.000Z";

describe("a package", () => {
  test("contains the bundle only: no source map, no node_modules", () => {
    const files = [...bundles.values()].flatMap((bundle) => bundle.files);
    expect(files.toSorted()).toEqual([
      "functions/apply-scaling.mjs",
      "functions/claim-slot.mjs",
      "functions/compute-capacity.mjs",
      "functions/fetch-metrics.mjs",
      "functions/publish-metrics.mjs",
    ]);
  });
});

describe("the packaged function", () => {
  test("claim-slot claims a slot", async () => {
    const event = { input: createInput(), state: { settings: SETTINGS } };
    const { outcome } = await runBundle("claim-slot", event);
    expect(outcome).toMatchObject({ result: { publishMetrics: true } });
  });

  test("fetch-metrics reads the token, the queues and the groups", async () => {
    const { outcome } = await runBundle("fetch-metrics", { input: createInput() });
    expect(outcome).toMatchObject({
      result: { queues: { default: { jobs: { scheduled: 3 } } }, groups: { web: { desired: 1 } } },
    });
    expect(listCalls("SSM")).toEqual(["GetParameter /buildkite/agent-token"]);
  });

  test("fetch-metrics reports a missing parameter as AgentTokenNotFound", async () => {
    const input = createInput({ agentTokenParameter: "/buildkite/nowhere" });
    const { outcome } = await runBundle("fetch-metrics", { input });
    expect(outcome).toMatchObject({ result: { queuesFault: { error: "AgentTokenNotFound" } } });
  });

  test.each([
    ["AccessDeniedException", "AgentTokenAccessDenied"],
    ["ThrottlingException", "AgentTokenThrottled"],
    ["InternalServerError", "AgentTokenUnavailable"],
    ["HierarchyLevelLimitExceededException", "AgentTokenUnavailable"], // its class is not in the bundle
  ])("fetch-metrics reports Systems Manager's %s as %s", async (awsError, error) => {
    sandbox.faults.add({ service: "SSM", fault: { awsError, message: "the reason" } });
    const { outcome } = await runBundle("fetch-metrics", { input: createInput() });
    expect(outcome).toMatchObject({
      result: {
        queuesFault: { error, message: expect.stringContaining(`${awsError}: the reason`) },
      },
    });
  });

  test("compute-capacity decides", async () => {
    const { outcome, log } = await runBundle("compute-capacity", createDecisionEvent({ max: 10 }));
    expect(outcome).toMatchObject({
      result: { decisions: [{ scaler: "web", action: "scale-out", from: 1, to: 3 }] },
    });
    expect(readMetrics(log)).toEqual([{ HeldPolls: 0, Loop: "main", Namespace: "Buildkite" }]);
  });

  test("apply-scaling sets a group", async () => {
    const { outcome } = await runBundle("apply-scaling", createScalingEvent(3));
    expect(outcome).toMatchObject({ result: { applied: { web: { set: 3 } } } });
    expect(world.commands).toEqual([{ group: "web", desired: 3 }]);
  });

  test("apply-scaling looks at the instances that Systems Manager knows, and fetch-metrics reads their answers", async () => {
    const [known, unknown] = ["i-0000000a", "i-0000000b"];
    world.setGroup("web", { max: 10, ids: [known, unknown] });
    world.instances.script(unknown, { isKnown: false });
    const instances = [known, unknown];
    const look = { scaler: "web", group: "web", unit: "buildkite-agent", instances };
    const decidedAt = new Date().toISOString();
    const { outcome } = await runBundle("apply-scaling", {
      loop: "main",
      plan: { decidedAt, changes: [], looks: [look] },
      carry: { memory: {} },
    });
    const { memory } = v.parse(resultSchema, outcome).result;
    expect(listCalls("SSM")).toEqual(["SendCommand main-look", "SendCommand main-look"]);

    const scaleIn = { graceful: true };
    const scalers = [{ queue: "default", group: "web", agentsPerInstance: 1, scaleIn }];
    const gathered = await runBundle("fetch-metrics", { input: createInput({ scalers }), memory });
    expect(gathered.outcome).toMatchObject({
      result: { answers: { [known]: { at: decidedAt, state: "active", jobs: 0 } } },
    });
  });

  test("publish-metrics publishes", async () => {
    const { outcome } = await runBundle("publish-metrics", {
      loop: "main",
      publish: { observedAt: AT, queues: {}, scalers: { web: { desired: 1, heldByFault: false } } },
      nextPollAt: new Date(Date.now() + 60_000).toISOString(),
    });
    expect(outcome).toEqual({ result: { data: 2, calls: 1 } });
    expect(sandbox.published.map(({ name }) => name)).toEqual(["DesiredCapacity", "HeldByFault"]);
  });
});

/** The metric of each alarm on a loop, in the situation that the alarm is for. */
describe("the log contains a metric", () => {
  test("if a fault holds a poll", async () => {
    const event = { ...createDecisionEvent({ max: 10 }), observation: { Error: "States.Timeout" } };
    const { log } = await runBundle("compute-capacity", event);
    expect(readMetrics(log)).toEqual([{ HeldPolls: 1, Loop: "main", Namespace: "Buildkite" }]);
  });

  test("if a group is at its maximum with jobs waiting", async () => {
    const { log } = await runBundle("compute-capacity", createDecisionEvent({ max: 2 }));
    const common = { Loop: "main", Namespace: "Buildkite" };
    expect(readMetrics(log)).toEqual([
      { HeldPolls: 0, ...common },
      { BeyondMaximum: 1, ...common },
    ]);
  });

  test("if instances drain, are overdue, dangle or do not answer", async () => {
    const { log } = await runBundle("compute-capacity", createGracefulEvent());
    const common = { Loop: "main", Namespace: "Buildkite" };
    expect(readMetrics(log)).toEqual([
      { HeldPolls: 0, ...common },
      { DrainingInstances: 1, ...common },
      { OverdueDrains: 1, ...common },
      { DanglingInstances: 1, ...common },
      { InstancesNotAnswering: 1, ...common },
    ]);
  });

  test("if AWS refuses a scaling", async () => {
    sandbox.faults.add({
      service: "AutoScaling",
      action: "SetDesiredCapacity",
      fault: { awsError: "AccessDenied", message: "no", status: 403 },
    });
    const { log } = await runBundle("apply-scaling", createScalingEvent(3));
    expect(readMetrics(log)).toEqual([
      { RefusedScalings: 1, Loop: "main", Namespace: "Buildkite" },
    ]);
  });
});

function createDecisionEvent({ max }: { max: number }) {
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

/** A group with a drain that is older than a day, a dead agent, and an instance that answers no look. */
function createGracefulEvent() {
  const [draining, dead, silent] = ["i-0000000a", "i-0000000b", "i-0000000c"];
  const yesterday = "2026-01-04T08:00:00.000Z";
  const answer = { at: AT, platform: "linux", jobs: 0, uptimeSeconds: 90_000, bootId: "boot" };
  const group = { desired: 3, min: 0, max: 3, inService: 3, pending: 0 };
  const { observation, ...event } = createDecisionEvent({ max: 3 });
  return {
    ...event,
    scalers: event.scalers.map((scaler) => ({ ...scaler, scaleIn: { graceful: true } })),
    memory: { web: { looks: [{ command: "1", at: "2026-01-05T08:58:59.000Z", instances: 1 }] } },
    observation: {
      ...observation,
      groups: {
        web: {
          ...group,
          instances: [draining, dead, silent],
          times: { drainSince: yesterday },
        },
      },
      stops: { [draining]: { at: yesterday, delivered: "yes" } },
      answers: {
        [draining]: { ...answer, state: "deactivating", jobs: 1 },
        [dead]: { ...answer, state: "failed", inactiveAtSeconds: 80_000 },
      },
    },
  };
}

function createScalingEvent(to: number) {
  const change = { scaler: "web", group: "web", action: "scale-out", from: 1, to };
  return {
    loop: "main",
    plan: { decidedAt: AT, changes: [change] },
    carry: { memory: {} },
  };
}

/** Returns the metrics that CloudWatch extracts from a log (embedded metric format). */
function readMetrics(log: string): Record<string, unknown>[] {
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
