import { describe, expect, test } from "vitest";
import type { Observation } from "../../../../functions/core/facts.ts";
import { decidePoll } from "../../../../functions/core/poll.ts";
import { createGroup, createQueue, NOW, secondsAgo } from "../../../support/facts.ts";
import { createAnswer } from "../../../support/graceful-poll.ts";
import { createScaler } from "../../../support/scaler.ts";

const NAMES = ["a", "b", "c"];

interface Facts {
  /** Instances of each group. No group needs any. */
  size: number;
  /** All instances that stay have answered that they are idle. */
  isAnswered?: boolean;
  /** Instances of the first group that were told to stop. */
  leaving?: number;
  /** Minutes after {@link NOW}. */
  minutes?: number;
}

function listIds(name: string, size: number): string[] {
  return Array.from({ length: size }, (_, index) => `${name}-${String(index).padStart(3, "0")}`);
}

/** Plans one poll of three graceful groups that are a surplus as a whole, and have been before. */
function planPoll({ size, isAnswered = false, leaving = 0, minutes = 0 }: Facts) {
  const observedAt = secondsAgo(-60 * minutes);
  const told = listIds("a", leaving);
  const ids = NAMES.flatMap((name) => listIds(name, size)).filter((id) => !told.includes(id));
  const answer = createAnswer(0, { at: observedAt });
  const stop = { at: secondsAgo(10), delivered: "pending" as const };
  const observation: Observation = {
    observedAt,
    queues: Object.fromEntries(NAMES.map((name) => [name, createQueue({}, size)])),
    groups: Object.fromEntries(
      NAMES.map((name) => [name, createGroup({ desired: size, instances: listIds(name, size) })]),
    ),
    stops: Object.fromEntries(told.map((id) => [id, stop])),
    answers: Object.fromEntries(isAnswered ? ids.map((id) => [id, answer]) : []),
  };
  const { poll } = decidePoll({
    settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 60 },
    scalers: NAMES.map((name) =>
      createScaler({ queue: name, group: name, scaleIn: { graceful: true } }),
    ),
    memory: Object.fromEntries(NAMES.map((name) => [name, { surplusSince: secondsAgo(20) }])),
    observation,
    observedAt,
  });
  return poll.next.plan;
}

/** How many instances of each group a list of commands has, in the commands' order. */
function countByGroup(commands: readonly { group: string; instances: string[] }[] = []) {
  return commands.map(({ group, instances }) => [group, instances.length]);
}

describe("a loop looks", () => {
  test("at every instance while that is at most 200 in one poll", () => {
    const { looks } = planPoll({ size: 66 }) ?? {};
    expect(countByGroup(looks).toSorted()).toEqual(NAMES.map((name) => [name, 66]));
  });

  test("at 200 instances in one poll, however many groups and instances there are", () => {
    expect(countByGroup(planPoll({ size: 90 })?.looks).map(([, count]) => count)).toEqual([
      90, 90, 20,
    ]);
    expect(countByGroup(planPoll({ size: 200 })?.looks).map(([, count]) => count)).toEqual([200]);
  });

  test("at another group first each minute, so that limits favour none", () => {
    const firstAt = (minutes: number) =>
      countByGroup(planPoll({ size: 200, minutes })?.looks)[0]?.[0];
    expect([0, 1, 2].map(firstAt).toSorted()).toEqual(NAMES);
    expect(firstAt(3)).toBe(firstAt(0));
  });
});

describe("a loop stops", () => {
  const countStops = (facts: Omit<Facts, "isAnswered">) =>
    countByGroup(planPoll({ ...facts, isAnswered: true })?.stops)
      .map(([, count]) => Number(count))
      .reduce((sum, count) => sum + count, 0);

  test("every idle instance of a surplus while that is at most 100 in one poll", () => {
    expect(countStops({ size: 33 })).toBe(99);
  });

  test("100 instances in one poll, however many are idle", () => {
    expect(countStops({ size: 40 })).toBe(100);
    expect(countStops({ size: 150 })).toBe(100);
  });

  test("no more than 300 at once: those that leave already count", () => {
    expect(countStops({ size: 300, leaving: 199 })).toBe(100);
    expect(countStops({ size: 300, leaving: 250 })).toBe(50);
    expect(countStops({ size: 300, leaving: 300 })).toBe(0);
  });
});
