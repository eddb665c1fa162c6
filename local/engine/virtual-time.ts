import * as channels from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { type Clock, install } from "@sinonjs/fake-timers";

/**
 * Runs work in virtual time: minutes on the clock take milliseconds, with real HTTP in between.
 *
 * Only Date, setTimeout and clearTimeout are fake; sockets are real. The clock stops while real work
 * is in progress. When none is, it jumps to the next timer. No real work is in progress if all of
 * this holds for some turns of the event loop:
 * - every HTTP request that this process sent has arrived at a server in this process and is not
 *   answered yet,
 * - no file is being read and no host name is being resolved.
 * A request that hangs on purpose, and an answer that the server delays with setTimeout, then wait
 * for the clock like everything else.
 *
 * Limits:
 * - The server must run in this process, and the requests must come from it. A request to another
 *   process stops the clock; the run fails after `realLimitMs` of real time.
 * - `AbortSignal.timeout`, `setInterval` and the timeout of a socket run in real time, and the clock
 *   does not wait for them: use setTimeout.
 * - Work in other threads (zlib, crypto with a callback) is not noticed.
 * - fetch keeps its idle connections with fake timers too. Do not share its connections with work
 *   that runs in real time afterwards.
 * - The clock belongs to the process, so only one run at a time is possible.
 *
 * @param startMs the time at which the work starts, in epoch milliseconds
 * @throws Error if the clock stopped for longer than `realLimitMs`, in milliseconds of real time
 */
export async function runInVirtualTime<T>(
  startMs: number,
  work: () => Promise<T>,
  { realLimitMs = 10_000 } = {},
): Promise<T> {
  const clock = install({
    toFake: ["Date", "setTimeout", "clearTimeout"],
    now: startMs,
    shouldClearNativeTimers: true, // A client may clear a timer that it set before.
  });
  syncBuiltinESMExports(); // For those who import setTimeout from node:timers or its promises.
  const traffic = watchTraffic(clock);
  try {
    return await advanceUntilDone(work(), traffic, realLimitMs);
  } finally {
    clock.uninstall();
    syncBuiltinESMExports();
    traffic.stop();
  }
}

async function advanceUntilDone<T>(
  work: Promise<T>,
  traffic: Traffic,
  realLimitMs: number,
): Promise<T> {
  let done = false;
  const finish = () => {
    done = true;
  };
  work.then(finish, finish); // The caller gets a rejection from the work itself.
  while (!done) {
    await waitUntilQuiet(traffic, () => done, realLimitMs);
    if (!done) traffic.clock.next();
  }
  return work;
}

/** Turns of the event loop. A packet within this machine needs one, an answer a few. */
const QUIET_TURNS = 10;

/** Resolves when only the clock can continue the work, or when the work is done. */
async function waitUntilQuiet(
  traffic: Traffic,
  isDone: () => boolean,
  realLimitMs: number,
): Promise<void> {
  const startedMs = performance.now();
  let lastEvents = traffic.countEvents();
  for (let turns = 0; turns < QUIET_TURNS && !isDone(); turns += 1) {
    await nextTurn();
    if (traffic.countEvents() !== lastEvents || !waitsForClock(traffic)) turns = 0;
    lastEvents = traffic.countEvents();
    if (performance.now() - startedMs > realLimitMs) {
      throw new Error(`virtual time stands still: ${traffic.describe()}`);
    }
  }
}

function waitsForClock(traffic: Traffic): boolean {
  return traffic.clock.countTimers() > 0 && traffic.allArrived() && !hasRealWork();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Node's names for requests to the disk and the resolver, and for opening a connection. */
const REAL_WORK = /^FSReq|AddrInfo|ConnectWrap/;

function hasRealWork(): boolean {
  return process.getActiveResourcesInfo().some((resource) => REAL_WORK.test(resource));
}

interface Traffic {
  clock: Clock;
  /** Counts everything that happens to a request. */
  countEvents(): number;
  /** Whether each request that was sent is at a server of this process. */
  allArrived(): boolean;
  describe(): string;
  stop(): void;
}

/** Watches the HTTP of this process: of fetch, of node:http and of its servers. */
function watchTraffic(clock: Clock): Traffic {
  const sent = new Set<unknown>();
  const arrived = new Set<unknown>();
  let events = 0;
  const open = (requests: Set<unknown>, request: unknown) => {
    events += 1;
    requests.add(request);
  };
  const close = (requests: Set<unknown>, request: unknown) => {
    events += 1;
    requests.delete(request);
  };
  const stop = subscribe({
    "undici:request:create": ({ request }: FetchMessage) => open(sent, request),
    "undici:request:headers": () => {
      events += 1;
    },
    "undici:request:trailers": ({ request }: FetchMessage) => close(sent, request),
    "undici:request:error": ({ request }: FetchMessage) => close(sent, request),
    "http.client.request.created": ({ request }: ClientMessage) => {
      open(sent, request);
      request.once("close", () => close(sent, request));
    },
    "http.server.request.start": ({ request, response }: ServerMessage) => {
      open(arrived, request);
      response.once("close", () => close(arrived, request));
    },
  });
  return {
    clock,
    countEvents: () => events,
    allArrived: () => sent.size === arrived.size,
    describe: () =>
      `${sent.size} requests sent and unanswered, ${arrived.size} with a server of this process, ${clock.countTimers()} timers`,
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
  call(message: unknown): void;
}["call"];

function subscribe(listeners: Record<string, Listener>): () => void {
  for (const [name, listener] of Object.entries(listeners)) channels.subscribe(name, listener);
  return () => {
    for (const [name, listener] of Object.entries(listeners)) channels.unsubscribe(name, listener);
  };
}
