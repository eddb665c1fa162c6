import { expect, test } from "vitest";
import type { InstanceAnswer, Observation } from "../../../../functions/core/facts.ts";
import type { ScalerMemory } from "../../../../functions/core/memory.ts";
import { decidePoll } from "../../../../functions/core/poll.ts";
import { parseScalers } from "../../../../functions/core/read-scalers.ts";
import {
  createGroup,
  createObservation,
  createQueue,
  NOW,
  secondsAgo,
} from "../../../support/facts.ts";

const ID = "i-0000000a";

const SCALERS = parseScalers([
  { queue: "default", group: "agents", agentsPerInstance: 1, scaleIn: { graceful: true } },
]);

type Known = NonNullable<ScalerMemory["drains"]>[string];

interface Drain {
  name: string;
  /** The age of the stop, in seconds. */
  since: number;
  /** The latest answer to a look: its age in seconds, and its jobs. */
  answer: { at: number; jobs: number };
  known?: Known;
  overdue: number;
}

const DAY = 24 * 3600;

test.each<Drain>([
  {
    name: "without a job at two looks",
    since: 130,
    answer: { at: 10, jobs: 0 },
    known: { at: secondsAgo(70), jobs: 0, jobsAt: secondsAgo(70) },
    overdue: 1,
  },
  {
    name: "without a job at its first look",
    since: 70,
    answer: { at: 10, jobs: 0 },
    overdue: 0,
  },
  {
    name: "without a job at its stop and at its first look: it may be about to end",
    since: 70,
    answer: { at: 10, jobs: 0 },
    known: { at: secondsAgo(10), jobs: 0, jobsAt: secondsAgo(70) },
    overdue: 0,
  },
  {
    name: "whose last job ended between two looks",
    since: 130,
    answer: { at: 10, jobs: 0 },
    known: { at: secondsAgo(70), jobs: 1, jobsAt: secondsAgo(70) },
    overdue: 0,
  },
  {
    name: "with a job for a day",
    since: DAY,
    answer: { at: 10, jobs: 1 },
    overdue: 0,
  },
  {
    name: "with a job for more than a day",
    since: DAY + 1,
    answer: { at: 10, jobs: 1 },
    overdue: 1,
  },
])("a drain $name counts $overdue as overdue", ({ since, answer, known, overdue }) => {
  const sinceAt = secondsAgo(since);
  const group = createGroup({ desired: 1, instances: [ID], times: { drainSince: sinceAt } });
  const observation: Observation = {
    ...createObservation(createQueue({ running: 1 }), group),
    stops: { [ID]: { at: sinceAt, delivered: "yes" } },
    answers: { [ID]: createAnswer(answer) },
  };
  const memory = known === undefined ? {} : { agents: { drains: { [ID]: known } } };
  const { counts } = decidePoll({
    settings: { pollIntervalSeconds: 10, publishIntervalSeconds: 60 },
    scalers: SCALERS,
    memory,
    observation,
    observedAt: NOW,
  });
  expect(counts).toMatchObject({ draining: 1, overdue });
});

function createAnswer({ at, jobs }: Drain["answer"]): InstanceAnswer {
  return {
    at: secondsAgo(at),
    platform: "linux",
    state: "deactivating",
    jobs,
    uptimeSeconds: 90_000,
    bootId: "first-boot",
  };
}
