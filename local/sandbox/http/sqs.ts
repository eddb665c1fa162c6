import { createHash } from "node:crypto";
import * as v from "valibot";
import { ReceiptExpired } from "../../../simulation/events/fifo-queue.ts";
import type { EventQueue } from "../event-queue.ts";
import { type Answer, type Call, type IncomingRequest, jsonAnswer } from "./exchange.ts";
import { jsonErrorAnswer } from "./json-services.ts";

/** SQS by the AWS JSON protocol: ReceiveMessage, DeleteMessage and SendMessage of FIFO queues. */

/** The queues of a sandbox, by name. */
export type EventQueues = ReadonlyMap<string, EventQueue>;

const PREFIX = "AmazonSQS.";

const queueUrlSchema = v.object({ QueueUrl: v.string() });

/** Parses a request to SQS; undefined if it is another kind of request. */
export function parseSqsCall({ headers, body }: IncomingRequest): Call | undefined {
  const target = headers["x-amz-target"] ?? "";
  if (!target.startsWith(PREFIX)) return undefined;
  const { QueueUrl } = v.parse(queueUrlSchema, JSON.parse(body));
  return {
    service: "SQS",
    action: target.slice(PREFIX.length),
    subject: QueueUrl.split("/").at(-1) ?? "",
  };
}

/** Answers a call. ReceiveMessage waits for a message, but not longer than the caller. */
export async function answerSqs(
  { body }: IncomingRequest,
  { action, subject }: Call,
  queues: EventQueues,
  gone: AbortSignal,
): Promise<Answer> {
  const queue = queues.get(subject);
  if (queue === undefined) return missingQueueAnswer();
  const input: unknown = JSON.parse(body);
  if (action === "ReceiveMessage") return await receiveMessage(input, queue, gone);
  if (action === "DeleteMessage") return deleteMessage(input, queue);
  if (action === "SendMessage") return sendMessage(input, queue);
  return jsonErrorAnswer("UnsupportedOperation", `the sandbox does not know ${action}`);
}

function missingQueueAnswer(): Answer {
  const answer = jsonErrorAnswer(
    "com.amazonaws.sqs#QueueDoesNotExist",
    "The specified queue does not exist.",
  );
  // The code that SQS had before its JSON protocol.
  const code = "AWS.SimpleQueueService.NonExistentQueue;Sender";
  return { ...answer, headers: { ...answer.headers, "x-amzn-query-error": code } };
}

const receiveSchema = v.object({
  WaitTimeSeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(20)), 0),
  MaxNumberOfMessages: v.optional(v.literal(1), 1),
});

async function receiveMessage(
  input: unknown,
  queue: EventQueue,
  gone: AbortSignal,
): Promise<Answer> {
  const parsed = v.safeParse(receiveSchema, input);
  if (!parsed.success) return invalidAnswer(parsed.issues);
  const message = await queue.receive(parsed.output.WaitTimeSeconds, gone);
  if (message === undefined) return jsonAnswer(200, {});
  const { id, body, receiptHandle } = message;
  return jsonAnswer(200, {
    Messages: [
      { MessageId: id, ReceiptHandle: receiptHandle, MD5OfBody: digest(body), Body: body },
    ],
  });
}

const deleteSchema = v.object({ ReceiptHandle: v.string() });

function deleteMessage(input: unknown, queue: EventQueue): Answer {
  const { ReceiptHandle } = v.parse(deleteSchema, input);
  try {
    queue.delete(ReceiptHandle);
    return jsonAnswer(200, {});
  } catch (error) {
    if (!(error instanceof ReceiptExpired)) throw error;
    return jsonErrorAnswer("com.amazonaws.sqs#ReceiptHandleIsInvalid", error.message);
  }
}

/** Deduplication is by content: a deduplication id of the sender is refused. */
const sendSchema = v.strictObject({
  QueueUrl: v.string(),
  MessageBody: v.string(),
  MessageGroupId: v.string(),
});

function sendMessage(input: unknown, queue: EventQueue): Answer {
  const parsed = v.safeParse(sendSchema, input);
  if (!parsed.success) return invalidAnswer(parsed.issues);
  const { MessageBody, MessageGroupId } = parsed.output;
  const id = queue.send(MessageBody, MessageGroupId);
  return jsonAnswer(200, { MessageId: id, MD5OfMessageBody: digest(MessageBody) });
}

function invalidAnswer(issues: [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): Answer {
  return jsonErrorAnswer("InvalidParameterValue", v.summarize(issues));
}

function digest(body: string): string {
  return createHash("md5").update(body).digest("hex");
}
