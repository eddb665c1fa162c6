import { createServer } from "node:http";
import {
  type Answer,
  type IncomingRequest,
  readRequest,
} from "../../local/sandbox/http/exchange.ts";
import {
  answerSsm,
  jsonErrorAnswer,
  parseJsonCall,
} from "../../local/sandbox/http/json-services.ts";
import { closeServer, listenOnLocalhost } from "../../local/sandbox/listen.ts";

/** A server for SSM on this machine. */
export interface TokenServer {
  /** The value for AGENT_TOKEN_ENDPOINT. */
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
  const url = await listenOnLocalhost(server);
  server.unref(); // An open server does not keep the process running.
  return { url, close: () => closeServer(server) };
}

function answerRequest(incoming: IncomingRequest, parameters: ReadonlyMap<string, string>): Answer {
  const isGetParameter = incoming.headers["x-amz-target"] === "AmazonSSM.GetParameter";
  return isGetParameter && parseJsonCall(incoming) !== undefined
    ? answerSsm(incoming, parameters)
    : jsonErrorAnswer("UnknownOperationException", "only GetParameter is supported");
}
