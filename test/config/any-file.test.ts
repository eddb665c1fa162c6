import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { validateText } from "../../config/validate-file.ts";
import { parseExecutionInput } from "../../functions/core/execution-input.ts";

const direction = fc.record(
  {
    disabled: fc.boolean(),
    cooldown: fc.constantFrom(0, 90, "5m", "1h30m"),
    factor: fc.constantFrom(0.5, 1, 2, "none"),
  },
  { requiredKeys: [] },
);

const scaleIn = fc.record(
  {
    disabled: fc.boolean(),
    cooldown: fc.constantFrom(0, "5m"),
    factor: fc.constantFrom(0.5, 2, "none"),
    graceful: fc.boolean(),
    unit: fc.constantFrom("buildkite-agent", "buildkite-agent@*"),
    endedBy: fc.constantFrom("loop", "instance"),
    busyAfter: fc.constantFrom("never", "15m", 0),
  },
  { requiredKeys: [] },
);

const shared = {
  agentsPerInstance: fc.integer({ min: 1, max: 20 }),
  includeWaiting: fc.boolean(),
  instanceBuffer: fc.nat(20),
  maxInstanceCap: fc.nat(20),
  availabilityThreshold: fc.constantFrom(0, 0.5, 1),
  agentStartupGrace: fc.constantFrom(0, "5m"),
  demandShare: fc.constantFrom(0.25, 1),
  cooldownFromAnyScaling: fc.boolean(),
  scaleIn,
  scaleOut: direction,
  dryRun: fc.boolean(),
  elasticCiMode: fc.boolean(),
};

const word = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/),
  fc.constantFrom("__proto__", "constructor", "7", "true", "größe", "with space", ""),
);

const entry = fc.record(
  { ...shared, queue: word, queues: fc.array(word, { maxLength: 3 }), group: word, name: word },
  { requiredKeys: ["group"] },
);

const cluster = fc.record(
  {
    name: word,
    agentTokenParameter: fc.constantFrom("/a", "/b/c", "no-parameter"),
    agentEndpoint: fc.constantFrom("https://agent.buildkite.com/v3", "http://localhost:1"),
    publishMetrics: fc.boolean(),
    startupJitter: fc.constantFrom(0, "5s"),
    events: fc.constantFrom(
      { bus: "b" },
      { source: "aws.partner/buildkite.com/o/1" },
      {},
      { bus: "b", source: "c" },
    ),
    defaults: fc.record(shared, { requiredKeys: [] }),
    scalers: fc.array(entry, { minLength: 0, maxLength: 4 }),
  },
  { requiredKeys: ["name", "agentTokenParameter", "scalers"] },
);

const files = fc.record(
  {
    defaults: fc.record(shared, { requiredKeys: ["agentsPerInstance"] }),
    clusters: fc.array(cluster, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ["defaults", "clusters"] },
);

/** The same files with the frequent mistakes corrected: few random files are valid. */
const mostlyValidFiles = files.map((file) => ({
  defaults: file.defaults,
  clusters: file.clusters.map((one, at) => ({
    ...one,
    name: `c${at}`,
    agentTokenParameter: "/a",
    scalers: [{ group: "first" }, ...one.scalers].map((scaler, index) => ({
      ...scaler,
      group: `group-${at}-${index}`,
      name: `name-${index}`,
      scaleIn: { graceful: true },
      queue: "queue",
      queues: undefined,
    })),
  })),
}));

/** Pieces of YAML in any order. */
const yamlPieces = fc
  .array(
    fc.constantFrom(..."&*!<>{}[]:,-? '\"|#\n\tax1", "<<: ", "&a ", "*a", "\n  - ", "clusters:"),
  )
  .map((pieces) => pieces.join(""));

describe("any file", () => {
  test("either has problems, or loops with an input that the loop accepts", () => {
    const seen = { refused: 0, accepted: 0 };
    fc.assert(
      fc.property(fc.oneof(files, mostlyValidFiles), (file) => {
        const { loops, problems } = validateText(stringify(file), "scalers.yml");
        if (problems.length > 0) seen.refused++;
        else seen.accepted++;
        expect(loops.length > 0).toBe(problems.length === 0);
        for (const { line, what } of problems) {
          expect(what).not.toBe("");
          expect(line).toBeGreaterThan(0);
        }
        for (const loop of loops) expect(parseExecutionInput(loop).name).toBe(loop.name);
      }),
      { numRuns: 300 },
    );
    expect(Math.min(seen.refused, seen.accepted)).toBeGreaterThan(20);
  });

  test("has problems if it is not a scalers file, and never makes the check throw", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), yamlPieces), (text) => {
        const { loops, problems } = validateText(text, "scalers.yml");
        expect(loops).toEqual([]);
        expect(problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
