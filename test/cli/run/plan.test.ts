import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunFlags } from "../../../cli/run/flags.ts";
import { readRunPlan } from "../../../cli/run/plan.ts";
import { parseExecutionInput } from "../../../functions/core/execution-input.ts";

const TOKEN = "bkct_given-itself";
const WITH_PARAMETER = { asgName: "web", agentTokenSsmKey: "/token" };

function readPlan(flags: RunFlags, env: NodeJS.ProcessEnv = {}) {
  const { plan, problems } = readRunPlan(flags, env);
  if (plan === undefined) throw new Error(problems.join("\n"));
  return plan;
}

function readInput(flags: RunFlags, env: NodeJS.ProcessEnv = {}) {
  return parseExecutionInput(readPlan(flags, env).loops[0]);
}

describe("the flags of run", () => {
  test("make one loop with the defaults of buildkite-agent-scaler", () => {
    const { name, agentTokenParameter, agentEndpoint, publishMetrics, scalers } =
      readInput(WITH_PARAMETER);
    expect({ name, agentTokenParameter, agentEndpoint, publishMetrics }).toEqual({
      name: "local",
      agentTokenParameter: "/token",
      agentEndpoint: "https://agent.buildkite.com/v3",
      publishMetrics: false,
    });
    expect(scalers).toMatchObject([
      {
        queues: ["default"],
        group: "web",
        agentsPerInstance: 1,
        scaleIn: { disabled: false, cooldownSeconds: 3600, factor: 1 },
        scaleOut: { disabled: false, cooldownSeconds: 0, factor: 1 },
        dryRun: false,
      },
    ]);
  });

  test("can set every setting of a scaler", () => {
    const { agentEndpoint, publishMetrics, scalers } = readInput({
      ...WITH_PARAMETER,
      queue: "ios",
      agentsPerInstance: "4",
      agentEndpoint: "https://buildkite.example/v3",
      includeWaiting: true,
      instanceBuffer: "2",
      maxInstanceCap: "9",
      availabilityThreshold: "0.25",
      disableScaleIn: "true",
      scaleInCooldown: "5m",
      scaleInFactor: "0.5",
      disableScaleOut: "T",
      scaleOutCooldown: "1m30s",
      scaleOutFactor: "-2", // buildkite-agent-scaler drops the sign.
      scaleOnlyAfterAllEvent: "1",
      cloudwatchMetrics: "true",
    });
    expect({ agentEndpoint, publishMetrics }).toEqual({
      agentEndpoint: "https://buildkite.example/v3",
      publishMetrics: true,
    });
    expect(scalers).toMatchObject([
      {
        queues: ["ios"],
        agentsPerInstance: 4,
        includeWaiting: true,
        instanceBuffer: 2,
        maxInstanceCap: 9,
        availabilityThreshold: 0.25,
        scaleIn: { disabled: true, cooldownSeconds: 300, factor: 0.5 },
        scaleOut: { disabled: true, cooldownSeconds: 90, factor: 2 },
        cooldownFromAnyScaling: true,
      },
    ]);
  });

  test("take a queue's name literally, even if YAML would read it otherwise", () => {
    expect(readInput({ ...WITH_PARAMETER, queue: "true" }).scalers[0]?.queues).toEqual(["true"]);
    const odd = `a: "b" #c`;
    expect(readInput({ ...WITH_PARAMETER, queue: odd }).scalers[0]?.queues).toEqual([odd]);
  });

  test("treat a factor of 0 as none, as buildkite-agent-scaler does", () => {
    expect(
      readInput({ ...WITH_PARAMETER, scaleInFactor: "0" }).scalers[0]?.scaleIn.factor,
    ).toBeUndefined();
  });

  test("report all problems at once, with the allowed values", () => {
    const { plan, problems } = readRunPlan(
      {
        agentsPerInstance: "four",
        scaleInCooldown: "soon",
        includeWaiting: "maybe",
        instanceBuffer: "-1",
        agentEndpoint: "http://buildkite.example",
        pollInterval: "0s",
        region: "Ireland",
        dryRun: "perhaps",
      },
      {},
    );
    expect(plan).toBeUndefined();
    expect(problems).toEqual([
      '--poll-interval: "0s" is not allowed; allowed: a duration such as 90s or 5m, or whole seconds; at least 1s and at most 3m',
      expect.stringMatching(/^--dry-run: "perhaps" is not allowed; allowed: true or false/),
      '--region: "Ireland" is not allowed; allowed: an AWS region, such as eu-west-1',
      expect.stringMatching(/^the agent token is missing: set BUILDKITE_AGENT_TOKEN/),
      expect.stringMatching(
        /^--agents-per-instance: "four" is not allowed; allowed: a whole number/,
      ),
      expect.stringMatching(/^--include-waiting: "maybe" is not allowed/),
      '--scale-in-cooldown: "soon" is not allowed; allowed: a duration such as 90s, 5m or 1h30m',
      expect.stringMatching(/^--agent-endpoint: /),
      expect.stringMatching(/^--asg-name: is missing/),
      expect.stringMatching(/^--instance-buffer: -1 is not allowed/),
    ]);
  });

  test("can have warnings", () => {
    const { plan, warnings } = readRunPlan({ ...WITH_PARAMETER, scaleInFactor: "5" }, {});
    expect(plan).toBeDefined();
    expect(warnings).toEqual([
      expect.stringMatching(/^--scale-in-graceful: is not true, so a scale-in may end instances/),
      expect.stringMatching(/^--scale-in-factor: 5 is above 1/),
    ]);
  });

  test("can make the scale-in graceful", () => {
    const { scalers } = readInput({
      ...WITH_PARAMETER,
      scaleInGraceful: true,
      scaleInUnit: "buildkite-agent@*",
      scaleInEndedBy: "instance",
      scaleInBusyAfter: "10m",
    });
    expect(scalers[0]?.scaleIn).toMatchObject({
      graceful: true,
      unit: "buildkite-agent@*",
      endedBy: "instance",
      busyAfterSeconds: 600,
    });
  });

  test("can set Elastic CI mode and the check for dangling instances", () => {
    const { scalers } = readInput({
      ...WITH_PARAMETER,
      elasticCiMode: true,
      minimumInstanceUptime: "30m",
      maxDanglingInstancesToCheck: "9",
    });
    expect(scalers).toMatchObject([
      {
        elasticCiMode: true,
        scaleIn: { graceful: true, endedBy: "instance", cooldownSeconds: 3600 },
        danglingCheck: { minimumUptimeSeconds: 1800, maxInstances: 9 },
      },
    ]);
  });

  test("refuse settings of a graceful scale-in without it, each by the name of its flag", () => {
    const { plan, problems } = readRunPlan(
      { ...WITH_PARAMETER, scaleInUnit: "agent", scaleInEndedBy: "me" },
      {},
    );
    expect(plan).toBeUndefined();
    expect(problems).toEqual([
      expect.stringMatching(
        /^--scale-in-ended-by: "me" is not allowed; allowed: "loop" or "instance"/,
      ),
      expect.stringMatching(/^--scale-in-unit: is set without scaleIn.graceful: true/),
      expect.stringMatching(/^--scale-in-ended-by: is set without scaleIn.graceful: true/),
    ]);
  });

  test("use the SSM documents of a deployment only if --ssm-document names them", () => {
    const ssmDocument = "buildkite-scaling-loop-prod";
    expect(readPlan({ ...WITH_PARAMETER, ssmDocument }).documentPrefix).toBe(ssmDocument);
    expect(readPlan(WITH_PARAMETER).documentPrefix).toBeUndefined();
    expect(readRunPlan({ ...WITH_PARAMETER, ssmDocument: "a b" }, {}).problems).toEqual([
      expect.stringMatching(/^--ssm-document: "a b" is not allowed; allowed: 1 to 123 letters/),
    ]);
  });
});

describe("the agent token", () => {
  test("from the environment is in no loop: the loop names a parameter that cannot be guessed", () => {
    const env = { BUILDKITE_AGENT_TOKEN: ` ${TOKEN}\n` };
    const [first, second] = [readPlan({ asgName: "web" }, env), readPlan({ asgName: "web" }, env)];
    expect(first.token).toBe(TOKEN);
    expect(JSON.stringify(first.loops)).not.toContain(TOKEN);
    const names = [first, second].map(({ loops }) => loops[0]?.agentTokenParameter);
    expect(names[0]).toMatch(/^\/scaling-loop-run\/[0-9a-f-]{36}$/);
    expect(names[0]).not.toBe(names[1]);
  });

  test("from the command line causes a warning that does not quote it", () => {
    const { plan, warnings } = readRunPlan(
      { asgName: "web", agentToken: TOKEN, scaleInGraceful: true },
      { BUILDKITE_AGENT_TOKEN: "another" },
    );
    expect(plan?.token).toBe(TOKEN);
    expect(warnings).toEqual([
      "--agent-token: every user of this machine can read the token in the process list; set BUILDKITE_AGENT_TOKEN instead",
    ]);
  });

  test("from the environment is ignored if a parameter is named", () => {
    const plan = readPlan(WITH_PARAMETER, { BUILDKITE_AGENT_TOKEN: TOKEN });
    expect(plan.token).toBeUndefined();
    expect(plan.loops[0]?.agentTokenParameter).toBe("/token");
  });

  test.each([
    [{ agentToken: "two words" }, {}, /^--agent-token: the value is not an agent token/],
    [
      {},
      { BUILDKITE_AGENT_TOKEN: "a b" },
      /^BUILDKITE_AGENT_TOKEN: the value is not an agent token/,
    ],
    [{}, {}, /^the agent token is missing/],
    [
      { agentToken: TOKEN, agentTokenSsmKey: "/token" },
      {},
      /^--agent-token and --agent-token-ssm-key are both set; use one$/,
    ],
    [
      { agentTokenSsmKey: "/token", agentTokenSsmRegion: "us-east-1", region: "eu-west-1" },
      {},
      /^--agent-token-ssm-region: us-east-1 is not allowed/,
    ],
  ])("from %j and %j is refused and not quoted", (flags, env, what) => {
    const { plan, problems } = readRunPlan({ asgName: "web", ...flags }, env);
    expect(plan).toBeUndefined();
    expect(problems).toEqual([expect.stringMatching(what)]);
    expect(problems.join()).not.toMatch(/two words|a b|bkct/);
  });

  test("can name the region of the run as the region of its parameter", () => {
    const flags = { ...WITH_PARAMETER, agentTokenSsmRegion: "eu-west-1" };
    expect(readRunPlan({ ...flags, region: "eu-west-1" }, {}).problems).toEqual([]);
    expect(readRunPlan(flags, { AWS_REGION: "eu-west-1" }).problems).toEqual([]);
  });
});

test("a cooldown may be whole seconds, as every duration on the command line", () => {
  const { loops } = readPlan({ ...WITH_PARAMETER, scaleInCooldown: "90" });
  expect(loops[0]?.scalers[0]).toMatchObject({ scaleIn: { cooldown: "1m30s" } });
});

describe("the poll interval", () => {
  test.each([
    ["30", 30],
    ["30s", 30],
    ["1m30s", 90],
    ["3m", 180],
  ])("is read from %j", (pollInterval, seconds) => {
    expect(readPlan({ ...WITH_PARAMETER, pollInterval }).pollIntervalSeconds).toBe(seconds);
  });

  test.each(["0", "181", "3m1s", "1.5s", "soon", "-5s"])("is not read from %j", (pollInterval) => {
    expect(readRunPlan({ ...WITH_PARAMETER, pollInterval }, {}).problems).toEqual([
      `--poll-interval: "${pollInterval}" is not allowed; allowed: a duration such as 90s or 5m, or whole seconds; at least 1s and at most 3m`,
    ]);
  });
});

describe("a scalers file", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "run-plan-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function writeFile(text: string): string {
    const path = join(folder, "scalers.yml");
    writeFileSync(path, text);
    return path;
  }

  const TWO = `clusters:
  - name: main
    agentTokenParameter: /main
    publishMetrics: true
    scalers: [{queue: a, group: a, agentsPerInstance: 1}, {queue: b, group: b, agentsPerInstance: 1}]
  - name: mac
    agentTokenParameter: /mac
    scalers: [{queue: c, group: c, agentsPerInstance: 1}]
`;

  test("runs with all its loops and ignores a token in the environment", () => {
    const plan = readPlan({ scalers: writeFile(TWO) }, { BUILDKITE_AGENT_TOKEN: TOKEN });
    expect(plan.loops.map(({ name, publishMetrics }) => [name, publishMetrics])).toEqual([
      ["main", true],
      ["mac", undefined],
    ]);
    expect(plan.token).toBeUndefined();
  });

  test("runs with one cluster if --cluster names it", () => {
    const { loops } = readPlan({ scalers: writeFile(TWO), cluster: "mac" });
    expect(loops.map(({ name }) => name)).toEqual(["mac"]);
  });

  test("with events has a warning: the run does not listen for them", () => {
    const events = "events: {bus: aws.partner/buildkite.com/my-org/1}";
    const path = writeFile(TWO.replace("- name: mac", `- ${events}\n    name: mac`));
    const { plan, warnings } = readRunPlan({ scalers: path }, {});
    expect(plan?.loops).toHaveLength(2);
    const warning =
      "mac: events are not used; the run polls on its beat, and the deployed loop hears the events";
    expect(warnings).toContain(warning);
    const main = readRunPlan({ scalers: path, cluster: "main" }, {});
    expect(main.warnings.join()).not.toContain("events are not used");
  });

  test("is refused with its clusters' names if it has no cluster of the given name", () => {
    const path = writeFile(TWO);
    expect(readRunPlan({ scalers: path, cluster: "win" }, {}).problems).toEqual([
      `--cluster: ${path} has no cluster win; it has 2 clusters: main, mac`,
    ]);
  });

  test("can be run in dry run: every entry is in dry run and no metrics are published", () => {
    const { loops, dryRun } = readPlan({ scalers: writeFile(TWO), dryRun: "true" });
    expect(dryRun).toBe(true);
    expect(loops.map(({ publishMetrics }) => publishMetrics)).toEqual([false, false]);
    expect(loops.flatMap(({ scalers }) => scalers.map((entry) => entry.dryRun))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test("cannot be combined with the flags of one queue", () => {
    const path = writeFile(TWO);
    const flags = { scalers: path, asgName: "web", queue: "default" };
    expect(readRunPlan(flags, {}).problems).toEqual([
      "--scalers is set together with --queue, --asg-name; use either a scalers file or the flags of one queue",
    ]);
  });

  test("can be combined with the options of the run", () => {
    const flags = { scalers: writeFile(TWO), once: true, region: "eu-west-1", pollInterval: "1m" };
    expect(readPlan({ ...flags, dryRun: "false" })).toMatchObject({
      once: true,
      region: "eu-west-1",
      pollIntervalSeconds: 60,
      dryRun: false,
    });
  });

  test("is refused with all its problems", () => {
    const path = writeFile(
      TWO.replace("agentsPerInstance: 1", "agentsPerInstance: 0").replace("/mac", "mac"),
    );
    const { plan, problems } = readRunPlan({ scalers: path, pollInterval: "x" }, {});
    expect(plan).toBeUndefined();
    expect(problems).toHaveLength(3);
  });

  test("is required by --cluster", () => {
    expect(readRunPlan({ ...WITH_PARAMETER, cluster: "main" }, {}).problems).toEqual([
      "--cluster is set without --scalers; it selects from a scalers file",
    ]);
  });
});
