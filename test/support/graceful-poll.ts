import type {
  GroupFacts,
  InstanceAnswer,
  Observation,
  QueueFacts,
  StopRecord,
} from "../../functions/core/facts.ts";
import type { Memory } from "../../functions/core/memory.ts";
import { decidePoll } from "../../functions/core/poll.ts";
import type { ScalerEntry } from "../../functions/core/scaler-entry.ts";
import { createGroup, NOW, secondsAgo } from "./facts.ts";
import { createScaler } from "./scaler.ts";

/** The instances of the group. */
export const IDS = ["i-0a", "i-0b", "i-0c", "i-0d"];

/** What one poll of a graceful group knows. */
export interface PollFacts {
  entry?: Partial<ScalerEntry>;
  queue?: QueueFacts;
  group?: Partial<GroupFacts>;
  answers?: Record<string, InstanceAnswer>;
  stops?: Record<string, StopRecord>;
  memory?: Memory[string];
  /** Seconds after {@link NOW}. */
  at?: number;
}

/** Two running jobs and two idle agents. */
export const TWO_JOBS: QueueFacts = {
  jobs: { scheduled: 0, running: 2, waiting: 0 },
  agents: { idle: 2, busy: 2, total: 4 },
};

/** Runs one poll of a graceful group of four instances with one agent each. */
export function pollGroup({
  entry = {},
  queue = TWO_JOBS,
  group = {},
  memory = {},
  at = 0,
  ...facts
}: PollFacts) {
  const observedAt = secondsAgo(-at);
  const scaler = createScaler({ scaleIn: { graceful: true }, ...entry });
  const observation: Observation = {
    observedAt,
    queues: { default: queue },
    groups: { agents: createGroup({ desired: 4, ...group }) },
    ...facts,
  };
  const settings = { pollIntervalSeconds: 10, publishIntervalSeconds: 60 };
  const event = {
    settings,
    scalers: [scaler],
    memory: { agents: memory },
    observation,
    observedAt,
  };
  const result = decidePoll(event).poll;
  const [decision] = result.decisions;
  return { decision, plan: result.next.plan, memory: result.next.carry.memory.agents ?? {} };
}

/** Creates the answer of an active Linux instance. */
export function createAnswer(jobs: number, rest: Partial<InstanceAnswer> = {}): InstanceAnswer {
  const usual = {
    platform: "linux",
    state: "active",
    uptimeSeconds: 9000,
    bootId: "boot",
  } as const;
  return { at: NOW, ...usual, jobs, ...rest };
}

/** The memory after the first poll of a surplus. */
export const IN_SURPLUS = { surplusSince: secondsAgo(10), asksInstances: true as const };
