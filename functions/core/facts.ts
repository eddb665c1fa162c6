/** Why a fact could not be had, or a command was refused: an error's name, and one sentence. */
export interface Fault {
  /** The name that code and alarms go by, e.g. `BuildkiteUnauthorized`. */
  error: string;
  /** For a person. Never holds a secret. */
  message: string;
}

/** Jobs of one queue, as Buildkite's agent metrics count them. */
export interface JobCounts {
  /** Ready to run, not yet with an agent. */
  scheduled: number;
  running: number;
  /** Behind a `wait` step, a concurrency limit or a dependency: not ready to run. */
  waiting: number;
}

/** Connected agents of one queue. */
export interface AgentCounts {
  idle: number;
  busy: number;
  total: number;
}

/** What Buildkite knows of one queue. */
export interface QueueFacts {
  jobs: JobCounts;
  agents: AgentCounts;
}

/** A queue that Buildkite leaves out of its answer has neither jobs nor agents. */
export const NO_JOBS: QueueFacts = {
  jobs: { scheduled: 0, running: 0, waiting: 0 },
  agents: { idle: 0, busy: 0, total: 0 },
};

/** Jobs and agents of several queues, summed; a queue that is absent has none. */
export function sumQueues(queues: readonly (QueueFacts | undefined)[]): QueueFacts {
  return queues.reduce<QueueFacts>((sum, queue) => {
    const { jobs, agents } = queue ?? NO_JOBS;
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
  }, NO_JOBS);
}

/** What Auto Scaling knows of one group. */
export interface GroupFacts {
  /** Desired capacity, in instances. */
  desired: number;
  min: number;
  max: number;
  /** Instances in lifecycle state InService. */
  inService: number;
  /** Instances in lifecycle state Pending, Pending:Wait and Pending:Proceed. */
  pending: number;
}

/** A fault that stands where one group's facts would. */
export interface GroupFault {
  fault: Fault;
}

/** All that one poll learned. A fault stands in the place of the facts that it kept away. */
export interface Observation {
  /** When the facts were complete, RFC 3339. Every rule that looks at the clock takes this for now. */
  observedAt: string;
  /** The shortest interval Buildkite wants between two polls, from its response header. */
  minimumPollSeconds?: number | undefined;
  /** How old Buildkite's counts were when they arrived, in whole seconds. */
  metricsAgeSeconds?: number | undefined;
  /** Buildkite's slug of the organization, for the dimensions of metrics. */
  organization?: string | undefined;
  /** Buildkite's name of the cluster, for the dimensions of metrics; absent for an unclustered token. */
  cluster?: string | undefined;
  /** By queue name; a queue that is absent has no jobs and no agents. */
  queues?: Record<string, QueueFacts> | undefined;
  /** Why `queues` is missing. */
  queuesFault?: Fault | undefined;
  /** By group name. */
  groups?: Record<string, GroupFacts | GroupFault> | undefined;
  /** Why `groups` is missing. */
  groupsFault?: Fault | undefined;
}

/** What Step Functions puts in the place of an observation when Fetch metrics itself failed. */
export interface TaskFailure {
  Error: string;
  Cause?: string | undefined;
}

/** What the loop remembers of one scaler from poll to poll. Times are RFC 3339. */
export interface ScalerMemory {
  lastScaleInAt?: string | undefined;
  lastScaleOutAt?: string | undefined;
}

/** By scaler name. */
export type Memory = Record<string, ScalerMemory>;
