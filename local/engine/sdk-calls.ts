import {
  DeleteMessageCommand,
  type DeleteMessageCommandInput,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SQSClient,
  SQSServiceException,
} from "@aws-sdk/client-sqs";
import * as v from "valibot";
import { TaskError } from "./invoke-lambda.ts";
import { type Json, toJson } from "./json.ts";

/** A call of an AWS service that a Task makes without a Lambda function. The signal aborts it. */
export type SdkCall = (parameters: Json, signal: AbortSignal) => Promise<Json>;

/** One attempt: what Step Functions does after a failure is in the definition. */
const createSqsClient = () => new SQSClient({ maxAttempts: 1 });

let sqsClient: SQSClient | undefined;

/** The client reads the environment when it is created: at the first call, when a sandbox is connected. */
function connectSqs(): SQSClient {
  sqsClient ??= createSqsClient();
  return sqsClient;
}

const receiveMessageSchema = v.strictObject({
  QueueUrl: v.string(),
  WaitTimeSeconds: v.optional(v.number()),
  MaxNumberOfMessages: v.optional(v.number()),
  VisibilityTimeout: v.optional(v.number()),
}) satisfies v.GenericSchema<unknown, ReceiveMessageCommandInput>;

const deleteMessageSchema = v.strictObject({
  QueueUrl: v.string(),
  ReceiptHandle: v.string(),
}) satisfies v.GenericSchema<unknown, DeleteMessageCommandInput>;

/** The calls that a definition may make, by the end of the Task's Resource. They use the real SDK client. */
export const SDK_CALLS: Readonly<Record<string, SdkCall>> = {
  "aws-sdk:sqs:receiveMessage": (parameters, abortSignal) =>
    callSqs(receiveMessageSchema, parameters, (input) =>
      connectSqs().send(new ReceiveMessageCommand(input), { abortSignal }),
    ),
  "aws-sdk:sqs:deleteMessage": (parameters, abortSignal) =>
    callSqs(deleteMessageSchema, parameters, (input) =>
      connectSqs().send(new DeleteMessageCommand(input), { abortSignal }),
    ),
};

/** @throws TaskError with the name that Step Functions gives the error */
async function callSqs<Input>(
  schema: v.GenericSchema<unknown, Input>,
  parameters: Json,
  send: (input: Input) => Promise<{ $metadata: unknown }>,
): Promise<Json> {
  const parsed = v.safeParse(schema, parameters);
  if (!parsed.success) throw new TaskError("States.Runtime", v.summarize(parsed.issues), true);
  try {
    const { $metadata, ...answer } = await send(parsed.output);
    return toJson(answer);
  } catch (error) {
    throw toSqsError(error);
  }
}

/** Step Functions names an error as the SDK for Java does: `Sqs.QueueDoesNotExistException`. */
function toSqsError(error: unknown): TaskError {
  if (!(error instanceof SQSServiceException))
    return new TaskError("Sqs.SdkClientException", String(error));
  const { name, message, $metadata } = error;
  const { httpStatusCode, requestId } = $metadata;
  const source = `(Service: Sqs, Status Code: ${httpStatusCode}, Request ID: ${requestId})`;
  return new TaskError(`Sqs.${javaName(error, name)}`, `${message} ${source}`);
}

/** An error that the service's model does not name is a `SqsException`. */
function javaName(error: SQSServiceException, name: string): string {
  if (Object.getPrototypeOf(error) === SQSServiceException.prototype) return "SqsException";
  return name.endsWith("Exception") ? name : `${name}Exception`;
}
