import { describe, expect, test } from "vitest";
import { formatFileProblem, validateText } from "../../config/validate-file.ts";

interface Case {
  name: string;
  /** Scalers without agentsPerInstance, one per line from line 6. */
  scalers: string[];
  warnings: string[];
}

const GRACEFUL = "agentsPerInstance: 1, scaleIn: {graceful: true}";

/** Returns a file with one cluster of these scalers, which scale in gracefully unless they say otherwise. */
function createFile(scalers: readonly string[], defaults = GRACEFUL): string {
  return [
    `defaults: {${defaults}}`,
    "clusters:",
    "  - name: main",
    "    agentTokenParameter: /buildkite/agent-token",
    "    scalers:",
    ...scalers.map((scaler) => `      - {${scaler}}`),
  ].join("\n");
}

/** Returns the warnings of a valid file. */
function findWarnings(text: string): string[] {
  const { loops, problems, warnings } = validateText(text, "scalers.yml");
  expect(problems).toEqual([]);
  expect(loops).toHaveLength(1);
  return warnings.map(formatFileProblem);
}

describe("a valid file has a warning for", () => {
  test.each<Case>([
    {
      name: "scale-in that is neither graceful nor disabled, except in a dry run",
      scalers: [
        "queue: a, group: a, scaleIn: {graceful: false}",
        "queue: b, group: b, scaleIn: {graceful: true}",
        "queue: c, group: c, scaleIn: {graceful: false, disabled: true}",
        "queue: d, group: d, elasticCiMode: true",
        "queue: e, group: e, scaleIn: {graceful: false}, dryRun: true",
      ],
      warnings: [
        "scalers.yml:6: clusters[0] (main): scalers[0] (a): scaleIn.graceful: is not true, so a scale-in may end instances with running jobs; use scaleIn.graceful: true (agents under systemd, SSM agent on the instances), elasticCiMode: true (an Elastic CI Stack) or scaleIn.disabled: true (the instances end themselves); docs/scale-in.md compares them",
      ],
    },
    {
      name: "a scale-in factor above 1, unless scale-in is off; not for a scale-out factor",
      scalers: [
        "queue: a, group: a, scaleIn: {factor: 1.5}",
        "queue: b, group: b, scaleIn: {factor: 1.5, disabled: true}",
        "queue: c, group: c, scaleIn: {factor: 1}, scaleOut: {factor: 3}",
        "queue: d, group: d, scaleIn: {factor: 2, graceful: false}, dryRun: true",
      ],
      warnings: [
        "scalers.yml:6: clusters[0] (main): scalers[0] (a): scaleIn.factor: 1.5 is above 1, which has no effect in a graceful group: the loop never drains more instances than the surplus",
        "scalers.yml:9: clusters[0] (main): scalers[3] (d): scaleIn.factor: 2 is above 1: a scale-in goes below what the jobs need, and interrupts running jobs",
      ],
    },
    {
      name: "a cap below the buffer, but not for a cap of 0, which is no cap",
      scalers: [
        "queue: a, group: a, instanceBuffer: 5, maxInstanceCap: 4",
        "queue: b, group: b, instanceBuffer: 5, maxInstanceCap: 5",
        "queue: c, group: c, instanceBuffer: 5, maxInstanceCap: 0",
      ],
      warnings: [
        "scalers.yml:6: clusters[0] (main): scalers[0] (a): instanceBuffer: 5 is more than maxInstanceCap: the cap includes the buffer, so the buffer is limited to 4",
      ],
    },
    {
      name: "a cooldown longer than an hour, unless its direction is off",
      scalers: [
        "queue: a, group: a, scaleIn: {cooldown: 61m}, scaleOut: {cooldown: 3601}",
        "queue: b, group: b, scaleIn: {cooldown: 1h}, scaleOut: {cooldown: 3600}",
        "queue: c, group: c, scaleIn: {cooldown: 2h, disabled: true}",
        "queue: d, group: d, scaleOut: {cooldown: 2h, disabled: true}",
      ],
      warnings: [
        "scalers.yml:6: clusters[0] (main): scalers[0] (a): scaleIn.cooldown: 1h1m is longer than an hour: you pay for instances that become idle after a scale-in until the next one",
        "scalers.yml:6: clusters[0] (main): scalers[0] (a): scaleOut.cooldown: 1h1s is longer than an hour: jobs that arrive after a scale-out wait that long for the next one",
      ],
    },
    {
      name: "both directions off, except in a dry run",
      scalers: [
        "queue: a, group: a, scaleIn: {disabled: true}, scaleOut: {disabled: true}",
        "queue: b, group: b, scaleIn: {disabled: true}, scaleOut: {disabled: true}, dryRun: true",
      ],
      warnings: [
        "scalers.yml:6: clusters[0] (main): scalers[0] (a): scaleIn.disabled: scaleIn.disabled and scaleOut.disabled are both true, so the group never changes; to see decisions without changes, set dryRun: true",
      ],
    },
    {
      name: "scale-in off in Elastic CI mode, where it has no effect",
      scalers: ["queue: a, group: a, elasticCiMode: true, scaleIn: {disabled: true}"],
      warnings: [
        "scalers.yml:6: clusters[0] (main): scalers[0] (a): scaleIn.disabled: true has no effect: in Elastic CI mode the loop drains idle instances all the same; to leave that to the instances themselves, remove elasticCiMode",
      ],
    },
    {
      name: "instances of an Elastic CI Stack that the loop shall end",
      scalers: [
        "queue: a, group: a, elasticCiMode: true, scaleIn: {endedBy: loop}",
        "queue: b, group: b, elasticCiMode: true, scaleIn: {endedBy: instance}",
      ],
      warnings: [
        "scalers.yml:6: clusters[0] (main): scalers[0] (a): scaleIn.endedBy: loop makes little sense with elasticCiMode: the instances of an Elastic CI Stack end themselves once their agents have stopped; leave it out",
      ],
    },
    {
      name: "danglingCheck without a graceful scale-in",
      scalers: [
        "queue: a, group: a, scaleIn: {graceful: false, disabled: true}, danglingCheck: {maxInstances: 9}",
        "queue: b, group: b, danglingCheck: {maxInstances: 9}",
        "queue: c, group: c, scaleIn: {graceful: false, disabled: true}",
      ],
      warnings: [
        "scalers.yml:6: clusters[0] (main): scalers[0] (a): danglingCheck: has no effect without scaleIn.graceful: true or elasticCiMode: true; set one of them, or leave danglingCheck out",
      ],
    },
    {
      // a: 1 + 0.5 = 1.5. b: 0.7 + 0.2 + 0.1 = 1, whatever binary fractions make of it.
      name: "shares of one queue that add up to more than 1; a dry run takes no share",
      scalers: [
        "queue: a, group: a",
        "queues: [a, b], group: ab, demandShare: 0.5",
        "queue: b, group: b, demandShare: 0.2",
        "queue: b, group: b2, demandShare: 0.3",
        "queue: b, group: b3, dryRun: true",
      ],
      warnings: [
        'scalers.yml:7: clusters[0] (main): scalers[1] (ab): demandShare: the shares of queue "a" add up to more than 1: a 1 + ab 0.5 = 1.5, so the groups start more instances than its jobs need',
      ],
    },
    {
      name: "shares of 0.1, 0.2 and 0.7: none, because they add up to 1",
      scalers: [
        "queue: a, group: a, demandShare: 0.1",
        "queue: a, group: b, demandShare: 0.2",
        "queue: a, group: c, demandShare: 0.7",
      ],
      warnings: [],
    },
  ])("$name", ({ scalers, warnings }) => {
    expect(findWarnings(createFile(scalers))).toEqual(warnings);
  });

  test("scale-in that may interrupt jobs has one warning, however many scalers have it", () => {
    const scalers = "abcdefg".split("").map((name) => `queue: ${name}, group: ${name}`);
    expect(findWarnings(createFile(scalers, "agentsPerInstance: 1"))).toEqual([
      expect.stringMatching(
        /^scalers.yml:6: .* \(a\): scaleIn.graceful: is not true here and in 6 other scalers \(b, c, d, e, f, \.\.\.\), so a scale-in/,
      ),
    ]);
  });

  test("a warning about defaults is shown once, in defaults", () => {
    const file = createFile(
      [
        "queue: a, group: a",
        "queue: b, group: b",
        "queue: c, group: c, instanceBuffer: 9",
        "queue: d, group: d, instanceBuffer: 3, scaleIn: {factor: 0.5, graceful: true}",
      ],
      "agentsPerInstance: 1, instanceBuffer: 5, maxInstanceCap: 4, scaleIn: {factor: 2, graceful: true}",
    );
    expect(findWarnings(file)).toEqual([
      "scalers.yml:1: defaults.scaleIn.factor: 2 is above 1, which has no effect in a graceful group: the loop never drains more instances than the surplus",
      "scalers.yml:1: defaults.instanceBuffer: 5 is more than maxInstanceCap: the cap includes the buffer, so the buffer is limited to 4",
      "scalers.yml:8: clusters[0] (main): scalers[2] (c): instanceBuffer: 9 is more than maxInstanceCap: the cap includes the buffer, so the buffer is limited to 4",
    ]);
  });
});

test("clusters with the same agent token share the demand of a queue", () => {
  const cluster = (name: string, token: string) => [
    `  - name: ${name}`,
    `    agentTokenParameter: ${token}`,
    `    scalers: [{queue: default, group: ${name}, ${GRACEFUL}}]`,
  ];
  const clusters = [...cluster("a", "/one"), ...cluster("b", "/two"), ...cluster("c", "/one")];
  const { warnings } = validateText(["clusters:", ...clusters].join("\n"), "scalers.yml");
  expect(warnings.map(formatFileProblem)).toEqual([
    'scalers.yml:10: clusters[2] (c): scalers[0] (c): demandShare: the shares of queue "default" add up to more than 1: a 1 + c 1 = 2, so the groups start more instances than its jobs need',
  ]);
});

test("a file can have both problems and warnings", () => {
  const { problems, warnings } = validateText(
    createFile(["queue: a, group: a, scaleIn: {factor: 2}", "queue: b"]),
    "scalers.yml",
  );
  expect(problems).toHaveLength(1);
  expect(warnings).toHaveLength(1);
});
