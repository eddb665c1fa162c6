import assert from "node:assert/strict";
import { GetMetricStatisticsCommand, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import type { Stage } from "../stage.ts";
import { CLUSTER, QUEUES } from "../world.ts";

/** Checks of the metrics in CloudWatch. */

const QUEUE_METRICS = [
  "ScheduledJobsCount",
  "RunningJobsCount",
  "UnfinishedJobsCount",
  "WaitingJobsCount",
  "IdleAgentCount",
  "BusyAgentCount",
  "TotalAgentCount",
  "BusyAgentPercentage",
];

const SCALER_METRICS = ["DesiredCapacity", "InServiceInstances", "TargetCapacity", "HeldByFault"];

/** Checks that the metrics have the official exporter's names and dimensions, and that there are no others. */
export async function checkMetricNames(stage: Stage): Promise<void> {
  const { Metrics = [] } = await stage.cloudWatch.send(
    new ListMetricsCommand({ Namespace: "Buildkite" }),
  );
  const published = Metrics.map(({ MetricName, Dimensions = [] }) =>
    [MetricName, ...Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).toSorted()].join(" "),
  );
  const source = `Cluster=${stage.world.cluster} Org=${stage.world.organization}`;
  const expected = Object.keys(QUEUES).flatMap((name) => [
    ...QUEUE_METRICS.map((metric) => `${metric} ${source} Queue=${name}`),
    ...SCALER_METRICS.map((metric) => `${metric} Loop=${CLUSTER} Scaler=${name}`),
  ]);
  assert.deepEqual(published.toSorted(), expected.toSorted());
}

/** Checks a value that was constant while it was published: 9 jobs / 4 agents per instance = 3. */
export async function checkMetricValues(stage: Stage): Promise<void> {
  const { Datapoints = [] } = await stage.cloudWatch.send(
    new GetMetricStatisticsCommand({
      Namespace: "Buildkite",
      MetricName: "TargetCapacity",
      Dimensions: [
        { Name: "Loop", Value: CLUSTER },
        { Name: "Scaler", Value: "large" },
      ],
      StartTime: new Date(Date.now() - 600_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 60,
      Statistics: ["Maximum", "Minimum"],
    }),
  );
  const values = Datapoints.flatMap(({ Minimum, Maximum }) => [Minimum, Maximum]);
  assert.deepEqual([...new Set(values)], [3]);
}
