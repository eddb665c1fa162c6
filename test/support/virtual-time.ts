import * as channels from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import promises from "node:timers/promises";
import { vi } from "vitest";

/**
 * Virtual time: what takes minutes on the clock takes milliseconds, with real HTTP in between.
 *
 * Only Date, setTimeout and clearTimeout are fake; sockets are real. The clock stands still while
 * anything real is under way, and jumps to the next timer when nothing is. Nothing is under way when
 * every HTTP request that was sent in this process has arrived at a server in this process and not
 * been answered, no file is being read and no name looked up, and that has been so for some turns of
 * the event loop. A request that hangs on purpose, and an answer that the server delays with
 * setTimeout, are then waiting for the clock like everybody else.
 *
 * Its limits:
 * - The server must run in this process, and the requests must come from it; one to elsewhere stops
 *   the clock, and after some real seconds the run fails and says so.
 * - `AbortSignal.timeout`, `setInterval` and a socket's own timeout run on real time, and the clock
 *   does not wait for them: use setTimeout.
 * - Work in other threads (zlib, crypto with a callback) is not seen.
 * - fetch keeps its idle connections on fake timers too; do not share its connections with tests
 *   that run on real time afterwards.
 * - One run at a time: the clock belongs to the process.
 */
export async function runInVirtualTime<T>(
  startMs: number,
  work: () => Promise<T>,
  { realLimitMs = 10_000 } = {},
): Promise<T> {
  const traffic = watchTraffic();
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: startMs });
  const restore = fakeModules();
  try {
    return await advancedUntilDone(work(), traffic, realLimitMs);
  } finally {
    vi.useRealTimers();
    restore();
    traffic.stop();
  }
}

/** The modules that hand out timers too, and that vitest leaves alone; middy uses one of them. */
function fakeModules(): () => void {
  const real = { timer: timers.setTimeout, sleep: promises.setTimeout };
  timers.setTimeout = globalThis.setTimeout;
  Reflect.set(promises, "setTimeout", fakeSleep);
  syncBuiltinESMExports();
  return () => {
    timers.setTimeout = real.timer;
    promises.setTimeout = real.sleep;
    syncBuiltinESMExports();
  };
}

/** `setTimeout` of node:timers/promises, on the fake clock. */
function fakeSleep(milliseconds?: number, value?: unknown, options?: { signal?: AbortSignal }) {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => resolve(value), milliseconds);
  const stop = () => {
    clearTimeout(timer);
    reject(new DOMException("The operation was aborted", "AbortError"));
  };
  options?.signal?.addEventListener("abort", stop);
  if (options?.signal?.aborted) stop();
  return promise.finally(() => options?.signal?.removeEventListener("abort", stop));
}

async function advancedUntilDone<T>(
  work: Promise<T>,
  traffic: Traffic,
  realLimitMs: number,
): Promise<T> {
  let done = false;
  const finish = () => {
    done = true;
  };
  work.then(finish, finish); // A failure rejects where the work is returned.
  while (!done) {
    await untilQuiet(traffic, () => done, realLimitMs);
    if (!done) vi.advanceTimersToNextTimer();
  }
  return work;
}

/** Turns of the event loop. A packet within this machine needs one, an answer a few. */
const QUIET_TURNS = 10;

/** Resolves when only the clock can bring anything on, or when the work is done. */
async function untilQuiet(
  traffic: Traffic,
  done: () => boolean,
  realLimitMs: number,
): Promise<void> {
  const startedMs = performance.now();
  let seen = traffic.events();
  for (let turns = 0; turns < QUIET_TURNS && !done(); turns += 1) {
    await nextTurn();
    if (traffic.events() !== seen || !onlyTheClock(traffic)) turns = 0;
    seen = traffic.events();
    if (performance.now() - startedMs > realLimitMs) {
      throw new Error(`virtual time stands still: ${traffic.describe()}`);
    }
  }
}

function onlyTheClock(traffic: Traffic): boolean {
  return vi.getTimerCount() > 0 && traffic.allArrived() && !readsFiles();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What Node calls its requests to the disk, to the resolver and for a connection. */
const REAL_WORK = /^FSReq|AddrInfo|ConnectWrap/;

function readsFiles(): boolean {
  return process.getActiveResourcesInfo().some((resource) => REAL_WORK.test(resource));
}

interface Traffic {
  /** Counts whatever happens to a request. */
  events(): number;
  /** Whether each request that has been sent is with a server here. */
  allArrived(): boolean;
  describe(): string;
  stop(): void;
}

/** Watches the HTTP of this process: fetch's, node:http's and the servers'. */
function watchTraffic(): Traffic {
  const sent = new Set<unknown>();
  const arrived = new Set<unknown>();
  let events = 0;
  const from = (open: Set<unknown>, request: unknown) => {
    events += 1;
    open.add(request);
  };
  const until = (open: Set<unknown>, request: unknown) => {
    events += 1;
    open.delete(request);
  };
  const stop = subscribe({
    "undici:request:create": ({ request }: FetchMessage) => from(sent, request),
    "undici:request:headers": () => {
      events += 1;
    },
    "undici:request:trailers": ({ request }: FetchMessage) => until(sent, request),
    "undici:request:error": ({ request }: FetchMessage) => until(sent, request),
    "http.client.request.created": ({ request }: ClientMessage) => {
      from(sent, request);
      request.once("close", () => until(sent, request));
    },
    "http.server.request.start": ({ request, response }: ServerMessage) => {
      from(arrived, request);
      response.once("close", () => until(arrived, request));
    },
  });
  return {
    events: () => events,
    allArrived: () => sent.size === arrived.size,
    describe: () =>
      `${sent.size} requests sent and unanswered, ${arrived.size} with a server of this process, ${vi.getTimerCount()} timers`,
    stop,
  };
}

interface FetchMessage {
  request: object;
}

interface ClientMessage {
  request: ClientRequest;
}

interface ServerMessage {
  request: IncomingMessage;
  response: ServerResponse;
}

type Listener = {
  // A method's parameters are bivariant: each channel knows its own message.
  hear(message: unknown): void;
}["hear"];

function subscribe(listeners: Record<string, Listener>): () => void {
  for (const [name, hear] of Object.entries(listeners)) channels.subscribe(name, hear);
  return () => {
    for (const [name, hear] of Object.entries(listeners)) channels.unsubscribe(name, hear);
  };
}
