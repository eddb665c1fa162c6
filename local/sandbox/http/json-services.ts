import * as v from "valibot";
import { type Answer, type Call, type IncomingRequest, jsonAnswer } from "./exchange.ts";

/** One value that was published to CloudWatch. */
export interface PublishedDatum {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  value: number;
  unit: string;
  /** Epoch milliseconds. */
  atMs: number;
}

const TARGETS: Readonly<Record<string, Pick<Call, "service" | "action">>> = {
  "AmazonSSM.GetParameter": { service: "SSM", action: "GetParameter" },
  "GraniteServiceVersion20100801.PutMetricData": {
    service: "CloudWatch",
    action: "PutMetricData",
  },
};

const subject = v.object({ Name: v.optional(v.string()), Namespace: v.optional(v.string()) });

/** The call that an AWS JSON request is, or undefined where it is for somebody else. */
export function parseJsonCall({ headers, body }: IncomingRequest): Call | undefined {
  const known = TARGETS[headers["x-amz-target"] ?? ""];
  if (known === undefined) return undefined;
  const { Name, Namespace } = v.parse(subject, JSON.parse(body));
  return { ...known, subject: Name ?? Namespace ?? "" };
}

/** A JSON service's error. */
export function jsonErrorAnswer(name: string, message: string, status = 400): Answer {
  return jsonAnswer(status, { __type: name, message, Message: message });
}

const getParameter = v.object({ Name: v.string(), WithDecryption: v.optional(v.boolean(), false) });

/** Answers GetParameter. Every parameter is a SecureString: without decryption its value is of no use. */
export function answerSsm(
  { body }: IncomingRequest,
  parameters: ReadonlyMap<string, string>,
): Answer {
  const { Name, WithDecryption } = v.parse(getParameter, JSON.parse(body));
  const value = parameters.get(Name);
  if (value === undefined) return jsonErrorAnswer("ParameterNotFound", "");
  const shown = WithDecryption ? value : "AQICAHencrypted";
  return jsonAnswer(200, { Parameter: { Name, Type: "SecureString", Value: shown, Version: 1 } });
}

/** A datum as the AWS JSON protocol writes it: times are epoch seconds. */
const wireDatum = v.object({
  MetricName: v.string(),
  Dimensions: v.optional(v.array(v.object({ Name: v.string(), Value: v.string() })), []),
  Value: v.number(),
  Unit: v.optional(v.string(), "None"),
  Timestamp: v.optional(v.number(), 0),
});

const putMetricData = v.object({ Namespace: v.string(), MetricData: v.array(wireDatum) });

const MOST_DATA = 1000;

/** Answers PutMetricData, and hands on what was published. */
export function answerCloudWatch(
  { body }: IncomingRequest,
  take: (data: readonly PublishedDatum[]) => void,
): Answer {
  const { Namespace, MetricData } = v.parse(putMetricData, JSON.parse(body));
  if (MetricData.length > MOST_DATA) {
    const message = `The collection MetricData must not have a size greater than ${MOST_DATA}.`;
    return jsonErrorAnswer("InvalidParameterValueException", message);
  }
  take(MetricData.map((datum) => published(Namespace, datum)));
  return jsonAnswer(200, {});
}

function published(namespace: string, datum: v.InferOutput<typeof wireDatum>): PublishedDatum {
  const { MetricName, Dimensions, Value, Unit, Timestamp } = datum;
  return {
    namespace,
    name: MetricName,
    dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
    value: Value,
    unit: Unit,
    atMs: Timestamp * 1000,
  };
}
