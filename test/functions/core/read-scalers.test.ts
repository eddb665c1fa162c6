import { describe, expect, test } from "vitest";
import { formatProblems, InvalidScaler } from "../../../functions/core/problems.ts";
import { labelEntry, parseScalers, readScalers } from "../../../functions/core/read-scalers.ts";

const LEAST = { queue: "default", group: "my-asg", agentsPerInstance: 4 };

/** Returns the problems of some entries, as text. */
function problemsOf(...entries: unknown[]): string[] {
  return readScalers(entries, labelEntry).problems.map((problem) => formatProblems([problem]));
}

describe("an entry", () => {
  test("with only the required settings gets every default", () => {
    expect(parseScalers([LEAST])).toEqual([
      {
        name: "my-asg",
        queues: ["default"],
        group: "my-asg",
        agentsPerInstance: 4,
        includeWaiting: false,
        instanceBuffer: 0,
        maxInstanceCap: 0,
        availabilityThreshold: 0.5,
        agentStartupGraceSeconds: 300,
        demandShare: 1,
        cooldownFromAnyScaling: false,
        scaleIn: {
          disabled: false,
          cooldownSeconds: 0,
          factor: undefined,
          graceful: false,
          unit: "buildkite-agent",
          endedBy: "loop",
          busyAfterSeconds: 900,
        },
        scaleOut: { disabled: false, cooldownSeconds: 0, factor: undefined },
        dryRun: false,
        elasticCiMode: false,
        danglingCheck: { minimumUptimeSeconds: 3600, maxInstances: 5 },
      },
    ]);
  });

  test("with all settings keeps them", () => {
    const entry = {
      queues: ["web", "ios"],
      group: "my-asg",
      name: "builders",
      agentsPerInstance: 2,
      includeWaiting: true,
      instanceBuffer: 1,
      maxInstanceCap: 9,
      availabilityThreshold: 0,
      agentStartupGrace: "2m",
      demandShare: 0.25,
      cooldownFromAnyScaling: true,
      scaleIn: {
        disabled: true,
        cooldown: "1h",
        factor: 0.5,
        graceful: true,
        unit: "buildkite-agent@*",
        endedBy: "loop",
        busyAfter: "never",
      },
      scaleOut: { disabled: true, cooldown: 30, factor: 2 },
      dryRun: true,
      elasticCiMode: true,
      danglingCheck: { minimumUptime: "30m", maxInstances: 7 },
    };
    expect(parseScalers([entry])).toEqual([
      {
        name: "builders",
        queues: ["web", "ios"],
        group: "my-asg",
        agentsPerInstance: 2,
        includeWaiting: true,
        instanceBuffer: 1,
        maxInstanceCap: 9,
        availabilityThreshold: 0,
        agentStartupGraceSeconds: 120,
        demandShare: 0.25,
        cooldownFromAnyScaling: true,
        scaleIn: {
          disabled: true,
          cooldownSeconds: 3600,
          factor: 0.5,
          graceful: true,
          unit: "buildkite-agent@*",
          endedBy: "loop",
          busyAfterSeconds: undefined,
        },
        scaleOut: { disabled: true, cooldownSeconds: 30, factor: 2 },
        dryRun: true,
        elasticCiMode: true,
        danglingCheck: { minimumUptimeSeconds: 1800, maxInstances: 7 },
      },
    ]);
  });

  test("in Elastic CI mode has a default scale-in cooldown of 1h, and the usual scale-out cooldown", () => {
    const cooldowns = (entry: object) =>
      parseScalers([{ ...LEAST, elasticCiMode: true, ...entry }]).map(({ scaleIn, scaleOut }) => [
        scaleIn.cooldownSeconds,
        scaleOut.cooldownSeconds,
      ]);
    expect(cooldowns({})).toEqual([[3600, 0]]);
    expect(cooldowns({ scaleIn: { factor: 0.5 } })).toEqual([[3600, 0]]);
    expect(cooldowns({ scaleIn: { cooldown: "5m" } })).toEqual([[300, 0]]);
    expect(cooldowns({ scaleIn: { cooldown: 0 } })).toEqual([[0, 0]]);
  });

  test.each([
    // Elastic CI mode is graceful, and its instances end themselves.
    { entry: {}, graceful: false, endedBy: "loop" },
    { entry: { scaleIn: { graceful: true } }, graceful: true, endedBy: "loop" },
    { entry: { elasticCiMode: true }, graceful: true, endedBy: "instance" },
    {
      entry: { elasticCiMode: true, scaleIn: { graceful: true, endedBy: "loop" } },
      graceful: true,
      endedBy: "loop",
    },
  ])("with $entry has graceful $graceful and is ended by the $endedBy", (row) => {
    const [scaler] = parseScalers([{ ...LEAST, ...row.entry }]);
    expect(scaler?.scaleIn).toMatchObject({
      graceful: row.graceful,
      endedBy: row.endedBy,
      unit: "buildkite-agent",
    });
  });

  test.each([
    // With several agents each, wholly idle instances are rare, so busy ones are asked after 15 min.
    { agentsPerInstance: 1, busyAfter: undefined, seconds: undefined },
    { agentsPerInstance: 2, busyAfter: undefined, seconds: 900 },
    { agentsPerInstance: 1, busyAfter: "5m", seconds: 300 },
    { agentsPerInstance: 2, busyAfter: "never", seconds: undefined },
    { agentsPerInstance: 2, busyAfter: 0, seconds: 0 },
  ])(
    "with $agentsPerInstance agents per instance and busyAfter $busyAfter stops busy instances after $seconds s",
    (row) => {
      const scaleIn = { graceful: true, busyAfter: row.busyAfter };
      const { agentsPerInstance } = row;
      const [scaler] = parseScalers([{ ...LEAST, agentsPerInstance, scaleIn }]);
      expect(scaler?.scaleIn.busyAfterSeconds).toBe(row.seconds);
    },
  );

  test("may have its keys in any order", () => {
    const turned = Object.fromEntries(Object.entries(LEAST).reverse());
    expect(parseScalers([turned])).toEqual(parseScalers([LEAST]));
  });

  test.each([
    { written: "90s", seconds: 90 },
    { written: "5m", seconds: 300 },
    { written: "5m0s", seconds: 300 },
    { written: "1h30m", seconds: 5400 },
    { written: "1000h", seconds: 3_600_000 },
    { written: 300, seconds: 300 },
    { written: "0s", seconds: 0 },
    { written: 0, seconds: 0 },
  ])("with a cooldown of $written has $seconds seconds", ({ written, seconds }) => {
    const [scaler] = parseScalers([{ ...LEAST, scaleIn: { cooldown: written } }]);
    expect(scaler?.scaleIn.cooldownSeconds).toBe(seconds);
  });

  test.each([
    { scaleIn: { factor: "none" }, factor: undefined },
    { scaleIn: {}, factor: undefined },
    { scaleIn: { factor: 0.1 }, factor: 0.1 },
    { scaleIn: { factor: 5 }, factor: 5 },
  ])("with $scaleIn has the factor $factor", ({ scaleIn, factor }) => {
    const [scaler] = parseScalers([{ ...LEAST, scaleIn }]);
    expect(scaler?.scaleIn.factor).toBe(factor);
  });

  test.each(["constructor", "__proto__", "prototype"])("may be called %s", (name) => {
    const [scaler] = parseScalers([{ ...LEAST, queue: name, group: name }]);
    expect(scaler).toMatchObject({ name, group: name, queues: [name] });
  });
});

const A_DURATION = 'whole seconds or a duration such as "90s", "5m" or "1h30m", at most 1000h';
const A_TEXT = "a text of 1 to 255 characters";
const A_THRESHOLD = "a number from 0 to 1";
const A_SHARE = "a number above 0 and at most 1";
const A_FACTOR = "a number above 0, or none";
const A_UNIT =
  "a systemd unit or a pattern of units: 1 to 100 letters, digits and the characters @ _ . : * -";
const NAMES = "a list of different queue names";

describe("an entry is refused", () => {
  test.each([
    { entry: { name: "" }, where: "name", shown: '""', allowed: A_TEXT },
    { entry: { name: null }, where: "name", shown: "null", allowed: A_TEXT },
    { entry: { queue: null }, where: "queue", shown: "null", allowed: A_TEXT },
    {
      entry: { agentsPerInstance: 0 },
      where: "agentsPerInstance",
      shown: "0",
      allowed: "a whole number of at least 1",
    },
    {
      entry: { agentsPerInstance: 1.5 },
      where: "agentsPerInstance",
      shown: "1.5",
      allowed: "a whole number of at least 1",
    },
    {
      entry: { instanceBuffer: -1 },
      where: "instanceBuffer",
      shown: "-1",
      allowed: "a whole number of at least 0",
    },
    {
      entry: { maxInstanceCap: "10" },
      where: "maxInstanceCap",
      shown: '"10"',
      allowed: "a whole number of at least 0",
    },
    {
      entry: { includeWaiting: "yes" },
      where: "includeWaiting",
      shown: '"yes"',
      allowed: "true or false",
    },
    {
      entry: { availabilityThreshold: 1.1 },
      where: "availabilityThreshold",
      shown: "1.1",
      allowed: A_THRESHOLD,
    },
    {
      entry: { availabilityThreshold: -0.1 },
      where: "availabilityThreshold",
      shown: "-0.1",
      allowed: A_THRESHOLD,
    },
    {
      entry: { availabilityThreshold: Number.NaN },
      where: "availabilityThreshold",
      shown: "NaN",
      allowed: A_THRESHOLD,
    },
    { entry: { demandShare: 0 }, where: "demandShare", shown: "0", allowed: A_SHARE },
    { entry: { demandShare: 1.01 }, where: "demandShare", shown: "1.01", allowed: A_SHARE },
    {
      entry: { agentStartupGrace: "5" },
      where: "agentStartupGrace",
      shown: '"5"',
      allowed: A_DURATION,
    },
    {
      entry: { agentStartupGrace: -1 },
      where: "agentStartupGrace",
      shown: "-1",
      allowed: A_DURATION,
    },
    {
      entry: { agentStartupGrace: 1.5 },
      where: "agentStartupGrace",
      shown: "1.5",
      allowed: A_DURATION,
    },
    {
      entry: { agentStartupGrace: "1000h1s" },
      where: "agentStartupGrace",
      shown: '"1000h1s"',
      allowed: A_DURATION,
    },
    {
      entry: { agentStartupGrace: 3_600_001 },
      where: "agentStartupGrace",
      shown: "3600001",
      allowed: A_DURATION,
    },
    {
      entry: { scaleIn: { cooldown: "soon" } },
      where: "scaleIn.cooldown",
      shown: '"soon"',
      allowed: A_DURATION,
    },
    { entry: { scaleIn: { factor: 0 } }, where: "scaleIn.factor", shown: "0", allowed: A_FACTOR },
    {
      entry: { scaleIn: { factor: -0.5 } },
      where: "scaleIn.factor",
      shown: "-0.5",
      allowed: A_FACTOR,
    },
    {
      entry: { scaleOut: { factor: "all" } },
      where: "scaleOut.factor",
      shown: '"all"',
      allowed: A_FACTOR,
    },
    {
      entry: { scaleOut: { factor: Number.POSITIVE_INFINITY } },
      where: "scaleOut.factor",
      shown: "Infinity",
      allowed: A_FACTOR,
    },
    {
      entry: { scaleOut: true },
      where: "scaleOut",
      shown: "true",
      allowed: "an object of disabled, cooldown, factor",
    },
    {
      entry: { scaleIn: { graceful: "yes" } },
      where: "scaleIn.graceful",
      shown: '"yes"',
      allowed: "true or false",
    },
    {
      entry: { scaleIn: { graceful: true, unit: "agent; reboot" } },
      where: "scaleIn.unit",
      shown: '"agent; reboot"',
      allowed: A_UNIT,
    },
    {
      entry: { scaleIn: { graceful: true, unit: "" } },
      where: "scaleIn.unit",
      shown: '""',
      allowed: A_UNIT,
    },
    {
      entry: { scaleIn: { graceful: true, endedBy: "me" } },
      where: "scaleIn.endedBy",
      shown: '"me"',
      allowed: '"loop" or "instance"',
    },
    {
      entry: { scaleIn: { graceful: true, busyAfter: "later" } },
      where: "scaleIn.busyAfter",
      shown: '"later"',
      allowed: 'a duration such as "15m", or never',
    },
    {
      entry: { danglingCheck: { maxInstances: 0 } },
      where: "danglingCheck.maxInstances",
      shown: "0",
      allowed: "a whole number of at least 1",
    },
  ])("with $entry", ({ entry, where, shown, allowed }) => {
    expect(problemsOf({ ...LEAST, ...entry })).toEqual([
      `scalers[0] (my-asg): ${where}: ${shown} is not allowed; allowed: ${allowed}`,
    ]);
  });

  test.each([
    { queues: [], shown: "[]", where: "queues", allowed: NAMES },
    { queues: ["a", "a"], shown: '["a","a"]', where: "queues", allowed: NAMES },
    { queues: "a", shown: '"a"', where: "queues", allowed: NAMES },
    { queues: ["a", ""], shown: '""', where: "queues[1]", allowed: A_TEXT },
  ])("with queues of $shown", ({ queues, shown, where, allowed }) => {
    expect(problemsOf({ group: "my-asg", agentsPerInstance: 1, queues })).toEqual([
      `scalers[0] (my-asg): ${where}: ${shown} is not allowed; allowed: ${allowed}`,
    ]);
  });

  test.each([
    { group: "", shown: '""' },
    { group: 5, shown: "5" },
  ])("with a group of $shown, without a name in the message", ({ group, shown }) => {
    expect(problemsOf({ ...LEAST, group })).toEqual([
      `scalers[0]: group: ${shown} is not allowed; allowed: ${A_TEXT}`,
    ]);
  });

  test("without a queue", () => {
    expect(problemsOf({ group: "my-asg", agentsPerInstance: 1 })).toEqual([
      "scalers[0] (my-asg): queue: is missing; allowed: queue or queues",
    ]);
  });

  test("with both queue and queues", () => {
    expect(problemsOf({ ...LEAST, queues: ["a"] })).toEqual([
      "scalers[0] (my-asg): queue and queues are both set; use one",
    ]);
  });

  test.each([
    { setting: "unit", scaleIn: { unit: "agent" } },
    { setting: "endedBy", scaleIn: { endedBy: "loop" } },
    { setting: "busyAfter", scaleIn: { busyAfter: "5m" } },
  ])("with $setting and without graceful", ({ setting, scaleIn }) => {
    for (const each of [scaleIn, { ...scaleIn, graceful: false }])
      expect(problemsOf({ ...LEAST, scaleIn: each })).toEqual([
        `scalers[0] (my-asg): scaleIn.${setting}: is set without scaleIn.graceful: true; set both, or leave it out`,
      ]);
    expect(problemsOf({ ...LEAST, elasticCiMode: true, scaleIn })).toEqual([]);
  });

  test("in Elastic CI mode with graceful false", () => {
    const entry = { ...LEAST, elasticCiMode: true, scaleIn: { graceful: false } };
    expect(problemsOf(entry)).toEqual([
      "scalers[0] (my-asg): scaleIn.graceful: false is not allowed with elasticCiMode: true, which drains instances; leave it out",
    ]);
  });

  test("with an unknown key, and the problem suggests the nearest known key", () => {
    expect(problemsOf({ ...LEAST, agents_per_instances: 4, scaleIn: { coolDwon: "5m" } })).toEqual([
      'scalers[0] (my-asg): scaleIn: "coolDwon" is not known here; did you mean "cooldown"?',
      'scalers[0] (my-asg): "agents_per_instances" is not known here; did you mean "agentsPerInstance"?',
    ]);
  });

  test.each([null, "web", 5])("if it is %j and not an object", (entry) => {
    expect(problemsOf(entry)).toEqual([
      expect.stringMatching(
        /^scalers\[0\]: this value is not allowed; allowed: an object of queue, queues, group/,
      ),
    ]);
  });
});

describe("a list of entries", () => {
  test("is refused with every problem of every entry, each with its place", () => {
    const entries = [
      { queue: "a", group: "a", agentsPerInstance: 0, instanceBuffer: -1 },
      { queue: "b", group: "b", agentsPerInstance: 1 },
      { queue: "c", name: "see", agentsPerInstance: 1 },
      {},
    ];
    const refused = () => parseScalers(entries);
    expect(refused).toThrow(InvalidScaler);
    expect(refused).toThrow(
      [
        "scalers[0] (a): agentsPerInstance: 0 is not allowed; allowed: a whole number of at least 1",
        "scalers[0] (a): instanceBuffer: -1 is not allowed; allowed: a whole number of at least 0",
        "scalers[2] (see): group: is missing",
        "scalers[3]: group: is missing",
        "scalers[3]: agentsPerInstance: is missing",
        "scalers[3]: queue: is missing; allowed: queue or queues",
      ].join("\n"),
    );
  });

  test("may have a group in one entry only, even if the names differ", () => {
    expect(problemsOf({ ...LEAST, name: "one" }, { ...LEAST, name: "two" })).toEqual([
      'scalers[1] (two): group: "my-asg" is already the group of scalers[0] (one); allowed: a group in one entry only',
    ]);
  });

  test("may have a name in one entry only, even if it is the group of the other entry", () => {
    expect(problemsOf(LEAST, { ...LEAST, group: "other", name: "my-asg" })).toEqual([
      `scalers[1] (my-asg): name: "my-asg" is already the name of scalers[0] (my-asg); allowed: a name in one entry only, and no other entry's group`,
    ]);
  });

  test("has two problems if three entries have the same group, both with the first entry", () => {
    const [a, b, c] = ["a", "b", "c"].map((name) => ({ ...LEAST, name }));
    expect(problemsOf(a, b, c)).toEqual([
      'scalers[1] (b): group: "my-asg" is already the group of scalers[0] (a); allowed: a group in one entry only',
      'scalers[2] (c): group: "my-asg" is already the group of scalers[0] (a); allowed: a group in one entry only',
    ]);
  });

  test("has problems of duplicates even if the entries have other problems", () => {
    const broken = { ...LEAST, agentsPerInstance: 0 };
    expect(problemsOf(LEAST, broken)).toContain(
      'scalers[1] (my-asg): group: "my-asg" is already the group of scalers[0] (my-asg); allowed: a group in one entry only',
    );
  });

  test("may contain a queue several times", () => {
    const half = { ...LEAST, demandShare: 0.5 };
    expect(problemsOf(half, { ...half, group: "other" })).toEqual([]);
  });

  test("may be empty", () => {
    expect(parseScalers([])).toEqual([]);
  });

  test("is read to the scalers of the valid entries and the problems of the others", () => {
    const noQueue = { group: "other", agentsPerInstance: 1 };
    const entries = [LEAST, {}, noQueue];
    const { scalers, problems } = readScalers(entries, (index) => `line ${index + 7}`);
    expect(scalers.map(({ name }) => name)).toEqual(["my-asg"]);
    expect(problems.map(({ where }) => where)).toEqual([
      "line 8: group",
      "line 8: agentsPerInstance",
      "line 8: queue",
      "line 9: queue",
    ]);
  });
});
