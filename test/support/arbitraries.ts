import fc from "fast-check";
import type {
  AgentCounts,
  FactsFault,
  Fault,
  GroupFacts,
  JobCounts,
  QueueFacts,
} from "../../functions/core/facts.ts";
import type { LoopSettings } from "../../functions/core/loop-settings.ts";
import type { ScalerMemory } from "../../functions/core/memory.ts";
import type { ScalerEntry } from "../../functions/core/scaler-entry.ts";

/** Names that every object inherits. */
export const INHERITED_NAMES = ["__proto__", "constructor", "prototype", "toString"] as const;

/** A usual name of a queue, group or scaler, or an inherited name. */
export const aName: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/) },
  { weight: 1, arbitrary: fc.constantFrom(...INHERITED_NAMES) },
);

/** Usually small, sometimes larger than any real count. */
export const aCount: fc.Arbitrary<number> = fc.oneof(fc.nat(5), fc.nat(200), fc.nat(100_000));

export const someJobs: fc.Arbitrary<JobCounts> = fc.record({
  scheduled: aCount,
  running: aCount,
  waiting: aCount,
});

export const someAgents: fc.Arbitrary<AgentCounts> = fc
  .record({ idle: aCount, busy: aCount })
  .map(({ idle, busy }) => ({ idle, busy, total: idle + busy }));

export const aQueue: fc.Arbitrary<QueueFacts> = fc.record({ jobs: someJobs, agents: someAgents });

/** Desired is between min and max, as on AWS. In about half of the groups, all instances are in service. */
export const aGroup: fc.Arbitrary<GroupFacts> = fc
  .record({ min: fc.nat(5), above: aCount, room: aCount, off: fc.integer({ min: -5, max: 5 }) })
  .chain(({ min, above, room, off }) => {
    const desired = min + above;
    return fc.record({
      desired: fc.constant(desired),
      min: fc.constant(min),
      max: fc.constant(desired + room),
      inService: fc.constantFrom(desired, Math.max(0, desired + off)),
      pending: fc.nat(3),
    });
  });

export const aFault: fc.Arbitrary<Fault> = fc.record({
  error: fc.constantFrom("BuildkiteUnavailable", "BuildkiteUnauthorized", "GroupNotFound"),
  message: fc.string(),
});

const aFactor = fc.constantFrom<(number | "none")[]>("none", 0.1, 0.3, 0.5, 0.9, 1, 1.5, 5);
const aCooldown = fc.constantFrom<(number | string)[]>(0, "30s", 300, "5m", "1h");
const aDirection = fc.record(
  { disabled: fc.boolean(), cooldown: aCooldown, factor: aFactor },
  { requiredKeys: [] },
);

/** The settings of an entry of scalers.yml, without its names. */
export const someSettings = fc.record(
  {
    agentsPerInstance: fc.integer({ min: 1, max: 30 }),
    includeWaiting: fc.boolean(),
    instanceBuffer: fc.constantFrom(0, 1, 5, 20),
    maxInstanceCap: fc.constantFrom(0, 1, 3, 100),
    availabilityThreshold: fc.constantFrom(0, 0.25, 0.5, 0.9, 1),
    agentStartupGrace: fc.constantFrom<(number | string)[]>(0, "30s", "5m"),
    demandShare: fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100),
    cooldownFromAnyScaling: fc.boolean(),
    scaleIn: aDirection,
    scaleOut: aDirection,
    dryRun: fc.boolean(),
    elasticCiMode: fc.boolean(),
  },
  { requiredKeys: ["agentsPerInstance"] },
) satisfies fc.Arbitrary<Partial<ScalerEntry>>;

/** The same without factors: each scaling covers the whole distance. */
export const someSettingsWithoutFactor = someSettings.map(({ scaleIn, scaleOut, ...others }) => ({
  ...others,
  scaleIn: { ...scaleIn, factor: "none" as const },
  scaleOut: { ...scaleOut, factor: "none" as const },
}));

/** A time between 2025 and 2029, in epoch milliseconds. */
export const aTime: fc.Arbitrary<number> = fc.integer({
  min: Date.UTC(2025, 0),
  max: Date.UTC(2029, 0),
});

/** A memory at a time: scalings of the last two hours, also close to the ends of cooldowns. */
export function aMemory(nowMs: number): fc.Arbitrary<ScalerMemory> {
  const back = fc.oneof(
    fc.nat(7_200_000),
    fc.constantFrom(0, 29_999, 30_000, 30_001, 299_999, 300_000, 300_001, 3_599_999, 3_600_000),
  );
  const at = back.map((ms) => new Date(nowMs - ms).toISOString());
  return fc.record({ lastScaleInAt: at, lastScaleOutAt: at }, { requiredKeys: [] });
}

export const someLoopSettings: fc.Arbitrary<LoopSettings> = fc.record({
  pollIntervalSeconds: fc.integer({ min: 1, max: 120 }),
  publishIntervalSeconds: fc.integer({ min: 1, max: 600 }),
});

const aGroupOrFault: fc.Arbitrary<GroupFacts | FactsFault> = fc.oneof(
  { weight: 5, arbitrary: aGroup },
  { weight: 1, arbitrary: fc.record({ fault: aFault }) },
);

const aQueueOrFault: fc.Arbitrary<QueueFacts | FactsFault> = fc.oneof(
  { weight: 9, arbitrary: aQueue },
  { weight: 1, arbitrary: fc.record({ fault: aFault }) },
);

const aQueueName = fc.constantFrom("default", "web", "constructor");

function anEntry(group: string, entry: Partial<ScalerEntry>) {
  return fc.oneof(
    aQueueName.map((queue) => ({ ...entry, group, queue })),
    fc.subarray(["default", "web", "constructor"], { minLength: 1 }).map((queues) => ({
      ...entry,
      group,
      queues,
    })),
  );
}

function seldomMissing<T>(arbitrary: fc.Arbitrary<T>) {
  return fc.option(arbitrary, { nil: undefined, freq: 8 });
}

function seldomThere<T>(arbitrary: fc.Arbitrary<T>) {
  return fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

/** An event of Compute capacity. Its scalers share a few queues; each part may be a fault. */
export const anEvent = aTime.chain((nowMs) =>
  fc
    .uniqueArray(
      fc.record({ name: aName, memory: aMemory(nowMs), entry: someSettings, group: aGroupOrFault }),
      { selector: ({ name }) => name, minLength: 1, maxLength: 5 },
    )
    .chain((parts) =>
      fc.record({
        settings: someLoopSettings,
        scalers: fc.tuple(...parts.map(({ name, entry }) => anEntry(name, entry))),
        memory: fc.constant(Object.fromEntries(parts.map(({ name, memory }) => [name, memory]))),
        observation: fc.record({
          observedAt: fc.constant(new Date(nowMs).toISOString()),
          minimumPollSeconds: seldomMissing(fc.nat(60)),
          metricsAgeSeconds: seldomMissing(fc.nat(240)),
          queues: seldomMissing(
            fc.dictionary(aQueueName, aQueueOrFault, { noNullPrototype: true }),
          ),
          queuesFault: fc.option(aFault, { nil: undefined }),
          groups: fc.constant(Object.fromEntries(parts.map(({ name, group }) => [name, group]))),
          groupsFault: seldomThere(aFault),
        }),
      }),
    ),
);
