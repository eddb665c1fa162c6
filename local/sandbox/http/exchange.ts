/** A request that has been read to its end. */
export interface IncomingRequest {
  method: string;
  url: URL;
  headers: Readonly<Record<string, string>>;
  /** Unzipped where it came zipped. */
  body: string;
}

/** What is answered. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body: string;
}

/** Which service a request asks for what, and about what: the words that faults are aimed with. */
export interface Call {
  service: Service;
  /** E.g. `SetDesiredCapacity`, `metrics`, `metrics/queue`. */
  action: string;
  /** The group, queue or parameter that it is about; empty where it is about many. */
  subject: string;
}

/** The services that the sandbox speaks for; `unknown` is a request that none of them knows. */
export type Service = "Buildkite" | "AutoScaling" | "CloudWatch" | "SSM" | "unknown";

/** A JSON answer. */
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
