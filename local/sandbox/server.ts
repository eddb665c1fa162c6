import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import type { World } from "../../simulation/fleet/world.ts";
import { createFaults, type Faults, type InjectedFault } from "./faults.ts";
import { answerAutoScaling, parseAutoScalingCall, xmlErrorAnswer } from "./http/auto-scaling.ts";
import { answerBuildkite, type BuildkiteSettings, parseBuildkiteCall } from "./http/buildkite.ts";
import {
  type Answer,
  type Call,
  type IncomingRequest,
  jsonAnswer,
  type Service,
} from "./http/exchange.ts";
import {
  answerCloudWatch,
  answerSsm,
  jsonErrorAnswer,
  type PublishedDatum,
  parseJsonCall,
} from "./http/json-services.ts";

/** What a sandbox starts with. */
export interface SandboxOptions {
  world: World;
  /** Buildkite's side; may be changed while it runs. */
  buildkite: BuildkiteSettings;
  /** SSM parameters, by name; may be changed while it runs. */
  parameters: Map<string, string>;
  /** The clock, in epoch milliseconds. */
  now: () => number;
  /** Default: any free one. */
  port?: number;
  /** Is told of every request before it is answered. */
  onCall?: (call: Call) => void;
}

/** One request that was made. */
export interface CallRecord extends Call {
  atMs: number;
  userAgent: string;
}

/** A Buildkite and an AWS on this machine, over HTTP. */
export interface Sandbox {
  /** Where AWS is. */
  url: string;
  /** Where Buildkite is: for `agentEndpoint`. */
  agentEndpoint: string;
  faults: Faults;
  /** Every request so far, oldest first. */
  calls: CallRecord[];
  /** How many of them there were, by service. */
  callCounts: ReadonlyMap<string, number>;
  /** Every metric that was published, oldest first. */
  published: PublishedDatum[];
  close(): Promise<void>;
}

/** Starts a sandbox, which listens on this machine only. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { now, port = 0, onCall } = options;
  const faults = createFaults();
  const calls: CallRecord[] = [];
  const callCounts = new Map<string, number>();
  const published: PublishedDatum[] = [];
  const answer = answererOf(options, (data) => published.push(...data));

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const incoming = await read(request);
    const call = callOf(incoming);
    calls.push({ ...call, atMs: now(), userAgent: incoming.headers["user-agent"] ?? "" });
    callCounts.set(call.service, (callCounts.get(call.service) ?? 0) + 1);
    onCall?.(call);
    const fault = faults.of(call);
    if (fault === "hang") return;
    if (fault === "reset") return void request.socket.destroy();
    if (typeof fault === "object" && "before" in fault) await fault.before();
    send(
      response,
      faulty(call, fault) ?? unsigned(incoming, call) ?? answer(incoming, call),
      now(),
    );
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      send(response, jsonAnswer(500, { message: String(error) }), now());
    });
  });
  const url = await listening(server, port);
  const close = () => closed(server);
  return { url, agentEndpoint: `${url}/v3`, faults, calls, callCounts, published, close };
}

/** Answers as the service that is asked would. */
function answererOf(
  { world, buildkite, parameters, now }: SandboxOptions,
  take: (data: readonly PublishedDatum[]) => void,
): (incoming: IncomingRequest, call: Call) => Answer {
  const answers: Record<Service, (incoming: IncomingRequest, call: Call) => Answer> = {
    Buildkite: (incoming, call) => answerBuildkite(incoming, call, world, buildkite, now()),
    AutoScaling: (incoming, call) => answerAutoScaling(incoming, call, world),
    CloudWatch: (incoming) => answerCloudWatch(incoming, take),
    SSM: (incoming) => answerSsm(incoming, parameters),
    unknown: () => jsonAnswer(404, { message: "the sandbox knows no such call" }),
  };
  return (incoming, call) => answers[call.service](incoming, call);
}

async function read(request: IncomingMessage): Promise<IncomingRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const zipped = headers["content-encoding"] === "gzip";
  return {
    method: request.method ?? "",
    url: new URL(request.url ?? "/", "http://sandbox"),
    headers,
    body: (zipped ? gunzipSync(bytes) : bytes).toString("utf8"),
  };
}

function callOf(incoming: IncomingRequest): Call {
  return (
    parseBuildkiteCall(incoming) ??
    parseJsonCall(incoming) ??
    parseAutoScalingCall(incoming) ?? {
      service: "unknown",
      action: `${incoming.method} ${incoming.url.pathname}`,
      subject: "",
    }
  );
}

function faulty(call: Call, fault: InjectedFault | undefined): Answer | undefined {
  if (typeof fault !== "object" || "before" in fault) return undefined;
  if ("answer" in fault) return fault.answer;
  const { awsError, message = awsError, status } = fault;
  return awsRefusal(call, awsError, message, status);
}

/** AWS refuses what is not signed; whether the signature is right is not looked at. */
function unsigned({ headers }: IncomingRequest, call: Call): Answer | undefined {
  const isAws = call.service !== "Buildkite" && call.service !== "unknown";
  if (!isAws || headers.authorization?.startsWith("AWS4-HMAC-SHA256 ")) return undefined;
  const message = "Request is missing Authentication Token";
  return awsRefusal(call, "MissingAuthenticationToken", message, 403);
}

function awsRefusal({ service }: Call, name: string, message: string, status?: number): Answer {
  return service === "AutoScaling"
    ? xmlErrorAnswer(name, message, status)
    : jsonErrorAnswer(name, message, status);
}

/** The SDK takes a date that differs from its own for a wrong clock, and tries again. */
function send(response: ServerResponse, { status, headers, body }: Answer, nowMs: number): void {
  const date = new Date(nowMs).toUTCString();
  response.writeHead(status, { date, ...headers }).end(body);
}

async function listening(server: Server, port: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(port, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port was given");
  return `http://127.0.0.1:${address.port}`;
}

function closed(server: Server): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.close((error) => (error === undefined ? resolve() : reject(error)));
  server.closeAllConnections();
  return promise;
}
