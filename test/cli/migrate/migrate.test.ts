import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { migrate, migrateAll } from "../../../cli/migrate/migrate.ts";
import { getValue } from "../../../config/setting-path.ts";
import { validateText } from "../../../config/validate-file.ts";
import { parseScalers } from "../../../functions/core/read-scalers.ts";
import type { Scaler } from "../../../functions/core/scaler.ts";

/** The variables that the reference needs to start. */
const LEAST = {
  BUILDKITE_QUEUE: "default",
  ASG_NAME: "web",
  AGENTS_PER_INSTANCE: "4",
  BUILDKITE_AGENT_TOKEN_SSM_KEY: "/buildkite/token",
};

/** How the reference scales in without Elastic CI mode, with 4 agents per instance. */
const PLAIN_SCALE_IN = {
  disabled: false,
  graceful: false,
  unit: "buildkite-agent",
  endedBy: "loop",
  busyAfterSeconds: 900,
};

function formatEnvLines(variables: Record<string, string>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n");
}

function formatLambda(variables: Record<string, string>): string {
  return JSON.stringify({ Environment: { Variables: variables } });
}

function formatStack(parameters: Record<string, string>, more: object = {}): string {
  const Parameters = Object.entries(parameters).map(([key, value]) => ({
    ParameterKey: key,
    ParameterValue: value,
  }));
  return JSON.stringify({ Stacks: [{ StackName: "ci", Parameters, ...more }] });
}

/** Returns the migrated YAML, or the problems if there is none. */
function migrateToYaml(settings: string): string {
  const { yaml, problems } = migrate(settings);
  return yaml ?? JSON.stringify(problems);
}

/** Returns the scaler of the migrated YAML, as the loop parses it. */
function migrateToScaler(settings: string): Scaler | undefined {
  const scalers = getValue(parse(migrateToYaml(settings)), ["clusters", 0, "scalers"]);
  return parseScalers(Array.isArray(scalers) ? scalers : [])[0];
}

function listProblems(settings: string): string[] {
  return migrate(settings).problems.map(({ where, what }) => `${where}: ${what}`);
}

describe("an env file", () => {
  test("becomes a scalers.yml with the same behaviour, with comments on differences", () => {
    const settings = `# production
${formatEnvLines(LEAST)}
INCLUDE_WAITING=1
SCALE_IN_COOLDOWN_PERIOD=90m
SCALE_OUT_FACTOR=-0.5
CLOUDWATCH_METRICS=false
LAMBDA_TIMEOUT=50s
LAMBDA_INTERVAL=30s
SCALE_IN_COOLDOWN=5m
`;
    expect(
      migrateToYaml(settings),
    ).toBe(`# The settings of a buildkite-agent-scaler, converted by \`buildkite-scaling-loop migrate\`.
# To do:
# - deploy with --param pollIntervalSeconds=30 (LAMBDA_INTERVAL was 30s); it applies to all
#   clusters
# Settings without a counterpart:
# - LAMBDA_TIMEOUT: an execution polls for its slot of three minutes, then the next execution
#   continues
# Not a setting of buildkite-agent-scaler, and left out: SCALE_IN_COOLDOWN (did you mean
# SCALE_IN_COOLDOWN_PERIOD?)
clusters:
  # choose a name for the Buildkite cluster; add its other queues under scalers
  - name: main
    agentTokenParameter: /buildkite/token
    # once a minute, with the metric names of buildkite-agent-metrics; the dimensions are Org and
    # Queue, and also Cluster if the token belongs to a Buildkite cluster
    publishMetrics: false
    scalers:
      - queue: default
        group: web
        agentsPerInstance: 4
        includeWaiting: true
        scaleIn:
          # 1h30m is longer than an hour: you pay for instances that become idle after a scale-in
          # until the next one
          cooldown: 1h30m
          # is not true, so a scale-in may end instances with running jobs; use scaleIn.graceful:
          # true (agents under systemd, SSM agent on the instances), elasticCiMode: true (an Elastic
          # CI Stack) or scaleIn.disabled: true (the instances end themselves); docs/scale-in.md
          # compares them
          graceful: false
        scaleOut:
          # buildkite-agent-scaler ignores the minus sign
          factor: 0.5
        # 0s would be the behaviour of buildkite-agent-scaler, which does not wait: it adds an
        # instance while healthy ones still boot, and takes it back at a later poll
        agentStartupGrace: 5m
`);
  });

  test("keeps the defaults of the reference's Lambda, not of its command line", () => {
    expect(migrateToScaler(formatEnvLines(LEAST))).toEqual({
      name: "web",
      queues: ["default"],
      group: "web",
      agentsPerInstance: 4,
      includeWaiting: false,
      instanceBuffer: 0,
      maxInstanceCap: 0,
      availabilityThreshold: 0.5,
      agentStartupGraceSeconds: 300,
      demandShare: 1,
      cooldownFromAnyScaling: false,
      scaleIn: { ...PLAIN_SCALE_IN, cooldownSeconds: 0, factor: undefined },
      scaleOut: { disabled: false, cooldownSeconds: 0, factor: undefined },
      dryRun: false,
      elasticCiMode: false,
      danglingCheck: { minimumUptimeSeconds: 3600, maxInstances: 5 },
    });
  });

  test("treats empty variables as not set, as the reference does", () => {
    const settings = formatEnvLines({
      ...LEAST,
      SCALE_IN_FACTOR: "",
      BUILDKITE_AGENT_ENDPOINT: "",
    });
    expect(migrateToYaml(settings)).toBe(migrateToYaml(formatEnvLines(LEAST)));
  });
});

describe("a poll interval", () => {
  test.each([
    ["0s", 1], // The minimum of the definition.
    ["1500ms", 2],
    ["1m", 60],
  ])("of %s is %d seconds in the deployment", (written, seconds) => {
    const { toDo } = migrate(formatEnvLines({ ...LEAST, LAMBDA_INTERVAL: written }));
    expect(toDo).toEqual([
      expect.stringContaining(`deploy with --param pollIntervalSeconds=${seconds} (`),
    ]);
  });
});

describe("the configuration of the Lambda", () => {
  const ALL = {
    ...LEAST,
    BUILDKITE_AGENT_ENDPOINT: "https://agent-edge.buildkite.com/v3",
    INCLUDE_WAITING: "true",
    INSTANCE_BUFFER: "2",
    MAX_INSTANCE_CAP: "40",
    AVAILABILITY_THRESHOLD: "0.75",
    DISABLE_SCALE_IN: "f",
    SCALE_IN_COOLDOWN_PERIOD: "10m",
    SCALE_IN_FACTOR: "0.25",
    DISABLE_SCALE_OUT: "T",
    SCALE_OUT_COOLDOWN_PERIOD: "1m30s",
    SCALE_OUT_FACTOR: "1.5",
    SCALE_ONLY_AFTER_ALL_EVENT: "TRUE",
    CLOUDWATCH_METRICS: "1",
    ELASTIC_CI_MODE: "0",
    DANGLING_CHECK_MINIMUM_INSTANCE_UPTIME: "2h",
    MAX_DANGLING_INSTANCES_TO_CHECK: "7",
    LAMBDA_STARTUP_JITTER_MAX: "8s",
    LAMBDA_INTERVAL: "10000ms",
  };

  test("keeps every setting", () => {
    expect(migrateToScaler(formatLambda(ALL))).toEqual({
      name: "web",
      queues: ["default"],
      group: "web",
      agentsPerInstance: 4,
      includeWaiting: true,
      instanceBuffer: 2,
      maxInstanceCap: 40,
      availabilityThreshold: 0.75,
      agentStartupGraceSeconds: 300,
      demandShare: 1,
      cooldownFromAnyScaling: true,
      scaleIn: { ...PLAIN_SCALE_IN, cooldownSeconds: 600, factor: 0.25 },
      scaleOut: { disabled: true, cooldownSeconds: 90, factor: 1.5 },
      dryRun: false,
      elasticCiMode: false,
      danglingCheck: { minimumUptimeSeconds: 7200, maxInstances: 7 },
    });
  });

  test("keeps the cluster's settings; a poll interval of 10 s needs no change", () => {
    const { yaml = "", toDo } = migrate(formatLambda(ALL));
    expect(validateText(yaml, "scalers.yml").loops).toMatchObject([
      {
        name: "main",
        agentTokenParameter: "/buildkite/token",
        agentEndpoint: "https://agent-edge.buildkite.com/v3",
        publishMetrics: true,
        startupJitter: "8s",
      },
    ]);
    expect(toDo).toEqual([]);
  });

  test("in Elastic CI mode is graceful with a cooldown of an hour, and says what the mode does here", () => {
    const settings = formatLambda({
      ...LEAST,
      ELASTIC_CI_MODE: "true",
      DANGLING_CHECK_MINIMUM_INSTANCE_UPTIME: "30m",
      MAX_DANGLING_INSTANCES_TO_CHECK: "9",
    });
    expect(migrateToScaler(settings)).toMatchObject({
      elasticCiMode: true,
      dryRun: false,
      scaleIn: { graceful: true, endedBy: "instance", cooldownSeconds: 3600 },
      danglingCheck: { minimumUptimeSeconds: 1800, maxInstances: 9 },
    });
    expect(migrateToYaml(settings)).toContain(`
        # here the mode never lowers desired capacity: the loop tells the agents of idle instances
        # to stop, and each instance ends itself and decrements; jobs always finish
        # with several agents per instance, busy instances are told too once a surplus has lasted 15
        # minutes (scaleIn.busyAfter)
        elasticCiMode: true
        danglingCheck:
          minimumUptime: 30m
          maxInstances: 9
`);
    expect(migrateToYaml(settings)).not.toContain("graceful:");
  });

  test("without Elastic CI mode keeps checks for dangling instances, with a comment that they do nothing", () => {
    const settings = formatLambda({ ...LEAST, MAX_DANGLING_INSTANCES_TO_CHECK: "9" });
    expect(migrateToScaler(settings)?.danglingCheck.maxInstances).toBe(9);
    expect(migrateToYaml(settings)).toMatch(
      /# has no effect without scaleIn\.graceful: true[\s\S]*\n {10}maxInstances: 9\n/,
    );
  });
});

describe("an Elastic CI Stack", () => {
  const OUTPUTS = {
    Outputs: [{ OutputKey: "AutoScalingGroupName", OutputValue: "ci-AgentAutoScaleGroup-1" }],
  };
  const PARAMETERS = {
    BuildkiteAgentToken: "****",
    BuildkiteAgentTokenParameterStorePath: "/buildkite/token",
    BuildkiteQueue: "builds",
    AgentsPerInstance: "2",
    ScaleOutFactor: "1.0",
    ScaleOutForWaitingJobs: "true",
    ScaleInCooldownPeriod: "600",
    ScalerMinPollInterval: "10s",
    ScalerEnableExperimentalElasticCIMode: "false",
    MinSize: "0",
    InstanceTypes: "t3.large",
    RootVolumeSize: "250",
  };

  test("becomes a scalers.yml with the same behaviour, with the stack's defaults", () => {
    expect(
      migrateToYaml(formatStack(PARAMETERS, OUTPUTS)),
    ).toBe(`# The settings of a buildkite-agent-scaler, converted by \`buildkite-scaling-loop migrate\`.
# Settings without a counterpart:
# - BuildkiteAgentToken: only local runs take the token itself; a deployed loop reads it from the
#   SSM parameter in agentTokenParameter
# - MinSize: read from the group itself; buildkite-agent-scaler ignores this setting too
# Not about scaling, and left out: InstanceTypes, RootVolumeSize
clusters:
  # choose a name for the Buildkite cluster; add its other queues under scalers
  - name: main
    agentTokenParameter: /buildkite/token
    # the stack's default
    # once a minute, with the metric names of buildkite-agent-metrics; the dimensions are Org and
    # Queue, and also Cluster if the token belongs to a Buildkite cluster
    publishMetrics: true
    scalers:
      - queue: builds
        # the stack's output AutoScalingGroupName
        group: ci-AgentAutoScaleGroup-1
        agentsPerInstance: 2
        includeWaiting: true
        scaleIn:
          # the stack's default
          disabled: true
          cooldown: 10m
        scaleOut:
          # the stack's default
          cooldown: 5m
          factor: 1
        elasticCiMode: false
        # 0s would be the behaviour of buildkite-agent-scaler, which does not wait: it adds an
        # instance while healthy ones still boot, and takes it back at a later poll
        agentStartupGrace: 5m
`);
  });

  test("without parameters gets the stack's defaults and the token parameter that the stack creates", () => {
    const settings = formatStack({}, OUTPUTS);
    expect(migrateToScaler(settings)).toMatchObject({
      queues: ["default"],
      agentsPerInstance: 1,
      scaleIn: { disabled: true, cooldownSeconds: 3600, factor: undefined },
      scaleOut: { disabled: false, cooldownSeconds: 300, factor: 1 },
    });
    expect(migrateToYaml(settings)).toContain(
      "    agentTokenParameter: /ci/buildkite/agent-token\n",
    );
    expect(migrate(settings).toDo).toEqual([]);
  });

  test("without outputs and a name leaves the group and the token to the user", () => {
    const settings = JSON.stringify([{ ParameterKey: "BuildkiteQueue", ParameterValue: "a" }]);
    expect(migrate(settings).toDo).toEqual([
      "replace NAME-OF-THE-GROUP with the stack's output AutoScalingGroupName",
      "replace /buildkite/agent-token with the SSM parameter that contains the agent token",
    ]);
    const yaml = migrateToYaml(settings);
    expect(validateText(yaml, "scalers.yml").problems).toEqual([
      expect.objectContaining({
        what: expect.stringMatching(/^NAME-OF-THE-GROUP is the placeholder/),
      }),
    ]);
    const replaced = yaml.replace("group: NAME-OF-THE-GROUP", "group: web");
    expect(validateText(replaced, "scalers.yml").problems).toEqual([]);
  });

  test("may be the scaler's own nested stack", () => {
    const settings = formatStack({
      AgentAutoScaleGroup: "ci-group",
      BuildkiteAgentTokenParameter: "/ci/token",
      EnableElasticCIMode: "true",
    });
    expect(migrateToScaler(settings)).toMatchObject({ group: "ci-group", elasticCiMode: true });
    expect(migrateToYaml(settings)).toContain(
      "# true has no effect: in Elastic CI mode the loop drains idle instances all the same",
    );
  });

  test("reports an unknown parameter only if it is a likely typing error", () => {
    const settings = formatStack({ InstanceName: "ci", ScaleInCooldownPeriods: "300" }, OUTPUTS);
    expect(migrate(settings).unknown).toEqual([
      "ScaleInCooldownPeriods (did you mean ScaleInCooldownPeriod?)",
    ]);
  });
});

describe("settings with problems", () => {
  test("are reported all at once, with line, name and allowed values", () => {
    const settings = `BUILDKITE_QUEUE=default
AGENT_PER_INSTANCE=4
BUILDKITE_AGENT_TOKEN_SSM_KEY=token
INCLUDE_WAITING=yes
INSTANCE_BUFFER=-1
SCALE_IN_COOLDOWN_PERIOD=300
SCALE_OUT_FACTOR=half
AVAILABILITY_THRESHOLD=50
a word
`;
    expect(listProblems(settings).toSorted()).toEqual([
      "AGENTS_PER_INSTANCE: is missing; buildkite-agent-scaler does not start without it",
      "ASG_NAME: is missing; buildkite-agent-scaler does not start without it",
      "line 3: BUILDKITE_AGENT_TOKEN_SSM_KEY: this value is not allowed; allowed: an SSM parameter's path (/buildkite/agent-token), its full ARN, or /aws/reference/secretsmanager/NAME",
      'line 4: INCLUDE_WAITING: "yes" is not allowed; allowed: true or false (1, t, T, TRUE, true, True, 0, f, F, FALSE, false, False)',
      "line 5: INSTANCE_BUFFER: -1 is not allowed; allowed: a whole number of at least 0",
      'line 6: SCALE_IN_COOLDOWN_PERIOD: "300" is not allowed; allowed: a duration such as 90s, 5m or 1h30m; "300" has no unit',
      'line 7: SCALE_OUT_FACTOR: "half" is not allowed; allowed: a decimal number',
      "line 8: AVAILABILITY_THRESHOLD: 50 is not allowed; allowed: a number from 0 to 1",
      "line 9: is not a setting; allowed: KEY=VALUE",
    ]);
    expect(migrate(settings).unknown).toEqual([
      "AGENT_PER_INSTANCE (did you mean AGENTS_PER_INSTANCE?)",
    ]);
    expect(migrate(settings).yaml).toBeUndefined();
  });

  test("include a group name that is not allowed in a role's policy", () => {
    const Outputs = [{ OutputKey: "AutoScalingGroupName", OutputValue: "any *" }];
    expect(listProblems(formatStack({}, { Outputs }))).toEqual([
      'scaler.group: "any *" is not allowed; allowed: the name of an Auto Scaling group: 1 to 255 ASCII characters without spaces, :, * and ?',
    ]);
  });

  test("do not include settings without a counterpart", () => {
    const settings = formatEnvLines({ ...LEAST, LAMBDA_TIMEOUT: "soon", MIN_SIZE: "" });
    expect(listProblems(settings)).toEqual([]);
  });

  test("are not read from an input with an unknown format", () => {
    const { problems, ...others } = migrate("{}");
    expect(problems.map(({ where }) => where)).toEqual(["the input"]);
    expect(others).toEqual({ toDo: [], disable: [], unknown: [] });
  });
});

describe("an agent token", () => {
  const TOKEN = "bkct_3f9a0c17d2e84b56a1";
  const { BUILDKITE_AGENT_TOKEN_SSM_KEY: _, ...WITHOUT_KEY } = LEAST;

  test("in the settings is not printed; the user has to store it in SSM", () => {
    const migration = migrate(formatEnvLines({ ...WITHOUT_KEY, BUILDKITE_AGENT_TOKEN: TOKEN }));
    expect(migration.toDo).toEqual([
      "store the agent token of BUILDKITE_AGENT_TOKEN in the SSM parameter /buildkite/agent-token, as a SecureString",
    ]);
    expect(migration.yaml).toContain("    agentTokenParameter: /buildkite/agent-token\n");
    expect(JSON.stringify(migration)).not.toContain(TOKEN);
  });

  test("is required", () => {
    const settings = formatEnvLines({ ...WITHOUT_KEY, BUILDKITE_AGENT_TOKEN: "" });
    expect(listProblems(settings)).toEqual([
      "BUILDKITE_AGENT_TOKEN_SSM_KEY: is missing, and so is BUILDKITE_AGENT_TOKEN; buildkite-agent-scaler needs one of them",
    ]);
  });

  test.each([
    "BUILDKITE_AGENT_TOKEN",
    "BUILDKITE_AGENT_TOKEN_SSM_KEY",
    "BUILDKITE_TOKEN",
    "AGENTS_PER_INSTANCE",
    "SCALE_IN_FACTOR",
    "LAMBDA_INTERVAL",
    "BUILDKITE_AGENT_TOKEN_SSM_REGION",
  ])("is not printed if it is the value of %s", (name) => {
    for (const format of [formatEnvLines, formatLambda]) {
      const migration = JSON.stringify(migrate(format({ ...LEAST, [name]: TOKEN })));
      expect(migration).not.toContain(TOKEN);
      expect(migration).toContain(name);
    }
  });
});

describe("scheduled scaling of a stack", () => {
  test("remains in the stack: its parameters are named, and none is taken for a typing error", () => {
    const parameters = {
      EnableScheduledScaling: "true",
      ScheduleTimezone: "UTC",
      ScaleUpSchedule: "0 8 * * MON-FRI",
      ScaleUpMinSize: "1",
      ScaleDownSchedule: "0 18 * * MON-FRI",
      ScaleDownMinSize: "0",
    };
    const { yaml = "", unknown } = migrate(formatStack(parameters));
    expect(unknown).toEqual([]);
    for (const name of Object.keys(parameters))
      expect(yaml).toContain(`# - ${name}: remains a setting of the stack: its scheduled actions`);
    expect(yaml).not.toContain("left out");
  });
});

describe("the command that stops the old scaler", () => {
  const STOP = "aws lambda put-function-concurrency --reserved-concurrent-executions 0";

  test("names the function if the input does", () => {
    const settings = JSON.stringify({
      ...JSON.parse(formatLambda(LEAST)),
      FunctionName: "my-scaler",
    });
    expect(migrate(settings).disable).toEqual([`${STOP} --function-name my-scaler`]);
  });

  test("finds the function by its group otherwise", () => {
    expect(migrate(formatEnvLines(LEAST)).disable).toEqual([
      `${STOP} --function-name $(aws lambda list-functions --output text --query "Functions[?Environment.Variables.ASG_NAME=='web'].FunctionName")`,
    ]);
  });

  test("is left out if a shell would read something else", () => {
    expect(migrate(formatEnvLines({ ...LEAST, ASG_NAME: "a$b" })).disable).toEqual([]);
    expect(migrate(formatStack({})).disable).toEqual([]);
  });
});

describe("several scalers", () => {
  const input = (name: string, settings: Record<string, string>) => ({
    name,
    text: formatEnvLines({ ...LEAST, ASG_NAME: name, ...settings }),
  });

  test("become one file: those with the same token share a cluster", () => {
    const {
      yaml = "",
      disable,
      problems,
    } = migrateAll([
      input("web", {}),
      input("mac", { BUILDKITE_AGENT_TOKEN_SSM_KEY: "/mac/token" }),
      input("large", { BUILDKITE_QUEUE: "large" }),
    ]);
    expect(problems).toEqual([]);
    const { loops } = validateText(yaml, "scalers.yml");
    expect(loops.map(({ name, scalers }) => [name, scalers.map(({ group }) => group)])).toEqual([
      ["main", ["web", "large"]],
      ["main-2", ["mac"]],
    ]);
    expect(yaml).toContain("# The settings of 3 buildkite-agent-scalers, converted by");
    expect(disable).toHaveLength(3);
  });

  test("have the name of the file in each problem and in what is to do", () => {
    const broken = input("web", { AGENTS_PER_INSTANCE: "four" });
    const other = { ...input("mac", {}), text: "x" };
    expect(migrateAll([broken, other]).problems.map(({ where }) => where)).toEqual([
      expect.stringMatching(/^web: line \d+: AGENTS_PER_INSTANCE$/),
      "mac: line 1",
      ...[
        "BUILDKITE_QUEUE",
        "ASG_NAME",
        "AGENTS_PER_INSTANCE",
        "BUILDKITE_AGENT_TOKEN_SSM_KEY",
      ].map((name) => `mac: ${name}`),
    ]);
    const slow = input("web", { LAMBDA_INTERVAL: "20s" });
    expect(migrateAll([slow, input("mac", {})]).toDo).toEqual([
      expect.stringMatching(/^web: deploy with --param pollIntervalSeconds=20 /),
    ]);
  });

  test("of one group are refused", () => {
    const { problems } = migrateAll([input("web", {}), input("web", { BUILDKITE_QUEUE: "b" })]);
    expect(problems.map(({ where, what }) => `${where}: ${what}`)).toEqual([
      expect.stringMatching(/^clusters\[0\] \(main\): scalers\[1\] \(web\): group: .*already/),
    ]);
  });
});

describe("any settings", () => {
  const seconds = fc.integer({ min: 0, max: 100_000 });
  const variables = fc.record(
    {
      BUILDKITE_QUEUE: fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" }),
      // No placeholder, such as <group>.
      ASG_NAME: fc
        .stringMatching(/^[!-)+-9;->@-~]{1,60}$/)
        .filter((name) => !/^<|\$\{|^\{\{/.test(name)),
      AGENTS_PER_INSTANCE: fc.integer({ min: 1, max: 100 }).map(String),
      BUILDKITE_AGENT_TOKEN_SSM_KEY: fc.constant("/buildkite/token"),
      DISABLE_SCALE_IN: fc.constantFrom("true", "false"),
      ELASTIC_CI_MODE: fc.constantFrom("true", "false"),
      SCALE_IN_COOLDOWN_PERIOD: seconds.map((count) => `${count}s`),
      SCALE_OUT_FACTOR: fc.double({ min: 0, max: 10, noNaN: true }).map(String),
      LAMBDA_INTERVAL: seconds.map((count) => `${count}ms`),
    },
    {
      requiredKeys: [
        "BUILDKITE_QUEUE",
        "ASG_NAME",
        "AGENTS_PER_INSTANCE",
        "BUILDKITE_AGENT_TOKEN_SSM_KEY",
      ],
    },
  );

  test.each([
    "two\nlines",
    "\u00a0!",
    "trailing:",
    "null",
    "0123",
    "# none",
    `a: "b" ${"and so on ".repeat(12)}`,
    `tab\t${"x ".repeat(60)}`,
  ])("keep a queue called %j on one line", (queue) => {
    const settings = formatLambda({ ...LEAST, BUILDKITE_QUEUE: queue });
    expect(migrateToScaler(settings)?.queues).toEqual([queue]);
    const lines = migrateToYaml(settings).split("\n");
    expect(lines.indexOf("        group: web")).toBe(
      lines.findIndex((line) => line.startsWith("      - queue: ")) + 1,
    );
  });

  test("keep an unknown name inside its comment", () => {
    const { yaml, unknown } = migrate(formatLambda({ ...LEAST, "x\nclusters: []": "1" }));
    expect(unknown).toEqual(['"x\\nclusters: []"']);
    expect(validateText(yaml ?? "", "scalers.yml").loops).toHaveLength(1);
  });

  test("become a valid scalers.yml that keeps the names", () => {
    fc.assert(
      fc.property(variables, (given) => {
        const { yaml = "" } = migrate(formatLambda(given));
        const { loops, problems } = validateText(yaml, "scalers.yml");
        expect(problems).toEqual([]);
        expect(loops[0]?.scalers).toMatchObject([
          { queue: given.BUILDKITE_QUEUE, group: given.ASG_NAME },
        ]);
      }),
    );
  });
});
