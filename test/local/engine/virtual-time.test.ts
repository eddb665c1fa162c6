import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createRawServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import middy from "@middy/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { invokeLambda } from "../../../local/engine/invoke-lambda.ts";
import { runInVirtualTime } from "../../../local/engine/virtual-time.ts";

const START = Date.parse("2026-01-05T09:00:00Z");

const arrivals: string[] = [];

const answer: RequestListener = (request, response) => {
  const path = request.url ?? "";
  arrivals.push(`${path} ${sinceStart()}`);
  if (path.startsWith("/hang")) return;
  if (path === "/slow") setTimeout(() => response.end("{}"), 3000);
  else request.resume().on("end", () => response.end("{}"));
};

const server = createServer(answer);
/** Accepts connections and never answers: it is not an HTTP server of this process. */
const mute = createRawServer();

beforeAll(async () => {
  await Promise.all([listen(server), listen(mute)]);
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  mute.close();
});

function listen(listener: Server | typeof mute): Promise<void> {
  return new Promise((resolve) => listener.listen(0, "127.0.0.1", () => resolve()));
}

function address(listener: Server | typeof mute): string {
  const bound = listener.address();
  if (bound === null || typeof bound === "string") throw new Error("not listening");
  return `http://127.0.0.1:${bound.port}`;
}

function sinceStart(): number {
  return Date.now() - START;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Returns the status, or the error's name if there was no answer in time, with the time of it. */
async function fetchStatus(path: string, limitMs = 5000, base = address(server)) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), limitMs);
  try {
    const response = await fetch(base + path, { signal: limit.signal });
    await response.text();
    return [response.status, sinceStart()];
  } catch (error) {
    return nameAndTime(error);
  } finally {
    clearTimeout(timer);
  }
}

function nameAndTime(error: unknown) {
  return [error instanceof Error ? error.name : typeof error, sinceStart()];
}

function groups(path: string): Promise<unknown> {
  const client = new AutoScalingClient({
    endpoint: address(server) + path,
    region: "eu-west-1",
    credentials: { accessKeyId: "none", secretAccessKey: "none" },
    maxAttempts: 1,
    requestHandler: { requestTimeout: 5000, throwOnRequestTimeout: true },
  });
  return client.send(new DescribeAutoScalingGroupsCommand({}));
}

describe("virtual time", () => {
  test("passes while work only waits", async () => {
    const elapsedMs = await runInVirtualTime(START, async () => {
      await sleep(240_000);
      return sinceStart();
    });
    expect(elapsedMs).toBe(240_000);
  });

  test("stands still while a request is answered", async () => {
    const polls = await runInVirtualTime(START, async () => {
      const answers = [];
      for (let poll = 0; poll < 24; poll += 1) {
        answers.push(await fetchStatus("/ok"));
        await sleep(10_000);
      }
      return answers;
    });
    expect(polls).toEqual(Array.from({ length: 24 }, (_, poll) => [200, poll * 10_000]));
  });

  test("passes while a request hangs, up to the request's time limit", async () => {
    expect(await runInVirtualTime(START, () => fetchStatus("/hang"))).toEqual(["AbortError", 5000]);
  });

  test("passes while the server delays its answer", async () => {
    expect(await runInVirtualTime(START, () => fetchStatus("/slow"))).toEqual([200, 3000]);
  });

  test("stands still for one request while another hangs", async () => {
    const answers = await runInVirtualTime(START, () =>
      Promise.all([
        fetchStatus("/hang", 5000),
        fetchStatus("/hang", 4000),
        sleep(1000).then(() => fetchStatus("/ok")),
      ]),
    );
    expect(answers).toEqual([
      ["AbortError", 5000],
      ["AbortError", 4000],
      [200, 1000],
    ]);
  });

  test("is not affected by a request that hung before", async () => {
    const answers = await runInVirtualTime(START, async () => [
      await fetchStatus("/hang"),
      await fetchStatus("/ok"),
      await fetchStatus("/hang"),
      await fetchStatus("/ok"),
    ]);
    expect(answers).toEqual([
      ["AbortError", 5000],
      [200, 5000],
      ["AbortError", 10_000],
      [200, 10_000],
    ]);
  });

  test("passes up to the time limit of an AWS client", async () => {
    const run = runInVirtualTime(START, () => groups("/hang").catch(nameAndTime));
    expect(await run).toEqual(["TimeoutError", 5000]);
    expect(arrivals.at(-1)).toBe("/hang/ 0");
  });

  test("passes up to middy's early end of a handler", async () => {
    const handler = middy({ timeoutEarlyInMillis: 500 }).handler(() => sleep(60_000));
    const call = { handler, event: {}, functionName: "slow", limitSeconds: 14 };
    const run = runInVirtualTime(START, () => invokeLambda(call).catch(nameAndTime));
    expect(await run).toEqual(["TimeoutError", 13_500]);
  });

  test("passes while a promise of node:timers sleeps, also if that is aborted", async () => {
    const stop = new AbortController();
    const run = runInVirtualTime(START, async () => {
      setTimeout(() => stop.abort(), 90_000);
      const slept = [await pause(60_000, "rested"), sinceStart()];
      return [...slept, ...(await pause(60_000, "", { signal: stop.signal }).catch(nameAndTime))];
    });
    expect(await run).toEqual(["rested", 60_000, "AbortError", 90_000]);
  });

  test("fails if it can never pass: a request to another process", async () => {
    const run = runInVirtualTime(START, () => fetchStatus("/", 5000, address(mute)), {
      realLimitMs: 50,
    });
    await expect(run).rejects.toThrow(
      "virtual time stands still: 1 requests sent and unanswered, 0 with a server of this process",
    );
  });

  test("rejects with the error of the work, and restores the real clock", async () => {
    const failLater = async () => {
      await sleep(1000);
      throw new RangeError("too far");
    };
    await expect(runInVirtualTime(START, failLater)).rejects.toThrow(RangeError);
    expect(Date.now()).toBeGreaterThan(START);
  });
});
