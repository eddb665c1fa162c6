import { describe, expect, test } from "vitest";
import { formatFileProblem, validateText } from "../../config/validate-file.ts";

/** Returns the problems of a file, as a person reads them. */
function findProblems(text: string): string[] {
  const { loops, problems } = validateText(text, "scalers.yml");
  expect(loops).toEqual([]);
  return problems.map(formatFileProblem);
}

/** A file with a valid cluster and these scalers, which start in line 5. */
function withScalers(...lines: string[]): string {
  return [
    "clusters:",
    "  - name: main",
    "    agentTokenParameter: /buildkite/agent-token",
    "    scalers:",
    ...lines.map((line) => `      ${line}`),
  ].join("\n");
}

/** A file with this cluster and a valid scaler. */
function withCluster(...lines: string[]): string {
  return [
    "clusters:",
    ...lines.map((line) => `  ${line}`),
    "    scalers:",
    "      - {queue: default, group: web, agentsPerInstance: 1}",
  ].join("\n");
}

const ENTRY_KEYS =
  "queue, queues, group, name, agentsPerInstance, includeWaiting, instanceBuffer, maxInstanceCap, availabilityThreshold, agentStartupGrace, demandShare, cooldownFromAnyScaling, scaleIn, scaleOut, dryRun, elasticCiMode, danglingCheck";

interface Case {
  name: string;
  file: string;
  problems: string[];
}

describe("a file that is not YAML or not a scalers file has a problem:", () => {
  test.each<Case>([
    {
      name: "it is empty",
      file: "",
      problems: ["scalers.yml: is empty; allowed: an object of defaults, clusters"],
    },
    {
      name: "it has only comments",
      file: "# clusters:\n",
      problems: ["scalers.yml: is empty; allowed: an object of defaults, clusters"],
    },
    {
      name: "it is a list",
      file: "- name: main\n",
      problems: ["scalers.yml:1: a list is not allowed; allowed: an object of defaults, clusters"],
    },
    {
      name: "clusters is missing, and a key is similar",
      file: "cluster: []\n",
      problems: [
        "scalers.yml:1: clusters: is missing: The Buildkite clusters to serve. Each has a loop of its own.",
        'scalers.yml:1: cluster: "cluster" is not known here; did you mean "clusters"?',
      ],
    },
    {
      name: "clusters is an empty list",
      file: "clusters: []\n",
      problems: ["scalers.yml:1: clusters: [] is not allowed; allowed: at least one cluster"],
    },
    {
      name: "clusters has no value",
      file: "clusters:\n",
      problems: ["scalers.yml:1: clusters: is empty; allowed: a list of clusters"],
    },
    {
      name: "clusters is a mapping; its values are not printed",
      file: "clusters:\n  main: {agentTokenParameter: 0123456789abcdef0123456789}\n",
      problems: ["scalers.yml:1: clusters: an object is not allowed; allowed: a list of clusters"],
    },
    {
      name: "a line is indented too far",
      file: "clusters:\n  - name: main\n     agentTokenParameter: /a\n",
      problems: [
        'scalers.yml:2: the layout is wrong: check the indentation, brackets and colons; the keys of a mapping start in the same column, and a text that contains ": " needs quotes',
      ],
    },
    {
      name: "a tab is used as indentation",
      file: "clusters:\n\t- name: main\n",
      problems: ["scalers.yml:2: tabs are not allowed for indentation; use spaces"],
    },
    {
      name: "it has two documents",
      file: "clusters: []\n---\nclusters: []\n",
      problems: ["scalers.yml:2: a second document starts here; allowed: one document in a file"],
    },
    {
      name: "it has a CloudFormation tag",
      file: withCluster("- name: main", "  agentTokenParameter: !Ref Token"),
      problems: ["scalers.yml:3: tags such as !Ref are not supported; write the value itself"],
    },
    {
      name: "text follows a quoted token; the token is not printed",
      file: withCluster("- name: main", "  agentTokenParameter: '/a' 0123456789abcdef0123456789"),
      problems: [
        'scalers.yml:3: something is unexpected here: check the indentation, brackets and colons; the keys of a mapping start in the same column, and a text that contains ": " needs quotes',
      ],
    },
    {
      name: "an alias has no anchor, and another is inside its own",
      file: "clusters: &all\n  - *main\n  - *all\n",
      problems: [
        "scalers.yml:2: *main has no anchor &main above it",
        "scalers.yml:3: *all is inside its own anchor",
      ],
    },
    {
      name: "a merge key has a number as its value",
      file: "clusters:\n  - <<: 5\n",
      problems: [
        "scalers.yml: aliases and merge keys cannot be resolved: Merge sources must be maps or map aliases",
      ],
    },
  ])("$name", ({ file, problems }) => {
    expect(findProblems(file)).toEqual(problems);
  });
});

describe("a cluster has a problem:", () => {
  test.each<Case>([
    {
      name: "everything is missing",
      file: "clusters:\n  - {}\n",
      problems: [
        "scalers.yml:2: clusters[0]: name: is missing: Name of this cluster's loop, and the dimension Loop of its scalers' metrics.",
        "scalers.yml:2: clusters[0]: agentTokenParameter: is missing: The SSM parameter that holds the Buildkite cluster's agent token: its path, its full ARN, or /aws/reference/secretsmanager/NAME. Never the token itself.",
        "scalers.yml:2: clusters[0]: scalers: is missing: Which queues set the size of which Auto Scaling groups.",
      ],
    },
    {
      name: "it has no scalers",
      file: "clusters:\n  - {name: main, agentTokenParameter: /a, scalers: []}\n",
      problems: [
        "scalers.yml:2: clusters[0] (main): scalers: [] is not allowed; allowed: at least one scaler",
      ],
    },
    {
      name: "another cluster has the same name, and another has the same group",
      file: [
        "clusters:",
        "  - name: main",
        "    agentTokenParameter: /a",
        "    scalers:",
        "      - {queue: a, group: web, agentsPerInstance: 1}",
        "  - name: main",
        "    agentTokenParameter: /b",
        "    scalers:",
        "      - {queue: b, group: large, agentsPerInstance: 1}",
        "      - {queue: c, group: web, agentsPerInstance: 1}",
      ].join("\n"),
      problems: [
        'scalers.yml:6: clusters[1] (main): name: "main" is already the name of clusters[0] (main); allowed: a different name for each cluster',
        'scalers.yml:10: clusters[1] (main): scalers[1] (web): group: "web" is already the group of clusters[0] (main): scalers[0] (web); allowed: a group in one entry only',
      ],
    },
    {
      name: "the name is invalid, a boolean is a word, a setting has a typing error",
      file: withCluster(
        "- name: main cluster",
        "  agentTokenParameter: /a",
        "  publishMetrics: yes",
        "  startupJiter: 5s",
      ),
      problems: [
        'scalers.yml:2: clusters[0] (main cluster): name: "main cluster" is not allowed; allowed: 1 to 32 letters, digits, hyphens and underscores, the first one a letter or a digit',
        'scalers.yml:4: clusters[0] (main cluster): publishMetrics: "yes" is not allowed; allowed: true or false',
        'scalers.yml:5: clusters[0] (main cluster): startupJiter: "startupJiter" is not known here; did you mean "startupJitter"?',
      ],
    },
    {
      name: "the name has a dot, which is reserved for the loops of a large cluster",
      file: withCluster("- name: main.2", "  agentTokenParameter: /a"),
      problems: [
        'scalers.yml:2: clusters[0] (main.2): name: "main.2" is not allowed; allowed: 1 to 32 letters, digits, hyphens and underscores, the first one a letter or a digit',
      ],
    },
    {
      name: "a token is in the place of its parameter; it is not printed",
      file: withCluster("- name: main", "  agentTokenParameter: bkct_0123456789abcdef0123456789"),
      problems: [
        "scalers.yml:3: clusters[0] (main): agentTokenParameter: this value looks like an agent token itself: put the token into an SSM parameter, write the parameter's name here, and revoke the token if this file was shared",
      ],
    },
    {
      name: "the parameter has no slash",
      file: withCluster("- name: main", "  agentTokenParameter: agent-token"),
      problems: [
        "scalers.yml:3: clusters[0] (main): agentTokenParameter: this value is not allowed; allowed: an SSM parameter's path (/buildkite/agent-token), its full ARN, or /aws/reference/secretsmanager/NAME",
      ],
    },
    {
      name: "a token is under an unknown key; it is not printed",
      file: withCluster("- name: main", "  agentToken: 0123456789abcdef0123456789"),
      problems: [
        "scalers.yml:2: clusters[0] (main): agentTokenParameter: is missing: The SSM parameter that holds the Buildkite cluster's agent token: its path, its full ARN, or /aws/reference/secretsmanager/NAME. Never the token itself.",
        'scalers.yml:3: clusters[0] (main): agentToken: "agentToken" is not known here; did you mean "agentTokenParameter"?',
      ],
    },
    {
      name: "the endpoint is not encrypted",
      file: withCluster(
        "- name: main",
        "  agentTokenParameter: /a",
        "  agentEndpoint: http://agent.example.com/v3",
      ),
      problems: [
        'scalers.yml:4: clusters[0] (main): agentEndpoint: "http://agent.example.com/v3" is not allowed; allowed: an https address, or an http address of this machine, without spaces, query and fragment',
      ],
    },
    {
      name: "the endpoint has a password; it is not printed",
      file: withCluster(
        "- name: main",
        "  agentTokenParameter: /a",
        "  agentEndpoint: https://me:secret@agent.example.com/v3",
      ),
      problems: [
        "scalers.yml:4: clusters[0] (main): agentEndpoint: this value is not allowed; allowed: an address without a user name and a password, because addresses are logged",
      ],
    },
  ])("$name", ({ file, problems }) => {
    expect(findProblems(file)).toEqual(problems);
  });
});

describe("a scaler has a problem:", () => {
  test.each<Case>([
    {
      name: "a nested setting has a typing error",
      file: withScalers(
        "- {queue: a, group: a, agentsPerInstance: 1}",
        "- queue: b",
        "  group: web",
        "  agentsPerInstance: 1",
        "  scaleIn:",
        "    cooldown: 5m",
        "    factr: 0.5",
      ),
      problems: [
        'scalers.yml:11: clusters[0] (main): scalers[1] (web): scaleIn.factr: "factr" is not known here; did you mean "factor"?',
      ],
    },
    {
      name: "everything is wrong with one entry, and all of it is reported",
      file: withScalers(
        "- queue: 7",
        "  queues: []",
        "  group: my group",
        "  name: größe",
        "  agentsPerInstance: 0",
        "  includeWaiting: 1",
        "  instanceBuffer: -1",
        "  availabilityThreshold: 50",
        "  agentStartupGrace: 5 minutes",
        "  demandShare: 0",
        "  scaleIn: {factor: 0, cooldown: 1001h}",
        "  scaleOut: off",
        "  ASG_NAME: web",
        "  maxInstancesCap: 3",
      ),
      problems: [
        'scalers.yml:5: clusters[0] (main): scalers[0] (größe): queue: 7 is not allowed; allowed: a text of 1 to 255 characters; write it as a text: "7"',
        "scalers.yml:5: clusters[0] (main): scalers[0] (größe): queue and queues are both set; use one",
        "scalers.yml:6: clusters[0] (main): scalers[0] (größe): queues: [] is not allowed; allowed: a list of different queue names",
        'scalers.yml:7: clusters[0] (main): scalers[0] (größe): group: "my group" is not allowed; allowed: the name of an Auto Scaling group: 1 to 255 ASCII characters without spaces, :, * and ?',
        'scalers.yml:8: clusters[0] (main): scalers[0] (größe): name: "größe" is not allowed; allowed: 1 to 255 printable ASCII characters',
        "scalers.yml:9: clusters[0] (main): scalers[0] (größe): agentsPerInstance: 0 is not allowed; allowed: a whole number of at least 1",
        "scalers.yml:10: clusters[0] (main): scalers[0] (größe): includeWaiting: 1 is not allowed; allowed: true or false",
        "scalers.yml:11: clusters[0] (main): scalers[0] (größe): instanceBuffer: -1 is not allowed; allowed: a whole number of at least 0",
        "scalers.yml:12: clusters[0] (main): scalers[0] (größe): availabilityThreshold: 50 is not allowed; allowed: a number from 0 to 1",
        'scalers.yml:13: clusters[0] (main): scalers[0] (größe): agentStartupGrace: "5 minutes" is not allowed; allowed: whole seconds or a duration such as "90s", "5m" or "1h30m", at most 1000h',
        "scalers.yml:14: clusters[0] (main): scalers[0] (größe): demandShare: 0 is not allowed; allowed: a number above 0 and at most 1",
        'scalers.yml:15: clusters[0] (main): scalers[0] (größe): scaleIn.cooldown: "1001h" is not allowed; allowed: whole seconds or a duration such as "90s", "5m" or "1h30m", at most 1000h',
        "scalers.yml:15: clusters[0] (main): scalers[0] (größe): scaleIn.factor: 0 is not allowed; allowed: a number above 0, or none",
        'scalers.yml:16: clusters[0] (main): scalers[0] (größe): scaleOut: "off" is not allowed; allowed: an object of disabled, cooldown, factor',
        `scalers.yml:17: clusters[0] (main): scalers[0] (größe): ASG_NAME: "ASG_NAME" is not known here; known: ${ENTRY_KEYS}`,
        'scalers.yml:18: clusters[0] (main): scalers[0] (größe): maxInstancesCap: "maxInstancesCap" is not known here; did you mean "maxInstanceCap"?',
      ],
    },
    {
      name: "queue, group and agentsPerInstance are missing; entries are a text and a list",
      file: withScalers("- {}", "- web", "- [web]"),
      problems: [
        "scalers.yml:5: clusters[0] (main): scalers[0]: group: is missing: Name of the Auto Scaling group. A group may be in one entry only.",
        "scalers.yml:5: clusters[0] (main): scalers[0]: agentsPerInstance: is missing: How many agents one instance runs. Required, either here or in defaults.",
        "scalers.yml:5: clusters[0] (main): scalers[0]: queue: is missing; allowed: queue or queues",
        `scalers.yml:6: clusters[0] (main): scalers[1]: "web" is not allowed; allowed: an object of ${ENTRY_KEYS}`,
        `scalers.yml:7: clusters[0] (main): scalers[2]: a list is not allowed; allowed: an object of ${ENTRY_KEYS}`,
      ],
    },
    {
      name: "the group has a wildcard, which would match other groups in an IAM policy",
      file: withScalers("- {queue: a, group: 'web-*', agentsPerInstance: 1}"),
      problems: [
        'scalers.yml:5: clusters[0] (main): scalers[0] (web-*): group: "web-*" is not allowed; allowed: the name of an Auto Scaling group: 1 to 255 ASCII characters without spaces, :, * and ?',
      ],
    },
    {
      name: "two entries have the same group, and a name is the group of another entry",
      file: withScalers(
        "- {queue: a, group: web, agentsPerInstance: 1}",
        "- {queue: b, group: web, agentsPerInstance: 1}",
        "- {queue: c, group: large, agentsPerInstance: 1, name: web}",
      ),
      problems: [
        'scalers.yml:6: clusters[0] (main): scalers[1] (web): group: "web" is already the group of clusters[0] (main): scalers[0] (web); allowed: a group in one entry only',
        `scalers.yml:7: clusters[0] (main): scalers[2] (web): name: "web" is already the name of clusters[0] (main): scalers[0] (web); allowed: a name in one entry only, and no other entry's group`,
      ],
    },
    {
      name: "a setting is defined twice",
      file: withScalers("- queue: a", "  group: web", "  queue: b", "  agentsPerInstance: 0"),
      problems: [
        'scalers.yml:7: "queue" is defined twice in one mapping',
        "scalers.yml:8: clusters[0] (main): scalers[0] (web): agentsPerInstance: 0 is not allowed; allowed: a whole number of at least 1",
      ],
    },
    {
      name: "Elastic CI mode is on, and graceful is off",
      file: withScalers(
        "- {queue: a, group: web, agentsPerInstance: 1, elasticCiMode: true, scaleIn: {graceful: false}}",
      ),
      problems: [
        "scalers.yml:5: clusters[0] (main): scalers[0] (web): scaleIn.graceful: false is not allowed with elasticCiMode: true, which drains instances; leave it out",
      ],
    },
    {
      name: "settings of a graceful scale-in are set without it",
      file: withScalers(
        "- queue: a",
        "  group: web",
        "  agentsPerInstance: 1",
        "  scaleIn:",
        "    unit: agent",
        "    endedBy: loop",
        "    busyAfter: 15m",
      ),
      problems: [
        "scalers.yml:9: clusters[0] (main): scalers[0] (web): scaleIn.unit: is set without scaleIn.graceful: true; set both, or leave it out",
        "scalers.yml:10: clusters[0] (main): scalers[0] (web): scaleIn.endedBy: is set without scaleIn.graceful: true; set both, or leave it out",
        "scalers.yml:11: clusters[0] (main): scalers[0] (web): scaleIn.busyAfter: is set without scaleIn.graceful: true; set both, or leave it out",
      ],
    },
    {
      name: "all metrics of queues are asked for, and no metrics are published",
      file: [
        "clusters:",
        "  - name: main",
        "    agentTokenParameter: /a",
        "    allQueueMetrics: true",
        "    scalers:",
        "      - {queue: a, group: a, agentsPerInstance: 1}",
      ].join("\n"),
      problems: [
        "scalers.yml:4: clusters[0] (main): allQueueMetrics: is set without publishMetrics: true; set both, or leave it out",
      ],
    },
    {
      name: "events come from nowhere, from two places, or from a place that is none",
      file: [
        "clusters:",
        "  - name: none",
        "    agentTokenParameter: /a",
        "    events: {}",
        "    scalers: [{queue: a, group: a, agentsPerInstance: 1}]",
        "  - name: two",
        "    agentTokenParameter: /a",
        "    events: {bus: a, source: aws.partner/buildkite.com/org/1}",
        "    scalers: [{queue: a, group: b, agentsPerInstance: 1}]",
        "  - name: wrong",
        "    agentTokenParameter: /a",
        "    events:",
        "      bus: a bus",
        "      source: buildkite.com/org/1",
        "      sorce: b",
        "    scalers: [{queue: a, group: c, agentsPerInstance: 1}]",
        "  - name: text",
        "    agentTokenParameter: /a",
        "    events: aws.partner/buildkite.com/org/1",
        "    scalers: [{queue: a, group: d, agentsPerInstance: 1}]",
      ].join("\n"),
      problems: [
        "scalers.yml:4: clusters[0] (none): events: has neither bus nor source; use bus for an event bus that exists, or source for a partner event source without one",
        "scalers.yml:8: clusters[1] (two): events: bus and source are both set; use bus for an event bus that exists, or source for a partner event source without one",
        "scalers.yml:12: clusters[2] (wrong): events: bus and source are both set; use bus for an event bus that exists, or source for a partner event source without one",
        'scalers.yml:13: clusters[2] (wrong): events.bus: "a bus" is not allowed; allowed: the name of an event bus, such as aws.partner/buildkite.com/my-org/1a2b3c',
        'scalers.yml:14: clusters[2] (wrong): events.source: "buildkite.com/org/1" is not allowed; allowed: a partner event source of Buildkite, such as aws.partner/buildkite.com/my-org/1a2b3c',
        'scalers.yml:15: clusters[2] (wrong): events.sorce: "sorce" is not known here; did you mean "source"?',
        'scalers.yml:19: clusters[3] (text): events: "aws.partner/buildkite.com/org/1" is not allowed; allowed: an object of bus, source',
      ],
    },
    {
      name: "both factors are above 1, so that 1 surplus instance becomes 1 missing one, and so on",
      file: [
        "defaults: {agentsPerInstance: 1, scaleIn: {factor: 1.5}}",
        "clusters:",
        "  - name: main",
        "    agentTokenParameter: /a",
        "    scalers:",
        "      - {queue: a, group: a, scaleOut: {factor: 1.1}}",
        "      - {queue: b, group: b, scaleOut: {factor: 1}}",
        "      - {queue: c, group: c, scaleOut: {factor: 2, disabled: true}}",
        "      - {queue: d, group: d, scaleOut: {factor: 2}, scaleIn: {graceful: true}}",
        "      - {queue: e, group: e, scaleOut: {factor: 2}, scaleIn: {disabled: true}}",
        "      - {queue: f, group: f, scaleOut: {factor: 2}, scaleIn: {factor: none}}",
      ].join("\n"),
      problems: [
        "scalers.yml:6: clusters[0] (main): scalers[0] (a): scaleIn.factor: 1.5 and scaleOut.factor 1.1 are both above 1, so each change overshoots the target and the group never comes to rest; allowed: at most one of them above 1",
      ],
    },
    {
      name: "CloudWatch does not allow the queue as a dimension, and metrics are published",
      file: [
        "clusters:",
        "  - name: main",
        "    agentTokenParameter: /a",
        "    publishMetrics: true",
        "    scalers:",
        "      - {queues: [b, größe], group: web, agentsPerInstance: 1}",
      ].join("\n"),
      problems: [
        `scalers.yml:6: clusters[0] (main): scalers[0] (web): queues: "größe" is not allowed with publishMetrics: true; allowed: printable ASCII characters, because a queue's name is a CloudWatch dimension`,
      ],
    },
  ])("$name", ({ file, problems }) => {
    expect(findProblems(file)).toEqual(problems);
  });

  test("none if the queue has such a name and no metrics are published", () => {
    const file = withScalers("- {queue: größe, group: web, agentsPerInstance: 1}");
    expect(validateText(file, "scalers.yml").problems).toEqual([]);
  });
});

describe("defaults have a problem:", () => {
  test.each<Case>([
    {
      name: "it is reported once, in defaults, even if several scalers inherit it",
      file: [
        "defaults:",
        "  agentsPerInstance: none",
        "  scaleIn: {cooldwn: 5m}",
        "  elasticCiMode: true",
        "clusters:",
        "  - name: main",
        "    agentTokenParameter: /a",
        "    defaults: {demandShare: 2}",
        "    scalers:",
        "      - {queue: a, group: a}",
        "      - {queue: b, group: b, agentsPerInstance: 1}",
        "      - {queue: c, group: c}",
      ].join("\n"),
      problems: [
        'scalers.yml:2: defaults.agentsPerInstance: "none" is not allowed; allowed: a whole number of at least 1',
        'scalers.yml:3: defaults.scaleIn.cooldwn: "cooldwn" is not known here; did you mean "cooldown"?',
        "scalers.yml:8: clusters[0] (main): defaults.demandShare: 2 is not allowed; allowed: a number above 0 and at most 1",
      ],
    },
    {
      name: "queue and group are not allowed in them, and are not inherited",
      file: [
        "defaults:",
        "  queue: a",
        "  group: web",
        "clusters:",
        "  - name: main",
        "    agentTokenParameter: /a",
        "    scalers:",
        "      - {agentsPerInstance: 1}",
      ].join("\n"),
      problems: [
        'scalers.yml:2: defaults.queue: "queue" is not known here; known: agentsPerInstance, includeWaiting, instanceBuffer, maxInstanceCap, availabilityThreshold, agentStartupGrace, demandShare, cooldownFromAnyScaling, scaleIn, scaleOut, dryRun, elasticCiMode, danglingCheck',
        'scalers.yml:3: defaults.group: "group" is not known here; known: agentsPerInstance, includeWaiting, instanceBuffer, maxInstanceCap, availabilityThreshold, agentStartupGrace, demandShare, cooldownFromAnyScaling, scaleIn, scaleOut, dryRun, elasticCiMode, danglingCheck',
        "scalers.yml:8: clusters[0] (main): scalers[0]: group: is missing: Name of the Auto Scaling group. A group may be in one entry only.",
        "scalers.yml:8: clusters[0] (main): scalers[0]: queue: is missing; allowed: queue or queues",
      ],
    },
    {
      name: "a problem of several settings is reported in defaults, or in the entry if the entry has one of them",
      file: [
        "defaults: {scaleIn: {unit: agent}, agentsPerInstance: 1}",
        "clusters:",
        "  - name: main",
        "    agentTokenParameter: /a",
        "    scalers:",
        "      - {queue: a, group: a}",
        "      - {queue: b, group: b, scaleIn: {graceful: false}}",
        "      - {queue: c, group: c, scaleIn: {graceful: true}}",
        "      - {queue: d, group: d, elasticCiMode: true}",
      ].join("\n"),
      problems: [
        "scalers.yml:1: defaults.scaleIn.unit: is set without scaleIn.graceful: true; set both, or leave it out",
        "scalers.yml:7: clusters[0] (main): scalers[1] (b): scaleIn.unit: is set without scaleIn.graceful: true; set both, or leave it out",
      ],
    },
  ])("$name", ({ file, problems }) => {
    expect(findProblems(file)).toEqual(problems);
  });
});

test("a problem of an alias or a merge key has the line of the anchor", () => {
  const file = withScalers(
    "- &web",
    "  queue: a",
    "  group: web",
    "  agentsPerInstance: 1.5",
    "- <<: *web",
    "  group: large",
    "  instanceBufer: 1",
  );
  expect(findProblems(file)).toEqual([
    "scalers.yml:8: clusters[0] (main): scalers[0] (web): agentsPerInstance: 1.5 is not allowed; allowed: a whole number of at least 1",
    "scalers.yml:8: clusters[0] (main): scalers[1] (large): agentsPerInstance: 1.5 is not allowed; allowed: a whole number of at least 1",
    'scalers.yml:11: clusters[0] (main): scalers[1] (large): instanceBufer: "instanceBufer" is not known here; did you mean "instanceBuffer"?',
  ]);
});

test("an entry with too many queues for the state of an execution is refused", () => {
  const queues = Array.from({ length: 2000 }, (_, index) => `queue-${index}`);
  const file = withScalers(`- {queues: [${queues}], group: web, agentsPerInstance: 1}`);
  const [problem, ...others] = findProblems(file);
  expect(others).toEqual([]);
  expect(problem).toMatch(
    /^scalers.yml:5: clusters\[0\] \(main\): scalers\[0\] \(web\): queues: 2000 queues can make a state of \d{6} bytes; allowed: 200000 bytes, because Step Functions limits its size; use fewer queues in one entry$/,
  );
});
