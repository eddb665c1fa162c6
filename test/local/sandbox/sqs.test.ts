import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeEach, expect, test } from "vitest";
import { runInVirtualTime } from "../../../local/engine/virtual-time.ts";
import { sandboxEnvironment } from "../../../local/sandbox/environment.ts";
import { EventQueue } from "../../../local/sandbox/event-queue.ts";
import { createScriptedWorld } from "../../../local/sandbox/scripted-world.ts";
import { startSandbox } from "../../../local/sandbox/server.ts";

/** The real SDK client calls the sandbox's SQS, in virtual time. */

const START = Date.parse("2026-01-05T09:00:00Z");

const queues = new Map<string, EventQueue>();
const sandbox = await startSandbox({
  world: createScriptedWorld(),
  buildkite: { token: "none" },
  parameters: new Map(),
  queues,
  now: () => Date.now(),
});
afterAll(() => sandbox.close());

Object.assign(process.env, sandboxEnvironment(sandbox.url));
const client = new SQSClient({ maxAttempts: 1 });
const QueueUrl = `${sandbox.url}/000000000000/events.fifo`;

beforeEach(() => {
  sandbox.faults.clear();
  queues.clear();
  queues.set("events.fifo", new EventQueue(() => Date.now()));
});

/** Receives a message and returns its body and receipt, with the time in milliseconds since the start. */
async function receive(WaitTimeSeconds = 0) {
  const command = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds, MaxNumberOfMessages: 1 });
  const { Messages: [message] = [] } = await client.send(command);
  return { body: message?.Body, receipt: message?.ReceiptHandle, atMs: Date.now() - START };
}

function send(body: string): Promise<unknown> {
  const command = { QueueUrl, MessageBody: body, MessageGroupId: "main" };
  return client.send(new SendMessageCommand(command));
}

function sendAfter(ms: number, body: string): void {
  setTimeout(() => queues.get("events.fifo")?.send(body), ms);
}

test("a message that was sent is received, and gone after it was deleted", async () => {
  const again = await runInVirtualTime(START, async () => {
    await send("one");
    const { body, receipt } = await receive();
    expect(body).toBe("one");
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receipt }));
    return await receive(20);
  });
  expect(again).toEqual({ body: undefined, receipt: undefined, atMs: 20_000 });
});

test("a long poll waits on the clock, up to its limit and no longer than until a message comes", async () => {
  const received = await runInVirtualTime(START, async () => {
    const empty = await receive(7);
    sendAfter(3300, "one");
    return [empty, await receive(20)];
  });
  expect(received).toMatchObject([{ atMs: 7000 }, { body: "one", atMs: 10_300 }]);
});

test("a long poll hears a message that becomes visible again", async () => {
  const received = await runInVirtualTime(START, async () => {
    await send("one");
    return [await receive(), await receive(20)];
  });
  expect(received).toMatchObject([
    { body: "one", atMs: 0 },
    { body: "one", atMs: 5000 },
  ]);
});

test("a consumer that is gone takes no message", async () => {
  const received = await runInVirtualTime(START, async () => {
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 1000);
    const command = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 });
    await client.send(command, { abortSignal: leaving.signal }).catch(() => {});
    sendAfter(1000, "one");
    return await receive(20);
  });
  expect(received).toMatchObject({ body: "one", atMs: 2000 });
});

const REFUSED = [
  {
    what: "a queue that does not exist",
    call: () => client.send(new ReceiveMessageCommand({ QueueUrl: `${QueueUrl}-other` })),
    name: "QueueDoesNotExist",
  },
  {
    what: "a wait of more than 20 s",
    call: () => client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 21 })),
    name: "InvalidParameterValue",
  },
  {
    what: "a receipt that is none",
    call: () => client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "none" })),
    name: "ReceiptHandleIsInvalid",
  },
];

test.each(REFUSED)("$what is refused", async ({ call, name }) => {
  await expect(call()).rejects.toMatchObject({ name });
});
