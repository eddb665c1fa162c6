import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { Answer, IncomingRequest } from "../../local/sandbox/http/exchange.ts";
import {
  answerSsm,
  jsonErrorAnswer,
  parseJsonCall,
} from "../../local/sandbox/http/json-services.ts";

/** A server for SSM on this machine. */
export interface TokenServer {
  /** The value for AWS_ENDPOINT_URL_SSM. */
  url: string;
  close(): Promise<void>;
}

/**
 * Serves one agent token as an SSM parameter, on this machine only; see
 * docs/decisions/007-local-token-as-ssm-parameter.md. It answers GetParameter only, for this parameter only.
 */
export async function serveToken(parameter: string, token: string): Promise<TokenServer> {
  const parameters = new Map([[parameter, token]]);
  const server = createServer(async (request, response) => {
    const answer = await readRequest(request)
      .then((incoming) => answerRequest(incoming, parameters))
      .catch((error: unknown) => jsonErrorAnswer("SerializationException", String(error)));
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(0, "127.0.0.1", resolve);
  await promise;
  server.unref(); // The server does not keep the process alive.
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new TypeError("the server has no port");
  return { url: `http://127.0.0.1:${address.port}`, close: () => closeServer(server) };
}

async function readRequest(request: IncomingMessage): Promise<IncomingRequest> {
  return {
    method: request.method ?? "",
    url: new URL(request.url ?? "/", "http://localhost"),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    body: await text(request),
  };
}

function answerRequest(incoming: IncomingRequest, parameters: ReadonlyMap<string, string>): Answer {
  const isGetParameter = incoming.headers["x-amz-target"] === "AmazonSSM.GetParameter";
  return isGetParameter && parseJsonCall(incoming) !== undefined
    ? answerSsm(incoming, parameters)
    : jsonErrorAnswer("UnknownOperationException", "only GetParameter is supported");
}

function closeServer(server: ReturnType<typeof createServer>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.close((error) => (error === undefined ? resolve() : reject(error)));
  server.closeAllConnections();
  return promise;
}
