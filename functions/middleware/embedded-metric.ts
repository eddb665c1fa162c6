import { NAMESPACE } from "../core/metrics.ts";

/**
 * Writes a metric to the Lambda's log in CloudWatch's embedded metric format: no API call, and no
 * cost while nothing happens. The dimension is the loop's name; `details` are added to the log line.
 * Outside Lambda it does nothing.
 */
export function writeMetric(
  metric: string,
  value: number,
  loop: string,
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
          Dimensions: [["Loop"]],
          Metrics: [{ Name: metric, Unit: "Count" }],
        },
      ],
    },
    Loop: loop,
    [metric]: value,
    ...details,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
