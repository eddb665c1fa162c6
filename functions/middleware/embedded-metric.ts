import { NAMESPACE } from "../core/metrics.ts";

/**
 * Writes a metric into the Lambda's own log, from which CloudWatch picks it up (embedded metric
 * format): no call, and no cost while nothing happens. `details` stand beside it in the log line.
 * Does nothing where there is no such log.
 */
export function writeMetric(
  metric: string,
  value: number,
  cluster: string,
  nowMs: number,
  details: Record<string, unknown>,
): void {
  if (process.env.AWS_LAMBDA_FUNCTION_NAME === undefined) return;
  const line = {
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          Dimensions: [["Cluster"]],
          Metrics: [{ Name: metric, Unit: "Count" }],
        },
      ],
    },
    Cluster: cluster,
    [metric]: value,
    ...details,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
