import { XMLParser } from "fast-xml-parser";

/** Calls AWS over plain HTTP: the project has no SDK clients for these services. */

/** The account of this run. */
export interface Account {
  endpoint: string;
  region: string;
  /** Calls a service with the AWS JSON protocol, e.g. `Logs_20140328.DescribeLogGroups`. */
  json(service: string, target: string, body: object): Promise<unknown>;
  /** Reads a path of a service with the REST protocol, JSON or XML. */
  read(service: string, path: string): Promise<unknown>;
  /** Calls a service with the Query protocol, and parses the XML. */
  query(service: string, version: string, parameters: Record<string, string>): Promise<unknown>;
}

/** Not the credentials of an account: an emulator accepts any. */
export const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };

/** Creates an account that is reached at an endpoint. */
export function createAccount(endpoint: string, region: string): Account {
  const call = async (service: string, path: string, init: RequestInit): Promise<string> => {
    const scope = `${CREDENTIALS.accessKeyId}/20260101/${region}/${service}/aws4_request`;
    const signed = {
      // An emulator reads only the scope, to find the service.
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
      ...init.headers,
    };
    const answer = await fetch(`${endpoint}${path}`, { ...init, headers: signed });
    const text = await answer.text();
    if (answer.ok) return text;
    throw new Error(`${service}${path} returned status ${answer.status}: ${text}`);
  };
  return {
    endpoint,
    region,
    json: async (service, target, body) => {
      const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
      const init = { method: "POST", headers, body: JSON.stringify(body) };
      return JSON.parse((await call(service, "/", init)) || "null");
    },
    read: async (service, path) => {
      const text = await call(service, path, { method: "GET" });
      return text.startsWith("<") ? parser.parse(text) : JSON.parse(text);
    },
    query: async (service, version, parameters) => {
      const body = new URLSearchParams({ ...parameters, Version: version });
      return parser.parse(await call(service, "/", { method: "POST", body }));
    },
  };
}

/** `member` is always a list, even with one item. */
const parser = new XMLParser({ isArray: (name) => name === "member" });
