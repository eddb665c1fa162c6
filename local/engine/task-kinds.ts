import type { EventDetails } from "./history.ts";
import { type Handler, invokeLambda } from "./invoke-lambda.ts";
import type { Json } from "./json.ts";
import { toInputDetails } from "./recorder.ts";
import { SDK_CALLS } from "./sdk-calls.ts";

/** A Task, as the engine attempts and records it. */
export interface Task {
  /** How the types of its events begin. */
  events: "LambdaFunction" | "Task";
  /** The details that each of its events has. */
  details: EventDetails;
  /** The details of the first event of an attempt. */
  schedule(event: Json): EventDetails;
  /** The Task's TimeoutSeconds. */
  timeoutSeconds: number;
  work(event: Json, signal: AbortSignal): Promise<Json>;
}

/** A Task of the definition. */
export interface TaskState {
  name: string;
  resource: string;
  handler: Handler | undefined;
  timeoutSeconds: number;
  /** The Lambda function's own limit. */
  limitSeconds: number;
}

/**
 * Creates a Task that calls a Lambda function. The function's name is the state's.
 * @throws Error if the Task has no handler
 */
export function createLambdaTask(state: TaskState): Task {
  const { name, resource, handler, timeoutSeconds, limitSeconds } = state;
  if (handler === undefined) throw new Error(`the Task "${name}" has no handler`);
  const functionName = name.toLowerCase().replaceAll(" ", "-");
  return {
    events: "LambdaFunction",
    details: {},
    schedule: (event) => ({
      ...toInputDetails(event),
      resource,
      timeoutInSeconds: timeoutSeconds,
    }),
    timeoutSeconds,
    work: (event) => invokeLambda({ handler, event, functionName, limitSeconds }),
  };
}

const SDK_RESOURCE = /^arn:[^:]+:states:::(?<call>(?<service>aws-sdk:[^:]+):(?<action>[^:.]+))$/;

/** As in the names of the example stack, see history.ts. */
const REGION = "us-east-1";

/**
 * Creates a Task that calls AWS's SDK; undefined if the Resource is another one. A handler takes the place of
 * the call.
 * @throws Error if there is no handler and the engine does not know the call
 */
export function createSdkTask(state: TaskState): Task | undefined {
  const { resource, timeoutSeconds } = state;
  const { call, service, action } = SDK_RESOURCE.exec(resource)?.groups ?? {};
  if (call === undefined || service === undefined || action === undefined) return undefined;
  const details = { resourceType: service, resource: action };
  return {
    events: "Task",
    details,
    schedule: (event) => ({
      ...details,
      region: REGION,
      parameters: JSON.stringify(event),
      timeoutInSeconds: timeoutSeconds,
    }),
    timeoutSeconds,
    work: chooseSdkWork(state, call),
  };
}

function chooseSdkWork({ name, handler, timeoutSeconds }: TaskState, call: string): Task["work"] {
  if (handler !== undefined)
    return (event) =>
      invokeLambda({ handler, event, functionName: name, limitSeconds: timeoutSeconds });
  const sdkCall = SDK_CALLS[call];
  if (sdkCall !== undefined) return sdkCall;
  const known = Object.keys(SDK_CALLS).join(", ");
  throw new Error(
    `the Task "${name}" has no handler, and the engine does not know ${call}; it knows ${known}`,
  );
}
