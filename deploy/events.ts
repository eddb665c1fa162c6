import {
  buildEventRule,
  EVENT_MESSAGE_GROUP,
  EVENT_QUEUE,
  type EventPattern,
} from "../config/event-rule.ts";
import type { EventsSetting } from "../config/file-schema.ts";
import { clusterName, type LoopInput } from "../config/loops.ts";
import { nameEventQueue } from "../functions/core/events.ts";
import { parseScalers } from "../functions/core/read-scalers.ts";
import {
  attribute,
  literal,
  type Resource,
  type Resources,
  ref,
  toLogicalIdPart,
} from "./cloudformation.ts";

/** A loop with events, and where they arrive. */
export interface EventLoop {
  loop: LoopInput;
  setting: EventsSetting;
  /** The name of its queue. */
  queueName: string;
}

/** The queues of a stack begin like this: serverless.yml tells it to Claim slot. */
export function eventQueuePrefix(prefix: string): string {
  return `${prefix}-events-`;
}

/** Returns the loops of clusters with events. */
export function listEventLoops(
  loops: readonly LoopInput[],
  settings: ReadonlyMap<string, EventsSetting>,
  prefix: string,
): EventLoop[] {
  return loops.flatMap((loop) => {
    const setting = settings.get(clusterName(loop.name));
    const queueName = nameEventQueue(eventQueuePrefix(prefix), loop.name);
    return setting === undefined ? [] : [{ loop, setting, queueName }];
  });
}

/** SQS takes no longer name of a queue. */
const LONGEST_QUEUE_NAME = 80;

/** Explains which queues have a name that SQS would refuse. */
export function findLongQueueNames(eventLoops: readonly EventLoop[]): string[] {
  return eventLoops
    .filter(({ queueName }) => queueName.length > LONGEST_QUEUE_NAME)
    .map(
      ({ loop, queueName }) =>
        `${loop.name}: its queue of events would be named ${queueName}, which has ${queueName.length} characters; allowed: ${LONGEST_QUEUE_NAME}. Use a shorter name for the cluster or the stage`,
    );
}

/**
 * Builds what brings Buildkite's events to the loops: an event bus for each partner event source, and for
 * each loop a queue, and a rule that puts the events of its queues into it.
 */
export function buildEvents(eventLoops: readonly EventLoop[]): Resources {
  const sources = new Set(eventLoops.flatMap(({ setting }) => setting.source ?? []));
  return {
    ...Object.fromEntries([...sources].map((source) => [eventBusId(source), createBus(source)])),
    ...Object.fromEntries(eventLoops.flatMap((each) => listLoopResources(each, sources))),
  };
}

/** The logical id of a loop's queue. */
export function eventQueueId(loopName: string): string {
  return `EventQueue${toLogicalIdPart(loopName)}`;
}

function eventBusId(source: string): string {
  return `EventBus${toLogicalIdPart(source)}`;
}

/** AWS requires that the bus of a partner event source is named like it. */
function createBus(source: string): Resource {
  return {
    Type: "AWS::Events::EventBus",
    Properties: { Name: source, EventSourceName: source },
  };
}

function listLoopResources(
  { loop, setting, queueName }: EventLoop,
  sources: ReadonlySet<string>,
): [string, Resource][] {
  const queueId = eventQueueId(loop.name);
  const ruleId = `EventRule${toLogicalIdPart(loop.name)}`;
  const bus = setting.source ?? setting.bus ?? "";
  const busName = sources.has(bus) ? ref(eventBusId(bus)) : bus;
  return [
    [queueId, createQueue(queueName)],
    [ruleId, createRule(loop, busName, queueId)],
    [`EventQueuePolicy${toLogicalIdPart(loop.name)}`, createQueuePolicy(queueId, ruleId)],
  ];
}

/** The content of a message is the event's second, so one message of each second is kept. */
function createQueue(name: string): Resource {
  return {
    Type: "AWS::SQS::Queue",
    Properties: {
      QueueName: name,
      FifoQueue: true,
      ContentBasedDeduplication: true,
      MessageRetentionPeriod: EVENT_QUEUE.retentionSeconds,
      VisibilityTimeout: EVENT_QUEUE.visibilitySeconds,
      SqsManagedSseEnabled: true,
    },
  };
}

/** EventBridge allows no shorter age. A late "poll now" is worthless: the loop has polled meanwhile. */
const RETRY = { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 3 };

function createRule(loop: LoopInput, busName: unknown, queueId: string): Resource {
  const queues = parseScalers(loop.scalers).flatMap((scaler) => scaler.queues);
  const { pattern, inputPaths, inputTemplate } = buildEventRule([...new Set(queues)]);
  return {
    Type: "AWS::Events::Rule",
    Properties: {
      Description: `Jobs that Buildkite schedules for the loop ${loop.name}`,
      EventBusName: busName,
      EventPattern: writeLiterally(pattern),
      Targets: [
        {
          Id: "queue",
          Arn: attribute(queueId, "Arn"),
          SqsParameters: { MessageGroupId: EVENT_MESSAGE_GROUP },
          InputTransformer: { InputPathsMap: inputPaths, InputTemplate: inputTemplate },
          RetryPolicy: RETRY,
        },
      ],
    },
  };
}

/** The name of a queue may look like a reference of CloudFormation. */
function writeLiterally(pattern: EventPattern): object {
  return JSON.parse(JSON.stringify(pattern), (_, value: unknown) =>
    typeof value === "string" ? literal(value) : value,
  );
}

/** Only this rule may send messages. */
function createQueuePolicy(queueId: string, ruleId: string): Resource {
  return {
    Type: "AWS::SQS::QueuePolicy",
    Properties: {
      Queues: [ref(queueId)],
      PolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "events.amazonaws.com" },
            Action: "sqs:SendMessage",
            Resource: attribute(queueId, "Arn"),
            Condition: { ArnEquals: { "aws:SourceArn": attribute(ruleId, "Arn") } },
          },
        ],
      },
    },
  };
}
