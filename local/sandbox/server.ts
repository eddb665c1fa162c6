import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { World } from "../../simulation/fleet/world.ts";
import { createFaults, type Faults, type InjectedFault } from "./faults.ts";
import { answerAutoScaling, parseAutoScalingCall, xmlErrorAnswer } from "./http/auto-scaling.ts";
import { answerBuildkite, type BuildkiteSettings, parseBuildkiteCall } from "./http/buildkite.ts";
import {
  type Answer,
  type Call,
  type IncomingRequest,
  jsonAnswer,
  readRequest,
  type Service,
} from "./http/exchange.ts";
import { answerIdentity, type Identity, parseIdentityCall, SANDBOX_USER } from "./http/identity.ts";
import {
  answerCloudWatch,
  answerDescribeInstances,
  answerDescribeParameters,
  answerSsm,
  jsonErrorAnswer,
  type PublishedDatum,
  parseJsonCall,
} from "./http/json-services.ts";
import { answerListInvocations, answerSendCommand } from "./http/run-command.ts";
import { answerSqs, type EventQueues, parseSqsCall } from "./http/sqs.ts";
import { closeServer, listenOnLocalhost } from "./listen.ts";

/** Everything that a sandbox needs to start. */
export interface SandboxOptions {
  world: World;
  /** May change while the sandbox runs. */
  buildkite: BuildkiteSettings;
  /** SSM parameters, by name. May change while the sandbox runs. */
  parameters: Map<string, string>;
  /** The keys of parameters that AWS's own key does not encrypt, by parameter. */
  parameterKeys?: ReadonlyMap<string, string>;
  /** Who calls AWS. Default: a user who may do everything. */
  identity?: Identity;
  /** SQS queues, by name. May change while the sandbox runs. Default: none. */
  queues?: EventQueues;
  /** Returns the time, in epoch milliseconds. */
  now: () => number;
  /** Default: any free port. */
  port?: number;
  /** Is called for every request before the answer. */
  onCall?: (call: Call) => void;
}

/** A request that was made. */
export interface CallRecord extends Call {
  /** Epoch milliseconds. */
  atMs: number;
  userAgent: string;
}

/** Buildkite and AWS on this machine, over HTTP. */
export interface Sandbox {
  /** The endpoint of AWS. */
  url: string;
  /** The endpoint of Buildkite: for the setting `agentEndpoint`. */
  agentEndpoint: string;
  faults: Faults;
  /** Every request so far, oldest first. */
  calls: CallRecord[];
  /** The number of requests so far, by service. */
  callCounts: ReadonlyMap<string, number>;
  /** Every metric that was published, oldest first. */
  published: PublishedDatum[];
  close(): Promise<void>;
}

/** Starts a sandbox. It listens on this machine only. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { now, port = 0, onCall } = options;
  const faults = createFaults();
  const calls: CallRecord[] = [];
  const callCounts = new Map<string, number>();
  const published: PublishedDatum[] = [];
  const answer = createAnswerer(options, (data) => published.push(...data));

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const incoming = await readRequest(request);
    const call = parseCall(incoming);
    calls.push({ ...call, atMs: now(), userAgent: incoming.headers["user-agent"] ?? "" });
    callCounts.set(call.service, (callCounts.get(call.service) ?? 0) + 1);
    onCall?.(call);
    const fault = faults.take(call);
    if (fault === "hang") return;
    if (fault === "reset") return void request.socket.destroy();
    if (typeof fault === "object" && "before" in fault) await fault.before();
    const answered =
      faultAnswer(call, fault) ??
      refuseUnsigned(incoming, call) ??
      (await answer(incoming, call, signalClose(response)));
    if (fault === "lost") return void request.socket.destroy();
    send(response, answered, now());
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      send(response, jsonAnswer(500, { message: String(error) }), now());
    });
  });
  const url = await listenOnLocalhost(server, port);
  const close = () => closeServer(server);
  return { url, agentEndpoint: `${url}/v3`, faults, calls, callCounts, published, close };
}

/** Returns a signal that aborts when the caller is gone. */
function signalClose(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return gone.signal;
}

/** Answers as a service would. The signal aborts when the caller is gone. */
type Answerer = (
  incoming: IncomingRequest,
  call: Call,
  gone: AbortSignal,
) => Answer | Promise<Answer>;

/** Returns a function that answers as the called service would. */
function createAnswerer(
  {
    world,
    buildkite,
    parameters,
    parameterKeys,
    queues = new Map(),
    identity = SANDBOX_USER,
    now,
  }: SandboxOptions,
  onPublish: (data: readonly PublishedDatum[]) => void,
): Answerer {
  const answers: Record<Service, Answerer> = {
    Buildkite: (incoming, call) => answerBuildkite(incoming, call, world, buildkite, now()),
    AutoScaling: (incoming, call) => answerAutoScaling(incoming, call, world),
    CloudWatch: (incoming) => answerCloudWatch(incoming, onPublish),
    SSM: (incoming, { action }) => {
      if (action === "SendCommand") return answerSendCommand(incoming, world, now());
      if (action === "ListCommandInvocations") return answerListInvocations(incoming, world);
      if (action === "DescribeInstanceInformation") return answerDescribeInstances(incoming, world);
      if (action === "DescribeParameters")
        return answerDescribeParameters(incoming, parameters, parameterKeys);
      return answerSsm(incoming, parameters);
    },
    SQS: (incoming, call, gone) => answerSqs(incoming, call, queues, gone),
    STS: (incoming, call) => answerIdentity(incoming, call, identity),
    IAM: (incoming, call) => answerIdentity(incoming, call, identity),
    unknown: () => jsonAnswer(404, { message: "the sandbox does not know this call" }),
  };
  return (incoming, call, gone) => answers[call.service](incoming, call, gone);
}

function parseCall(incoming: IncomingRequest): Call {
  return (
    parseBuildkiteCall(incoming) ??
    parseSqsCall(incoming) ??
    parseJsonCall(incoming) ??
    parseIdentityCall(incoming) ??
    parseAutoScalingCall(incoming) ?? {
      service: "unknown",
      action: `${incoming.method} ${incoming.url.pathname}`,
      subject: "",
    }
  );
}

/** Returns the answer of a fault; undefined if the service answers as usual. */
function faultAnswer(call: Call, fault: InjectedFault | undefined): Answer | undefined {
  if (typeof fault !== "object" || "before" in fault) return undefined;
  if ("answer" in fault) return fault.answer;
  const { awsError, message = awsError, status } = fault;
  return awsErrorAnswer(call, awsError, message, status);
}

/** AWS refuses a request without a signature. The sandbox does not check the signature itself. */
function refuseUnsigned({ headers }: IncomingRequest, call: Call): Answer | undefined {
  const isAws = call.service !== "Buildkite" && call.service !== "unknown";
  if (!isAws || headers.authorization?.startsWith("AWS4-HMAC-SHA256 ")) return undefined;
  const message = "Request is missing Authentication Token";
  return awsErrorAnswer(call, "MissingAuthenticationToken", message, 403);
}

/** The services with the Query protocol. */
const QUERY_SERVICES: readonly Service[] = ["AutoScaling", "STS", "IAM"];

function awsErrorAnswer({ service }: Call, name: string, message: string, status?: number): Answer {
  return QUERY_SERVICES.includes(service)
    ? xmlErrorAnswer(name, message, status)
    : jsonErrorAnswer(name, message, status);
}

/** Sets the date header: if it differs from the client's time, the AWS SDK retries. */
function send(response: ServerResponse, { status, headers, body }: Answer, nowMs: number): void {
  const date = new Date(nowMs).toUTCString();
  response.writeHead(status, { date, ...headers }).end(body);
}
