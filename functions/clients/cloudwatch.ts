import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { type Datum, NAMESPACE } from "../core/metrics.ts";
import { CLIENT_LIMITS, toAwsFault } from "./aws-faults.ts";

/** Two attempts of 1.5 s: together they fit into the time of Publish metrics, which is short. */
const client = new CloudWatchClient({
  ...CLIENT_LIMITS,
  requestHandler: { ...CLIENT_LIMITS.requestHandler, requestTimeout: 1500 },
});

/** The most values that PutMetricData takes in one call. */
const DATA_PER_CALL = 1000;

/**
 * Publishes metric values, at most a thousand in a call. Returns the number of calls.
 * @throws NamedFault CloudWatchThrottled, CloudWatchAccessDenied, CloudWatchUnavailable
 */
export async function putMetrics(data: readonly Datum[], at: string, signal: AbortSignal) {
  let calls = 0;
  for (; calls * DATA_PER_CALL < data.length; calls++) {
    await putPage(data.slice(calls * DATA_PER_CALL, (calls + 1) * DATA_PER_CALL), at, signal);
  }
  return calls;
}

const LONGEST_DIMENSION = 1024;

/**
 * Writes a name as CloudWatch takes it: printable ASCII, not only spaces, without a colon at the front.
 * Other characters become `\u00fc`, because CloudWatch refuses the whole call for one of them, with the
 * metrics of all other queues.
 */
export function escapeDimension(name: string): string {
  return name.replaceAll(/^:|^ +$|[^ -~]/g, escapeCharacters).slice(0, LONGEST_DIMENSION);
}

function escapeCharacters(characters: string): string {
  return [...Array(characters.length).keys()]
    .map((index) => `\\u${characters.charCodeAt(index).toString(16).padStart(4, "0")}`)
    .join("");
}

async function putPage(data: readonly Datum[], at: string, signal: AbortSignal): Promise<void> {
  const command = new PutMetricDataCommand({
    Namespace: NAMESPACE,
    MetricData: data.map(({ name, dimensions, value }) => ({
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, value]) => ({
        Name,
        Value: escapeDimension(value),
      })),
      Timestamp: new Date(at),
      Value: value,
      Unit: "Count",
    })),
  });
  await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
    throw toAwsFault("CloudWatch", error);
  });
}
