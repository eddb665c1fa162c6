import { XMLParser } from "fast-xml-parser";

/** Calls to AWS over plain HTTP, for services whose SDK clients this project does not depend on. */

/** The account that the run works in. */
export interface Account {
  endpoint: string;
  region: string;
  /** Asks a service that speaks AWS JSON: `Logs_20140328.DescribeLogGroups`. */
  json(service: string, target: string, body: object): Promise<unknown>;
  /** Asks a service for what lies at a path, as JSON or as XML. */
  read(service: string, path: string): Promise<unknown>;
  /** Asks a service that speaks the Query protocol; gives its XML. */
  query(service: string, version: string, parameters: Record<string, string>): Promise<unknown>;
}

/** Of no account: an emulator takes any. */
export const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };

/** An account at an endpoint. */
export function createAccount(endpoint: string, region: string): Account {
  const call = async (service: string, path: string, init: RequestInit): Promise<string> => {
    const scope = `${CREDENTIALS.accessKeyId}/20260101/${region}/${service}/aws4_request`;
    const signed = {
      // An emulator looks at the scope alone, to know which service is meant.
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
      ...init.headers,
    };
    const answer = await fetch(`${endpoint}${path}`, { ...init, headers: signed });
    const text = await answer.text();
    if (answer.ok) return text;
    throw new Error(`${service}${path} answered with status ${answer.status}: ${text}`);
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

/** `member` is a list also where there is one only. */
const parser = new XMLParser({ isArray: (name) => name === "member" });
