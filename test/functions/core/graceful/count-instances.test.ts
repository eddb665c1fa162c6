import { expect, test } from "vitest";
import type { InstanceAnswer, Observation } from "../../../../functions/core/facts.ts";
import { countInstances } from "../../../../functions/core/graceful/count-instances.ts";
import { type Leaving, NOTHING_LEAVES } from "../../../../functions/core/graceful/leaving.ts";
import type { ScalerMemory } from "../../../../functions/core/memory.ts";
import { decidePoll } from "../../../../functions/core/poll.ts";
import { createGroup, NOW, secondsAgo } from "../../../support/facts.ts";
import { createScaler } from "../../../support/scaler.ts";

const NOTHING_DANGLES = { looks: [], suspects: {}, asksInstances: false, reasons: [] };

interface Facts {
  leaving?: Leaving;
  memory?: ScalerMemory;
  answers?: InstanceAnswer[];
}

/** Counts the instances that do not answer. The answers are of i-0, i-1 and so on. */
function countNotAnswering({ leaving = NOTHING_LEAVES, memory = {}, answers = [] }: Facts): number {
  const byInstance = Object.fromEntries(answers.map((answer, index) => [`i-${index}`, answer]));
  const observation: Observation = { observedAt: NOW, answers: byInstance };
  return countInstances(leaving, NOTHING_DANGLES, memory, observation, answers).notAnswering;
}

function createAnswer(state: InstanceAnswer["state"], at: string = secondsAgo(10)): InstanceAnswer {
  return { at, platform: "linux", state, jobs: 0, uptimeSeconds: 7200, bootId: "first-boot" };
}

/** A look at three instances, so many seconds ago. */
function lookAt(seconds: number): NonNullable<ScalerMemory["looks"]>[number] {
  return { command: "look", at: secondsAgo(seconds), instances: 3 };
}

test("an instance that says nothing about an agent, because it has no such unit, does not answer", () => {
  const answers = [createAnswer("active"), createAnswer("not-found"), createAnswer("failed")];
  expect(countNotAnswering({ answers })).toBe(1);
});

test("an instance that is silent for an hour after its stop does not answer", () => {
  expect(countNotAnswering({ leaving: { drains: new Map(), silent: ["i-0", "i-1"] } })).toBe(2);
});

test("instances have a minute to answer a look", () => {
  expect(countNotAnswering({ memory: { looks: [lookAt(59)] } })).toBe(0);
  expect(countNotAnswering({ memory: { looks: [lookAt(60)] } })).toBe(3);
});

test("answers count for the look to which they belong", () => {
  const memory = { looks: [lookAt(60), lookAt(70)] };
  const answers = [createAnswer("active", secondsAgo(60)), createAnswer("active", secondsAgo(60))];
  expect(countNotAnswering({ memory, answers })).toBe(1 + 3); // 3 - 2, and 3 - 0
});

test("more answers than the look asked for make up for no other look", () => {
  const memory = { looks: [{ ...lookAt(60), instances: 1 }, lookAt(70)] };
  const answers = [createAnswer("active", secondsAgo(60)), createAnswer("active", secondsAgo(60))];
  expect(countNotAnswering({ memory, answers })).toBe(3);
});

test("the instances of all groups are added up", () => {
  const names = ["a", "b", "c"];
  const stopAt = secondsAgo(24 * 3600 + 1);
  const suspect = { at: secondsAgo(10), bootId: "boot", inactiveAtSeconds: 0 };
  const ofEach = <Value>(list: (name: string) => [string, Value][]) =>
    Object.fromEntries(names.flatMap(list));
  const { counts } = decidePoll({
    settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 60 },
    scalers: names.map((name) =>
      createScaler({ queue: name, group: name, scaleIn: { graceful: true } }),
    ),
    memory: ofEach((name) => [[name, { suspects: { [`${name}-dead`]: suspect } }]]),
    observation: {
      observedAt: NOW,
      queues: {},
      groups: ofEach((name) => {
        const instances = ["stopped", "dead", "strange"].map((which) => `${name}-${which}`);
        return [[name, createGroup({ desired: 3, instances })]];
      }),
      stops: ofEach((name) => [[`${name}-stopped`, { at: stopAt, delivered: "yes" as const }]]),
      answers: ofEach((name) => [
        [`${name}-stopped`, { ...createAnswer("deactivating"), jobs: 1 }],
        [`${name}-strange`, createAnswer("not-found")],
      ]),
    },
    observedAt: NOW,
  });
  expect(counts).toEqual({ draining: 3, overdue: 3, dangling: 3, notAnswering: 3 });
});
