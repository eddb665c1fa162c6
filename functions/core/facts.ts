import * as v from "valibot";
import { groupTimesSchema } from "./group-times.ts";
import { instantSchema } from "./instant.ts";
import { ownValue } from "./own-value.ts";
import { recordSchema, wholeNumberSchema } from "./schema-helpers.ts";

/**
 * The facts of a poll, in the shape in which they travel through the state machine. Every Task
 * checks what it receives against these schemas; keys that it does not read are dropped.
 */

const countSchema = wholeNumberSchema(0);

const nameSchema = v.string("a text");

/** Why a fact is missing, or why a command was refused. */
export const faultSchema = v.object({
  /** The name that code and alarms go by, e.g. `BuildkiteUnauthorized`; the catalogue is faults.ts. */
  error: nameSchema,
  /** A sentence for a person. Never contains a secret. */
  message: nameSchema,
});

/** {@link faultSchema} */
export type Fault = v.InferOutput<typeof faultSchema>;

const factsFaultSchema = v.object({ fault: faultSchema });

/** The fault that takes the place of the facts about one queue or one group. */
export type FactsFault = v.InferOutput<typeof factsFaultSchema>;

/** The jobs of one queue, as Buildkite's agent metrics count them. */
export const jobCountsSchema = v.object({
  /** Ready to run, but no agent has taken them yet. */
  scheduled: countSchema,
  running: countSchema,
  /** Behind a `wait` step, a concurrency limit or a dependency: not ready to run. */
  waiting: countSchema,
});

/** {@link jobCountsSchema} */
export type JobCounts = v.InferOutput<typeof jobCountsSchema>;

/** The connected agents of one queue. */
export const agentCountsSchema = v.object({
  idle: countSchema,
  busy: countSchema,
  total: countSchema,
});

/** {@link agentCountsSchema} */
export type AgentCounts = v.InferOutput<typeof agentCountsSchema>;

/** What Buildkite counted in one queue. */
export const queueFactsSchema = v.object({ jobs: jobCountsSchema, agents: agentCountsSchema });

/** {@link queueFactsSchema} */
export type QueueFacts = v.InferOutput<typeof queueFactsSchema>;

/** A queue without jobs and without agents: Buildkite leaves such a queue out of its answer. */
export const EMPTY_QUEUE: QueueFacts = {
  jobs: { scheduled: 0, running: 0, waiting: 0 },
  agents: { idle: 0, busy: 0, total: 0 },
};

/** Adds up the jobs and agents of several queues. A queue that is absent counts as empty. */
export function sumQueues(queues: readonly (QueueFacts | undefined)[]): QueueFacts {
  return queues.reduce<QueueFacts>((sum, queue) => {
    const { jobs, agents } = queue ?? EMPTY_QUEUE;
    return {
      jobs: {
        scheduled: sum.jobs.scheduled + jobs.scheduled,
        running: sum.jobs.running + jobs.running,
        waiting: sum.jobs.waiting + jobs.waiting,
      },
      agents: {
        idle: sum.agents.idle + agents.idle,
        busy: sum.agents.busy + agents.busy,
        total: sum.agents.total + agents.total,
      },
    };
  }, EMPTY_QUEUE);
}

/**
 * Adds up the queues with these names. Returns the fault of the first one that has a fault in its place:
 * without its jobs, the sum would be too small.
 */
export function collectQueues(
  names: readonly string[],
  queues: Readonly<Record<string, QueueFacts | FactsFault>>,
): QueueFacts | Fault {
  const known: (QueueFacts | undefined)[] = [];
  for (const name of names) {
    const queue = ownValue(queues, name);
    if (queue !== undefined && "fault" in queue) return queue.fault;
    known.push(queue);
  }
  return sumQueues(known);
}

const groupFactsSchema = v.object({
  /** Desired capacity, in instances. */
  desired: countSchema,
  min: countSchema,
  max: countSchema,
  /** Instances in lifecycle state InService. */
  inService: countSchema,
  /** Instances in lifecycle state Pending, Pending:Wait or Pending:Proceed. */
  pending: countSchema,
  /** What the group's tag remembers and can still matter; absent if nothing does. */
  times: v.optional(groupTimesSchema),
  /** The group has no tag, or a tag that makes no sense. */
  timesUnknown: v.optional(v.literal(true)),
  /** Ids of InService instances, if something needs them: open stops and candidates for a stop. */
  instances: v.optional(v.array(nameSchema)),
});

/** What Auto Scaling knows about one group. */
export type GroupFacts = v.InferOutput<typeof groupFactsSchema>;

/** What an instance says about its agents. */
const agentStateSchema = v.object({
  /** systemd's ActiveState; of several units the most alive one. `not-found`: no unit matches. */
  state: v.picklist(["active", "activating", "deactivating", "inactive", "failed", "not-found"]),
  /** Running jobs of all the instance's agents. */
  jobs: countSchema,
});

/** What an instance answered to a look. */
const instanceAnswerSchema = v.object({
  ...agentStateSchema.entries,
  /** When the look was sent, RFC 3339. */
  at: instantSchema,
  platform: v.picklist(["linux", "windows"]),
  uptimeSeconds: countSchema,
  bootId: nameSchema,
  /** When the unit became inactive, in seconds after boot. */
  inactiveAtSeconds: v.optional(countSchema),
});

/** {@link instanceAnswerSchema} */
export type InstanceAnswer = v.InferOutput<typeof instanceAnswerSchema>;

/** SSM's record of one stop. */
const stopRecordSchema = v.object({
  /** When the stop was sent, RFC 3339. */
  at: instantSchema,
  /** `no`: SSM gave up before the instance received it. */
  delivered: v.picklist(["pending", "yes", "no"]),
  /** What the instance answered, and whether it told its agents to stop. */
  answer: v.optional(v.object({ ...agentStateSchema.entries, stopped: v.boolean() })),
});

/** {@link stopRecordSchema} */
export type StopRecord = v.InferOutput<typeof stopRecordSchema>;

const factsSchema = v.object({
  /** When the facts were complete, RFC 3339. Every rule that needs the time takes this for now. */
  observedAt: instantSchema,
  /** The shortest interval that Buildkite wants between two polls, from its response header. */
  minimumPollSeconds: v.optional(countSchema),
  /** How old Buildkite's counts were when they arrived, in whole seconds. */
  metricsAgeSeconds: v.optional(countSchema),
  /** Buildkite's slug of the organization, for the dimensions of metrics. */
  organization: v.optional(nameSchema),
  /** Buildkite's name of the cluster, for the dimensions of metrics; absent for an unclustered token. */
  cluster: v.optional(nameSchema),
  /**
   * By queue name. A queue that is absent has no jobs and no agents. A queue whose counts contradict
   * each other has a fault in its place.
   */
  queues: v.optional(recordSchema(allowFault(queueFactsSchema))),
  /** Why `queues` is missing. */
  queuesFault: v.optional(faultSchema),
  /** By group name. */
  groups: v.optional(recordSchema(allowFault(groupFactsSchema))),
  /** Why `groups` is missing. */
  groupsFault: v.optional(faultSchema),
  /** By instance id: the answers of looks that were sent at most a minute ago. */
  answers: v.optional(recordSchema(instanceAnswerSchema)),
  /** By instance id: the stops that SSM has on record for InService instances. */
  stops: v.optional(recordSchema(stopRecordSchema)),
  /** Why `answers` or `stops` is missing. */
  commandsFault: v.optional(faultSchema),
});

/** Everything that one poll learned. A fault takes the place of the facts that it hides. */
export type Observation = v.InferOutput<typeof factsSchema>;

const taskFailureSchema = v.object({ Error: nameSchema, Cause: v.optional(nameSchema) });

/** What Step Functions puts in the place of an observation if Fetch metrics itself failed. */
export type TaskFailure = v.InferOutput<typeof taskFailureSchema>;

/** An {@link Observation}, or the {@link TaskFailure} in its place. */
export const observationSchema = v.lazy((input) =>
  hasKey(input, "Error") ? taskFailureSchema : factsSchema,
);

/** Whether Fetch metrics itself failed, so that Step Functions put its error in the observation's place. */
export function isTaskFailure(observation: Observation | TaskFailure): observation is TaskFailure {
  return "Error" in observation;
}

/** Facts, or the fault in their place. */
function allowFault<const Schema extends v.GenericSchema>(schema: Schema) {
  return v.lazy((input) => (hasKey(input, "fault") ? factsFaultSchema : schema));
}

function hasKey(input: unknown, key: string): boolean {
  return typeof input === "object" && input !== null && key in input;
}
