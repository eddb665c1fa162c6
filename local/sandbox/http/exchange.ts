import type { IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";

/** A request with its complete body. */
export interface IncomingRequest {
  method: string;
  url: URL;
  headers: Readonly<Record<string, string>>;
  /** Decompressed if it was sent compressed. */
  body: string;
}

/** An HTTP response. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body: string;
}

/** What a request asks for. Fault rules select calls by these words. */
export interface Call {
  service: Service;
  /** E.g. `SetDesiredCapacity`, `metrics`, `metrics/queue`. */
  action: string;
  /** The group, queue, parameter, document or command; empty if the call is about several. */
  subject: string;
}

/** The services of the sandbox; `unknown` is a request for none of them. */
export type Service =
  | "Buildkite"
  | "AutoScaling"
  | "CloudWatch"
  | "SSM"
  | "SQS"
  | "STS"
  | "IAM"
  | "unknown";

/** Reads a request to its end. */
export async function readRequest(request: IncomingMessage): Promise<IncomingRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const isCompressed = headers["content-encoding"] === "gzip";
  return {
    method: request.method ?? "",
    url: new URL(request.url ?? "/", "http://sandbox"),
    headers,
    body: (isCompressed ? gunzipSync(bytes) : bytes).toString("utf8"),
  };
}

/** Returns a JSON response. */
export function jsonAnswer(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Answer {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}
