import type { Verdict } from "./decision.ts";
import { NO_JOBS, type Observation, type QueueFacts, type TaskFailure } from "./facts.ts";
import { ownValue } from "./own-value.ts";

/** One value of one metric, as CloudWatch takes it. */
export interface Datum {
  name: string;
  dimensions: Record<string, string>;
  value: number;
}

/** What one scaler has to show for itself. What a fault kept away is absent. */
export interface ScalerFigures {
  desired?: number | undefined;
  inService?: number | undefined;
  /** Instances that the jobs need, before cooldowns and factors. */
  target?: number | undefined;
  heldByFault: boolean;
}

/** What Publish metrics is asked to publish. */
export interface Snapshot {
  /** RFC 3339; the time of every datum. */
  observedAt: string;
  organization?: string | undefined;
  /** Buildkite's name of the cluster. */
  cluster?: string | undefined;
  /** By queue; empty where a fault kept them away. */
  queues: Record<string, QueueFacts>;
  /** By scaler. */
  scalers: Record<string, ScalerFigures>;
}

/**
 * The namespace of every metric: that of buildkite-agent-metrics, the official exporter, so that
 * what was made for it goes on working, and so that one call carries all.
 */
export const NAMESPACE = "Buildkite";

/** What there is to publish of one poll, a poll without facts included. */
export function takeSnapshot(
  verdicts: readonly Verdict[],
  observation: Observation | TaskFailure,
  observedAt: string,
): Snapshot {
  const { organization, cluster, queues }: Partial<Observation> =
    "Error" in observation ? {} : observation;
  const names = verdicts.flatMap(({ scaler }) => scaler.queues);
  return {
    observedAt,
    ...(organization === undefined ? {} : { organization }),
    ...(cluster === undefined ? {} : { cluster }),
    queues: queues === undefined ? {} : queuesOf(names, queues),
    scalers: Object.fromEntries(
      verdicts.map((verdict) => [verdict.scaler.name, figuresOf(verdict)]),
    ),
  };
}

function queuesOf(
  names: readonly string[],
  queues: Readonly<Record<string, QueueFacts>>,
): Record<string, QueueFacts> {
  return Object.fromEntries(names.map((name) => [name, ownValue(queues, name) ?? NO_JOBS]));
}

function figuresOf({ decision, group, target }: Verdict): ScalerFigures {
  return {
    ...(group === undefined ? {} : { desired: group.desired, inService: group.inService }),
    ...(target === undefined ? {} : { target }),
    heldByFault: decision.fault !== undefined,
  };
}

/** Every datum of a snapshot: eight for each queue, up to four for each scaler. */
export function toMetricData(snapshot: Snapshot, loopName: string): Datum[] {
  const { organization, cluster } = snapshot;
  const queueData = Object.entries(snapshot.queues).flatMap(([queue, facts]) =>
    dataWith(
      {
        ...(organization === undefined ? {} : { Org: organization }),
        ...(cluster === undefined ? {} : { Cluster: cluster }),
        Queue: queue,
      },
      queueValues(facts),
    ),
  );
  const scalerData = Object.entries(snapshot.scalers).flatMap(([scaler, figures]) =>
    dataWith({ Loop: loopName, Scaler: scaler }, scalerValues(figures)),
  );
  return [...queueData, ...scalerData];
}

function dataWith(
  dimensions: Record<string, string>,
  values: Record<string, number | undefined>,
): Datum[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, dimensions, value }],
  );
}

/** Names, unit and arithmetic of the official exporter, which cuts the percentage to a whole number. */
function queueValues({ jobs, agents }: QueueFacts): Record<string, number> {
  return {
    ScheduledJobsCount: jobs.scheduled,
    RunningJobsCount: jobs.running,
    UnfinishedJobsCount: jobs.scheduled + jobs.running + jobs.waiting,
    WaitingJobsCount: jobs.waiting,
    IdleAgentCount: agents.idle,
    BusyAgentCount: agents.busy,
    TotalAgentCount: agents.total,
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
