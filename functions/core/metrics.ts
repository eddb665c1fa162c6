import * as v from "valibot";
import type { Verdict } from "./decision.ts";
import { listenSchema } from "./events.ts";
import {
  EMPTY_QUEUE,
  type FactsFault,
  isTaskFailure,
  type Observation,
  type QueueFacts,
  queueFactsSchema,
  type TaskFailure,
} from "./facts.ts";
import { instantSchema } from "./instant.ts";
import { ownValue } from "./own-value.ts";
import { flagSchema, recordSchema, wholeNumberSchema } from "./schema-helpers.ts";

/** One value of one metric, as CloudWatch receives it. */
export interface Datum {
  name: string;
  dimensions: Record<string, string>;
  value: number;
}

const countSchema = v.optional(wholeNumberSchema(0));

/** What one poll knows about one scaler. Figures that a fault hides are absent. */
const scalerFiguresSchema = v.object({
  desired: countSchema,
  inService: countSchema,
  /** Instances that the jobs need, before cooldowns and factors. */
  target: countSchema,
  heldByFault: flagSchema,
});

/** {@link scalerFiguresSchema} */
export type ScalerFigures = v.InferOutput<typeof scalerFiguresSchema>;

/** What Publish metrics publishes: one poll's figures. */
export const snapshotSchema = v.object({
  /** RFC 3339; the timestamp of every value. */
  observedAt: instantSchema,
  organization: v.optional(v.string()),
  /** Buildkite's name of the cluster. */
  cluster: v.optional(v.string()),
  /** Whether queues have all eight metrics; absent means four. */
  allQueueMetrics: v.optional(flagSchema),
  /** By queue name, without the queues that a fault hides. */
  queues: recordSchema(queueFactsSchema),
  /** By scaler name. */
  scalers: recordSchema(scalerFiguresSchema),
  /** Present if the loop listens for events until its next poll. */
  listen: v.optional(listenSchema),
});

/** {@link snapshotSchema} */
export type Snapshot = v.InferOutput<typeof snapshotSchema>;

/**
 * The namespace of every metric. It is the namespace of buildkite-agent-metrics, the official exporter:
 * dashboards made for the exporter go on working, and one call carries all metrics.
 */
export const NAMESPACE = "Buildkite";

/** Collects what to publish about one poll, including a poll without facts. */
export function takeSnapshot(
  verdicts: readonly Verdict[],
  observation: Observation | TaskFailure,
  observedAt: string,
): Snapshot {
  const { organization, cluster, queues }: Partial<Observation> = isTaskFailure(observation)
    ? {}
    : observation;
  const names = verdicts.flatMap(({ scaler }) => scaler.queues);
  return {
    observedAt,
    ...(organization === undefined ? {} : { organization }),
    ...(cluster === undefined ? {} : { cluster }),
    queues: queues === undefined ? {} : selectQueues(names, queues),
    scalers: Object.fromEntries(
      verdicts.map((verdict) => [verdict.scaler.name, collectFigures(verdict)]),
    ),
  };
}

function selectQueues(
  names: readonly string[],
  queues: Readonly<Record<string, QueueFacts | FactsFault>>,
): Record<string, QueueFacts> {
  const selected = names.flatMap((name): [string, QueueFacts][] => {
    const queue = ownValue(queues, name) ?? EMPTY_QUEUE;
    return "fault" in queue ? [] : [[name, queue]];
  });
  return Object.fromEntries(selected);
}

function collectFigures({ decision, group, target }: Verdict): ScalerFigures {
  return {
    ...(group === undefined ? {} : { desired: group.desired, inService: group.inService }),
    ...(target === undefined ? {} : { target }),
    heldByFault: decision.fault !== undefined,
  };
}

/** The values of a snapshot: four or eight for each queue, up to four for each scaler. */
export function toMetricData(snapshot: Snapshot, loopName: string): Datum[] {
  const { organization, cluster, allQueueMetrics = false } = snapshot;
  const queueData = Object.entries(snapshot.queues).flatMap(([queue, facts]) =>
    toData(
      {
        ...(organization === undefined ? {} : { Org: organization }),
        ...(cluster === undefined ? {} : { Cluster: cluster }),
        Queue: queue,
      },
      allQueueMetrics ? allQueueValues(facts) : mainQueueValues(facts),
    ),
  );
  const scalerData = Object.entries(snapshot.scalers).flatMap(([scaler, figures]) =>
    toData({ Loop: loopName, Scaler: scaler }, scalerValues(figures)),
  );
  return [...queueData, ...scalerData];
}

function toData(
  dimensions: Record<string, string>,
  values: Record<string, number | undefined>,
): Datum[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, dimensions, value }],
  );
}

/**
 * The metrics that say how long jobs wait and whether agents connect. The other four follow from them: an
 * agent is busy with one running job, and idle otherwise. CloudWatch bills every metric of every queue.
 */
function mainQueueValues({ jobs, agents }: QueueFacts): Record<string, number> {
  return {
    ScheduledJobsCount: jobs.scheduled,
    RunningJobsCount: jobs.running,
    WaitingJobsCount: jobs.waiting,
    TotalAgentCount: agents.total,
  };
}

/** Names, unit and arithmetic are the official exporter's. It cuts the percentage to a whole number. */
function allQueueValues(facts: QueueFacts): Record<string, number> {
  const { jobs, agents } = facts;
  return {
    ...mainQueueValues(facts),
    UnfinishedJobsCount: jobs.scheduled + jobs.running + jobs.waiting,
    IdleAgentCount: agents.idle,
    BusyAgentCount: agents.busy,
    BusyAgentPercentage: agents.total === 0 ? 0 : Math.floor((100 * agents.busy) / agents.total),
  };
}

function scalerValues(figures: ScalerFigures): Record<string, number | undefined> {
  return {
    DesiredCapacity: figures.desired,
    InServiceInstances: figures.inService,
    TargetCapacity: figures.target,
    HeldByFault: figures.heldByFault ? 1 : 0,
  };
}
