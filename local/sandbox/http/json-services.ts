import * as v from "valibot";
import type { World } from "../../../simulation/fleet/world.ts";
import { type Answer, type Call, type IncomingRequest, jsonAnswer } from "./exchange.ts";

/** One metric value that was published to CloudWatch. */
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
  "AmazonSSM.DescribeParameters": { service: "SSM", action: "DescribeParameters" },
  "AmazonSSM.DescribeInstanceInformation": {
    service: "SSM",
    action: "DescribeInstanceInformation",
  },
  "AmazonSSM.SendCommand": { service: "SSM", action: "SendCommand" },
  "AmazonSSM.ListCommandInvocations": { service: "SSM", action: "ListCommandInvocations" },
  "GraniteServiceVersion20100801.PutMetricData": {
    service: "CloudWatch",
    action: "PutMetricData",
  },
};

/** The keys of requests that say what a call is about. */
const subjectSchema = v.object({
  Name: v.optional(v.string()),
  Namespace: v.optional(v.string()),
  DocumentName: v.optional(v.string()),
  CommandId: v.optional(v.string()),
  Filters: v.optional(
    v.array(v.looseObject({ key: v.optional(v.string()), value: v.optional(v.string()) })),
    [],
  ),
});

/** Parses a request of the AWS JSON protocol; undefined if it is another kind of request. */
export function parseJsonCall({ headers, body }: IncomingRequest): Call | undefined {
  const target = TARGETS[headers["x-amz-target"] ?? ""];
  if (target === undefined) return undefined;
  const { Filters, ...keys } = v.parse(subjectSchema, JSON.parse(body));
  const document = Filters.find(({ key }) => key === "DocumentName")?.value;
  return { ...target, subject: Object.values(keys)[0] ?? document ?? "" };
}

/** Returns an error of the AWS JSON protocol. */
export function jsonErrorAnswer(name: string, message: string, status = 400): Answer {
  return jsonAnswer(status, { __type: name, message, Message: message });
}

const getParameterSchema = v.object({
  Name: v.string(),
  WithDecryption: v.optional(v.boolean(), false),
});

/** Answers GetParameter. Every parameter is a SecureString: its value needs decryption. */
export function answerSsm(
  { body }: IncomingRequest,
  parameters: ReadonlyMap<string, string>,
): Answer {
  const { Name, WithDecryption } = v.parse(getParameterSchema, JSON.parse(body));
  const value = parameters.get(Name);
  if (value === undefined) return jsonErrorAnswer("ParameterNotFound", "");
  const Value = WithDecryption ? value : "AQICAHencrypted";
  return jsonAnswer(200, { Parameter: { Name, Type: "SecureString", Value, Version: 1 } });
}

const describeParametersSchema = v.object({
  ParameterFilters: v.array(v.object({ Key: v.literal("Name"), Values: v.array(v.string()) })),
});

/** Answers DescribeParameters. Every parameter is encrypted with AWS's key, unless `keys` names another. */
export function answerDescribeParameters(
  { body }: IncomingRequest,
  parameters: ReadonlyMap<string, string>,
  keys: ReadonlyMap<string, string> = new Map(),
): Answer {
  const { ParameterFilters } = v.parse(describeParametersSchema, JSON.parse(body));
  const wanted = ParameterFilters.flatMap(({ Values }) => Values);
  const Parameters = wanted
    .filter((name) => parameters.has(name))
    .map((Name) => ({ Name, Type: "SecureString", KeyId: keys.get(Name) ?? "alias/aws/ssm" }));
  return jsonAnswer(200, { Parameters });
}

const describeInstancesSchema = v.object({
  Filters: v.array(v.object({ Key: v.literal("InstanceIds"), Values: v.array(v.string()) })),
});

/** Answers DescribeInstanceInformation. As on AWS, instances that SSM does not know are omitted. */
export function answerDescribeInstances({ body }: IncomingRequest, world: World): Answer {
  const { Filters } = v.parse(describeInstancesSchema, JSON.parse(body));
  const known = world.managedInstances?.(Filters.flatMap(({ Values }) => Values)) ?? [];
  const InstanceInformationList = known.map(({ id, isOnline, platform }) => ({
    InstanceId: id,
    PingStatus: isOnline ? "Online" : "ConnectionLost",
    PlatformType: platform === "windows" ? "Windows" : "Linux",
  }));
  return jsonAnswer(200, { InstanceInformationList });
}

/** A datum in the AWS JSON protocol. Times are epoch seconds. */
const datumSchema = v.object({
  MetricName: v.string(),
  Dimensions: v.optional(v.array(v.object({ Name: v.string(), Value: v.string() })), []),
  Value: v.number(),
  Unit: v.optional(v.string(), "None"),
  Timestamp: v.optional(v.number(), 0),
});

const putMetricDataSchema = v.object({ Namespace: v.string(), MetricData: v.array(datumSchema) });

const MAX_DATA = 1000;

/** Printable ASCII, not only spaces, without a colon at the front, at most 1,024 characters. */
const DIMENSION_VALUE = /^(?!:)(?! +$)[ -~]{1,1024}$/;

/** Answers PutMetricData. `onPublish` receives the published data. */
export function answerCloudWatch(
  { body }: IncomingRequest,
  onPublish: (data: readonly PublishedDatum[]) => void,
): Answer {
  const { Namespace, MetricData } = v.parse(putMetricDataSchema, JSON.parse(body));
  if (MetricData.length > MAX_DATA) {
    const message = `The collection MetricData must not have a size greater than ${MAX_DATA}.`;
    return jsonErrorAnswer("InvalidParameterValueException", message);
  }
  const refused = MetricData.flatMap((datum) => datum.Dimensions).find(
    ({ Value }) => !DIMENSION_VALUE.test(Value),
  );
  if (refused !== undefined) {
    const message = `The parameter MetricData.member.1.Dimensions.member.1.Value has an invalid value: ${refused.Value}`;
    return jsonErrorAnswer("InvalidParameterValueException", message);
  }
  onPublish(MetricData.map((datum) => toPublishedDatum(Namespace, datum)));
  return jsonAnswer(200, {});
}

function toPublishedDatum(
  namespace: string,
  datum: v.InferOutput<typeof datumSchema>,
): PublishedDatum {
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
