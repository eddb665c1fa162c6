import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunFlags } from "../../../cli/run/flags.ts";
import { readRunPlan } from "../../../cli/run/plan.ts";
import { parseExecutionInput } from "../../../functions/core/execution-input.ts";

const TOKEN = "bkct_given-itself";
const WITH_PARAMETER = { asgName: "web", agentTokenSsmKey: "/token" };

function planned(flags: RunFlags, env: NodeJS.ProcessEnv = {}) {
  const { plan, problems } = readRunPlan(flags, env);
  if (plan === undefined) throw new Error(problems.join("\n"));
  return plan;
}

function inputOf(flags: RunFlags, env: NodeJS.ProcessEnv = {}) {
  return parseExecutionInput(planned(flags, env).loops[0]);
}

describe("the flags of run", () => {
  test("make one loop with the reference's defaults", () => {
    const { name, agentTokenParameter, agentEndpoint, publishMetrics, scalers } =
      inputOf(WITH_PARAMETER);
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

  test("say everything that a scaler can be told", () => {
    const { agentEndpoint, publishMetrics, scalers } = inputOf({
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
      scaleOutFactor: "-2", // The reference drops the sign.
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

  test("take a queue that looks like something else in YAML as it is", () => {
    expect(inputOf({ ...WITH_PARAMETER, queue: "true" }).scalers[0]?.queues).toEqual(["true"]);
    const odd = `a: "b" #c`;
    expect(inputOf({ ...WITH_PARAMETER, queue: odd }).scalers[0]?.queues).toEqual([odd]);
  });

  test("take a factor of 0 for none, as the reference does", () => {
    expect(
      inputOf({ ...WITH_PARAMETER, scaleInFactor: "0" }).scalers[0]?.scaleIn.factor,
    ).toBeUndefined();
  });

  test("that are wrong are all said at once, with what is allowed", () => {
    const { plan, problems } = readRunPlan(
      {
        agentsPerInstance: "four",
        scaleInCooldown: "5",
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
      '--poll-interval: "0s" is not allowed; allowed: whole seconds or a duration, 1s to 4m',
      expect.stringMatching(/^--dry-run: "perhaps" is not allowed; allowed: true or false/),
      '--region: "Ireland" is not allowed; allowed: an AWS region, such as eu-west-1',
      expect.stringMatching(/^the agent token is missing: set BUILDKITE_AGENT_TOKEN/),
      expect.stringMatching(
        /^--agents-per-instance: "four" is not allowed; allowed: a whole number/,
      ),
      expect.stringMatching(/^--include-waiting: "maybe" is not allowed/),
      '--scale-in-cooldown: "5" is not allowed; allowed: a duration such as 90s, 5m or 1h30m; "5" has no unit',
      expect.stringMatching(/^--agent-endpoint: /),
      expect.stringMatching(/^--asg-name: is missing/),
      expect.stringMatching(/^--instance-buffer: -1 is not allowed/),
    ]);
  });

  test("that are odd are warned of", () => {
    const { plan, warnings } = readRunPlan({ ...WITH_PARAMETER, scaleInFactor: "5" }, {});
    expect(plan).toBeDefined();
    expect(warnings).toEqual([expect.stringMatching(/^--scale-in-factor: 5 is above 1/)]);
  });

  test("cannot have a mode that is not built, but for a dry run", () => {
    const { problems } = readRunPlan({ ...WITH_PARAMETER, elasticCiMode: true }, {});
    expect(problems).toEqual([
      expect.stringMatching(/^--elastic-ci-mode: true is not allowed yet/),
    ]);
    const rehearsal = { ...WITH_PARAMETER, elasticCiMode: true, dryRun: true };
    expect(inputOf(rehearsal).scalers).toMatchObject([{ elasticCiMode: true, dryRun: true }]);
  });
});

describe("the agent token", () => {
  test("of the environment stands in no loop: the loop names a parameter that nobody can guess", () => {
    const env = { BUILDKITE_AGENT_TOKEN: ` ${TOKEN}\n` };
    const [first, second] = [planned({ asgName: "web" }, env), planned({ asgName: "web" }, env)];
    expect(first.token).toBe(TOKEN);
    expect(JSON.stringify(first.loops)).not.toContain(TOKEN);
    const names = [first, second].map(({ loops }) => loops[0]?.agentTokenParameter);
    expect(names[0]).toMatch(/^\/scaling-loop-run\/[0-9a-f-]{36}$/);
    expect(names[0]).not.toBe(names[1]);
  });

  test("of the command line comes with a warning that does not repeat it", () => {
    const { plan, warnings } = readRunPlan(
      { asgName: "web", agentToken: TOKEN },
      { BUILDKITE_AGENT_TOKEN: "another" },
    );
    expect(plan?.token).toBe(TOKEN);
    expect(warnings).toEqual([
      "--agent-token: everybody on this machine can read it in the list of processes; set BUILDKITE_AGENT_TOKEN instead",
    ]);
  });

  test("of the environment is not looked at where a parameter is named", () => {
    const plan = planned(WITH_PARAMETER, { BUILDKITE_AGENT_TOKEN: TOKEN });
    expect(plan.token).toBeUndefined();
    expect(plan.loops[0]?.agentTokenParameter).toBe("/token");
  });

  test.each([
    [{ agentToken: "two words" }, {}, /^--agent-token: what stands there is no agent token/],
    [{}, { BUILDKITE_AGENT_TOKEN: "a b" }, /^BUILDKITE_AGENT_TOKEN: what stands there is no agent/],
    [{}, {}, /^the agent token is missing/],
    [{ agentToken: TOKEN, agentTokenSsmKey: "/token" }, {}, /^--agent-token stands beside/],
    [
      { agentTokenSsmKey: "/token", agentTokenSsmRegion: "us-east-1", region: "eu-west-1" },
      {},
      /^--agent-token-ssm-region: us-east-1 is not allowed/,
    ],
    [
      { agentToken: TOKEN },
      { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
      /^AWS_IGNORE_CONFIGURED_ENDPOINT_URLS/,
    ],
  ])("given as %j in %j is refused, and never quoted", (flags, env, what) => {
    const { plan, problems } = readRunPlan({ asgName: "web", ...flags }, env);
    expect(plan).toBeUndefined();
    expect(problems).toEqual([expect.stringMatching(what)]);
    expect(problems.join()).not.toMatch(/two words|a b|bkct/);
  });

  test("may be said to stand in the region in which all is done", () => {
    const flags = { ...WITH_PARAMETER, agentTokenSsmRegion: "eu-west-1" };
    expect(readRunPlan({ ...flags, region: "eu-west-1" }, {}).problems).toEqual([]);
    expect(readRunPlan(flags, { AWS_REGION: "eu-west-1" }).problems).toEqual([]);
  });
});

describe("the poll interval", () => {
  test.each([
    ["30", 30],
    ["30s", 30],
    ["1m30s", 90],
    ["4m", 240],
  ])("is read from %j", (pollInterval, seconds) => {
    expect(planned({ ...WITH_PARAMETER, pollInterval }).pollIntervalSeconds).toBe(seconds);
  });

  test.each(["0", "241", "4m1s", "1.5s", "soon", "-5s"])("is not read from %j", (pollInterval) => {
    expect(readRunPlan({ ...WITH_PARAMETER, pollInterval }, {}).problems).toEqual([
      `--poll-interval: "${pollInterval}" is not allowed; allowed: whole seconds or a duration, 1s to 4m`,
    ]);
  });
});

describe("a scalers file", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "run-plan-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function written(text: string): string {
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

  test("is run with all its loops, whatever token is in the environment", () => {
    const plan = planned({ scalers: written(TWO) }, { BUILDKITE_AGENT_TOKEN: TOKEN });
    expect(plan.loops.map(({ name, publishMetrics }) => [name, publishMetrics])).toEqual([
      ["main", true],
      ["mac", undefined],
    ]);
    expect(plan.token).toBeUndefined();
  });

  test("is run with one cluster where that is named", () => {
    const { loops } = planned({ scalers: written(TWO), cluster: "mac" });
    expect(loops.map(({ name }) => name)).toEqual(["mac"]);
  });

  test("without the cluster that is named is refused, with those it has", () => {
    const path = written(TWO);
    expect(readRunPlan({ scalers: path, cluster: "win" }, {}).problems).toEqual([
      `--cluster: ${path} has no cluster win; it has 2 clusters: main, mac`,
    ]);
  });

  test("becomes a dry run in every entry, and publishes nothing then", () => {
    const { loops, dryRun } = planned({ scalers: written(TWO), dryRun: "true" });
    expect(dryRun).toBe(true);
    expect(loops.map(({ publishMetrics }) => publishMetrics)).toEqual([false, false]);
    expect(loops.flatMap(({ scalers }) => scalers.map((entry) => entry.dryRun))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test("does not go together with the flags of one queue", () => {
    const path = written(TWO);
    const flags = { scalers: path, asgName: "web", queue: "default" };
    expect(readRunPlan(flags, {}).problems).toEqual([
      "--scalers stands beside --queue, --asg-name; allowed: a scalers file, or the flags of one queue, not both",
    ]);
  });

  test("goes together with what is about the run itself", () => {
    const flags = { scalers: written(TWO), once: true, region: "eu-west-1", pollInterval: "1m" };
    expect(planned({ ...flags, dryRun: "false" })).toMatchObject({
      once: true,
      region: "eu-west-1",
      pollIntervalSeconds: 60,
      dryRun: false,
    });
  });

  test("that is wrong is refused with everything that is", () => {
    const path = written(
      TWO.replace("agentsPerInstance: 1", "agentsPerInstance: 0").replace("/mac", "mac"),
    );
    const { plan, problems } = readRunPlan({ scalers: path, pollInterval: "x" }, {});
    expect(plan).toBeUndefined();
    expect(problems).toHaveLength(3);
  });

  test("is what a cluster is picked from", () => {
    expect(readRunPlan({ ...WITH_PARAMETER, cluster: "main" }, {}).problems).toEqual([
      "--cluster: stands without --scalers; allowed: with a scalers file, to pick from it",
    ]);
  });
});
