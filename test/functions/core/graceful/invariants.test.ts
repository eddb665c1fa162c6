import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { InstanceAnswer, Observation, StopRecord } from "../../../../functions/core/facts.ts";
import type { ScalerMemory } from "../../../../functions/core/memory.ts";
import { decidePoll, type PollResult } from "../../../../functions/core/poll.ts";
import type { Scaler } from "../../../../functions/core/scaler.ts";
import { NOW, secondsAgo } from "../../../support/facts.ts";
import { createScaler } from "../../../support/scaler.ts";

/** One poll of one graceful group: anything that facts and memory can say. */

/** One world in a hundred has a stop, so fewer runs would prove little: on a busy machine they take 5 s. */
vi.setConfig({ testTimeout: 60_000 });

const aTime = fc.nat(4000).map(secondsAgo);
const aCount = fc.nat(6);
const anId = fc.nat(11).map((index) => `i-${index}`);
const ids = fc.uniqueArray(anId, { maxLength: 12 });

const aState = fc.constantFrom(
  ...(["active", "activating", "deactivating", "inactive", "failed", "not-found"] as const),
);

const anAnswer: fc.Arbitrary<InstanceAnswer> = fc.record(
  {
    at: aTime,
    platform: fc.constantFrom("linux", "windows"),
    state: aState,
    jobs: fc.nat(3),
    uptimeSeconds: fc.nat(9000),
    bootId: fc.constantFrom("a", "b"),
    inactiveAtSeconds: fc.nat(9000),
  },
  { requiredKeys: ["at", "platform", "state", "jobs", "uptimeSeconds", "bootId"] },
);

const aStop: fc.Arbitrary<StopRecord> = fc.record(
  {
    at: aTime,
    delivered: fc.constantFrom("pending", "yes", "no"),
    answer: fc.record({ state: aState, jobs: fc.nat(3), stopped: fc.boolean() }),
  },
  { requiredKeys: ["at", "delivered"] },
);

const aMemory: fc.Arbitrary<ScalerMemory> = fc.record(
  {
    lastScaleInAt: aTime,
    lastScaleOutAt: aTime,
    surplusSince: aTime,
    shortageSince: aTime,
    drainSince: aTime,
    ended: fc.record({
      count: fc.integer({ min: 1, max: 3 }),
      hour: fc.constant("2026-01-05T09:00:00Z"),
    }),
    looks: fc.array(
      fc.record({ command: fc.string(), at: aTime, instances: fc.integer({ min: 1, max: 5 }) }),
      { maxLength: 2 },
    ),
    stopping: fc.record({ at: aTime, instances: ids }),
    drains: fc.dictionary(anId, fc.record({ at: aTime })),
    suspects: fc.dictionary(
      anId,
      fc.record({
        at: aTime,
        bootId: fc.constantFrom("a", "b"),
        inactiveAtSeconds: fc.nat(9000),
      }),
    ),
    nextLook: fc.record({ at: aTime, waitSeconds: fc.constantFrom(60, 600) }),
    asksInstances: fc.constant(true as const),
    sweepAt: aTime,
  },
  { requiredKeys: [] },
);

const aWorld = fc.record({
  settings: fc.record({
    agentsPerInstance: fc.integer({ min: 1, max: 3 }),
    dryRun: fc.boolean(),
    scaleIn: fc.record({
      graceful: fc.constant(true),
      endedBy: fc.constantFrom("loop" as const, "instance" as const),
      busyAfter: fc.constantFrom("never" as const, 0, 600),
      cooldown: fc.constantFrom(0, 600),
      factor: fc.constantFrom("none" as const, 0.5, 2),
    }),
  }),
  jobs: fc.record({ scheduled: aCount, running: aCount, waiting: aCount }),
  agents: fc.tuple(aCount, aCount).map(([idle, busy]) => ({ idle, busy, total: idle + busy })),
  limits: fc.tuple(fc.nat(4), fc.nat(10)).map(([min, more]) => ({ min, max: min + more })),
  desired: fc.nat(12),
  instances: ids,
  answers: fc.option(fc.dictionary(anId, anAnswer), { nil: undefined }),
  stops: fc.option(fc.dictionary(anId, aStop), { nil: undefined }),
  memory: aMemory,
});

type AWorld = typeof aWorld extends fc.Arbitrary<infer World> ? World : never;

interface Polled extends PollResult {
  scaler: Scaler;
  world: AWorld;
}

function pollWorld(world: AWorld): Polled {
  const { settings, jobs, agents, limits, desired, instances, answers, stops, memory } = world;
  const scaler = createScaler(settings);
  const observation: Observation = {
    observedAt: NOW,
    queues: { default: { jobs, agents } },
    groups: { agents: { ...limits, desired, inService: instances.length, pending: 0, instances } },
    ...(answers === undefined ? {} : { answers }),
    ...(stops === undefined ? {} : { stops }),
  };
  const result = decidePoll({
    settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 60 },
    scalers: [scaler],
    memory: { agents: memory },
    observation,
    observedAt: NOW,
  });
  return { ...result, scaler, world };
}

function listStops({ poll }: PollResult): string[] {
  return (poll.next.plan?.stops ?? []).flatMap(({ instances }) => instances);
}

function check(assertion: (polled: Polled) => void): void {
  fc.assert(
    fc.property(aWorld, (world) => {
      assertion(pollWorld(world));
    }),
    { numRuns: 2000 },
  );
}

test("the worlds of these properties have stops, terminations and raises", () => {
  const plans = fc
    .sample(aWorld, { numRuns: 5000, seed: 1 })
    .map((world) => pollWorld(world).poll.next.plan);
  const count = (key: "stops" | "terminations") =>
    plans.filter((plan) => (plan?.[key]?.length ?? 0) > 0).length;
  expect(count("stops")).toBeGreaterThan(50);
  expect(count("terminations")).toBeGreaterThan(50);
  expect(plans.filter((plan) => (plan?.changes.length ?? 0) > 0).length).toBeGreaterThan(50);
});

describe("in a graceful group, whatever the facts and the memory say,", () => {
  test("desired capacity is never set lower", () => {
    check(({ poll }) => {
      for (const { from, to } of poll.next.plan?.changes ?? []) expect(to).toBeGreaterThan(from);
    });
  });

  test("no stop brings the group under its target or under min", () => {
    check((polled) => {
      const stops = listStops(polled);
      const [verdict] = polled.verdicts;
      if (stops.length === 0 || verdict?.basis === undefined) return;
      const { desired, limits } = polled.world;
      const left = desired - verdict.basis.leaving.drains.size - stops.length;
      expect(left).toBeGreaterThanOrEqual(Math.max(verdict.basis.target, limits.min));
    });
  });

  test("only an instance is stopped that has answered, is active and does not leave yet", () => {
    check((polled) => {
      const { answers = {}, instances } = polled.world;
      const leaving = polled.verdicts[0]?.basis?.leaving.drains;
      for (const id of listStops(polled)) {
        expect(instances).toContain(id);
        expect(leaving?.has(id)).toBe(false);
        expect(answers[id]).toMatchObject({ platform: "linux", state: "active" });
      }
    });
  });

  test("an instance with jobs is stopped only after `busyAfter`, and told that it may have jobs", () => {
    check(({ poll, scaler, world }) => {
      for (const { instances, busy } of poll.next.plan?.stops ?? []) {
        const isIdle = instances.every((id) => world.answers?.[id]?.jobs === 0);
        if (isIdle) continue;
        expect(busy).toBe(true);
        expect(scaler.scaleIn.busyAfterSeconds).toBeDefined();
        expect(world.memory.surplusSince).toBeDefined();
      }
    });
  });

  test("an instance is ended only if it answers that no job and no agent runs", () => {
    check(({ poll, world }) => {
      for (const { instance } of poll.next.plan?.terminations ?? []) {
        const known = [world.answers?.[instance], world.stops?.[instance]?.answer];
        const isStopped = known.some(
          (answer) =>
            answer?.jobs === 0 && (answer.state === "inactive" || answer.state === "failed"),
        );
        expect(isStopped).toBe(true);
      }
    });
  });

  test("no instance is ended twice, and desired capacity does not fall below min with them", () => {
    check(({ poll, world }) => {
      const ended = poll.next.plan?.terminations ?? [];
      expect(new Set(ended.map(({ instance }) => instance)).size).toBe(ended.length);
      const decrements = ended.filter(({ decrement }) => decrement).length;
      if (decrements > 0)
        expect(world.desired - decrements).toBeGreaterThanOrEqual(world.limits.min);
    });
  });

  test("a dry run only looks", () => {
    check(({ poll, scaler }) => {
      if (!scaler.dryRun) return;
      const { changes = [], stops, terminations, times } = poll.next.plan ?? {};
      expect({ changes, stops, terminations, times }).toEqual({ changes: [] });
    });
  });

  test("a second poll from the same facts and the same memory plans the same", () => {
    check((polled) => expect(pollWorld(polled.world).poll).toEqual(polled.poll));
  });

  test("without any answer of an instance, nothing is stopped and nothing is ended", () => {
    fc.assert(
      fc.property(aWorld, (world) => {
        const { poll } = pollWorld({ ...world, answers: undefined, stops: undefined });
        expect(poll.next.plan?.stops).toBeUndefined();
        expect(poll.next.plan?.terminations).toBeUndefined();
      }),
    );
  });
});
