import * as http from "node:http";
import * as https from "node:https";
import { gunzipSync } from "node:zlib";

/** The answer to a GET. */
export interface HttpAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Decompressed. Empty if the status is not 200: nobody reads it. */
  text: string;
}

/**
 * A connection stays open for longer than the time between two polls: Node's own fetch closes it after
 * 4 s, so that every poll would pay for a TLS handshake. A server that closes it earlier says so.
 */
const IDLE_MILLISECONDS = 90_000;

const agentOptions = { keepAlive: true, timeout: IDLE_MILLISECONDS };

const agents = {
  http: new http.Agent(agentOptions),
  https: new https.Agent(agentOptions),
};

/** An answer has more bytes than its reader wants to hold in memory. */
export class AnswerTooLong extends Error {
  override readonly name = "AnswerTooLong";
}

/**
 * Sends a GET and reads the answer, but never more than `mostBytes`, before and after decompression. It
 * follows no redirect: the headers hold a secret.
 * @throws AnswerTooLong, or Node's error if no complete answer came
 */
export async function get(
  address: string,
  headers: Readonly<Record<string, string>>,
  { mostBytes, signal }: { mostBytes: number; signal: AbortSignal },
): Promise<HttpAnswer> {
  const response = await openResponse(
    new URL(address),
    { ...headers, "accept-encoding": "gzip" },
    signal,
  );
  const { statusCode: status = 0, headers: answered } = response;
  if (status !== 200) {
    response.destroy();
    return { status, headers: answered, text: "" };
  }
  const bytes = await readBytes(response, mostBytes);
  const isCompressed = answered["content-encoding"] === "gzip";
  return {
    status,
    headers: answered,
    text: (isCompressed ? decompress(bytes, mostBytes) : bytes).toString("utf8"),
  };
}

function openResponse(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request =
      url.protocol === "http:"
        ? http.get(url, { headers, signal, agent: agents.http }, resolve)
        : https.get(url, { headers, signal, agent: agents.https }, resolve);
    request.on("error", reject);
  });
}

async function readBytes(response: http.IncomingMessage, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > mostBytes) throw new AnswerTooLong(`more than ${mostBytes} bytes`);
  }
  return Buffer.concat(chunks);
}

function decompress(bytes: Buffer, mostBytes: number): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AnswerTooLong(`more than ${mostBytes} bytes`, { cause: error });
  }
}
