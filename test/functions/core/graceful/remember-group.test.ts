import { expect, test } from "vitest";
import type { Observation, StopRecord } from "../../../../functions/core/facts.ts";
import { decidePoll } from "../../../../functions/core/poll.ts";
import { parseScalers } from "../../../../functions/core/read-scalers.ts";
import {
  createGroup,
  createObservation,
  createQueue,
  NOW,
  secondsAgo,
} from "../../../support/facts.ts";
import { createAnswer, IDS, pollGroup } from "../../../support/graceful-poll.ts";

const ID = "i-0000000a";

const SCALERS = parseScalers([
  { queue: "default", group: "agents", agentsPerInstance: 1, scaleIn: { graceful: true } },
]);

const PLANNED_AT = secondsAgo(10);
const STOPPING = { at: PLANNED_AT, instances: [ID] };

/** Returns the planned stops that the poll after this one knows. */
function rememberStops(instances: string[], stop?: StopRecord) {
  const group = createGroup({ desired: 1, instances, times: { lastScaleInAt: PLANNED_AT } });
  const observation: Observation = {
    ...createObservation(createQueue({ running: 1 }), group),
    stops: stop === undefined ? {} : { [ID]: stop },
  };
  const memory = { agents: { stopping: STOPPING } };
  const { poll } = decidePoll({
    settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 60 },
    scalers: SCALERS,
    memory,
    observation,
    observedAt: NOW,
  });
  return poll.next.carry.memory.agents?.stopping;
}

test("a planned stop is remembered until the instance has confirmed it", () => {
  expect(rememberStops([ID])).toEqual(STOPPING);
  expect(rememberStops([ID], { at: PLANNED_AT, delivered: "pending" })).toEqual(STOPPING);
});

test("a planned stop is forgotten once the instance has confirmed it", () => {
  const answer = { state: "deactivating", jobs: 0, stopped: true } as const;
  expect(rememberStops([ID], { at: PLANNED_AT, delivered: "yes", answer })).toBeUndefined();
});

test("planned stops are remembered until each instance has confirmed its own", () => {
  const stopping = { at: PLANNED_AT, instances: ["i-0a", "i-0b"] };
  const answer = { state: "deactivating", jobs: 0, stopped: true } as const;
  const confirmed: StopRecord = { at: PLANNED_AT, delivered: "yes", answer };
  const { memory } = pollGroup({
    memory: { stopping },
    group: { instances: IDS },
    stops: { "i-0a": confirmed },
  });
  expect(memory.stopping).toEqual(stopping);
});

test("a look stays open until each instance has answered, and for a minute at most", () => {
  const looksAfter = (seconds: number, ...answered: string[]) => {
    const at = secondsAgo(seconds);
    const answers = answered.map((id) => [id, createAnswer(1, { at })]);
    return pollGroup({
      memory: { looks: [{ command: "c", at, instances: 2 }] },
      group: { instances: IDS },
      answers: Object.fromEntries(answers),
    }).memory.looks?.length;
  };
  expect(looksAfter(59)).toBe(1);
  expect(looksAfter(59, "i-0a")).toBe(1);
  expect(looksAfter(59, "i-0a", "i-0b")).toBeUndefined();
  expect(looksAfter(60)).toBeUndefined();
});

test("answers to another look do not end a look", () => {
  const answers = { "i-0a": createAnswer(1, { at: secondsAgo(20) }) };
  const looks = [{ command: "c", at: secondsAgo(10), instances: 1 }];
  expect(pollGroup({ memory: { looks }, group: { instances: IDS }, answers }).memory.looks).toEqual(
    looks,
  );
});

test("a planned stop is forgotten once the instance is gone", () => {
  expect(rememberStops([])).toBeUndefined();
});

test("a planned stop is forgotten if SSM did not deliver it", () => {
  expect(rememberStops([ID], { at: PLANNED_AT, delivered: "no" })).toBeUndefined();
});

test("the wait until the next look ends with the surplus", () => {
  const nextLook = { at: secondsAgo(-300), waitSeconds: 600 };
  const fourJobs = createQueue({ running: 4 }, 4);
  expect(pollGroup({ memory: { nextLook }, queue: fourJobs }).memory).not.toHaveProperty(
    "nextLook",
  );
  expect(pollGroup({ memory: { nextLook } }).memory).toHaveProperty("nextLook", nextLook);
});

test("the next poll asks for instances only while there is a surplus or a shortage", () => {
  const poll = (running: number, agents: number) =>
    pollGroup({ queue: createQueue({ running }, agents), memory: {} }).memory;
  expect(poll(4, 4)).not.toHaveProperty("asksInstances");
  expect(poll(3, 4)).toHaveProperty("asksInstances", true);
});

test("a shortage of agents is no group's own if another group serves one of its queues", () => {
  const shortageWith = (...others: string[]) => {
    const { poll } = decidePoll({
      settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 60 },
      scalers: parseScalers([
        { queues: ["a", "b"], group: "one", agentsPerInstance: 1, scaleIn: { graceful: true } },
        { queues: others, group: "two", agentsPerInstance: 1 },
      ]),
      memory: {},
      observation: {
        observedAt: NOW,
        queues: { a: createQueue({ running: 2 }) },
        groups: { one: createGroup({ desired: 2 }), two: createGroup({ desired: 0 }) },
      },
      observedAt: NOW,
    });
    return poll.next.carry.memory.one?.shortageSince;
  };
  expect(shortageWith("c", "d")).toBe(NOW);
  expect(shortageWith("b", "c")).toBeUndefined();
});

test("a surplus is remembered while there is one and scale-in is allowed", () => {
  const surplusSince = ({ running = 2, disabled = false, elasticCiMode = false }) => {
    const graceful = elasticCiMode ? {} : { graceful: true };
    const entry = { elasticCiMode, scaleIn: { ...graceful, disabled } };
    return pollGroup({ entry, queue: createQueue({ running }, 4) }).memory.surplusSince;
  };
  expect(surplusSince({})).toBe(NOW);
  expect(surplusSince({ running: 4 })).toBeUndefined();
  expect(surplusSince({ disabled: true })).toBeUndefined();
  expect(surplusSince({ disabled: true, elasticCiMode: true })).toBe(NOW); // It drains by itself.
});
