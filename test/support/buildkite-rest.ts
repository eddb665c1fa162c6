import { createServer } from "node:http";
import { closeServer, listenOnLocalhost } from "../../local/sandbox/listen.ts";

/** A build as Buildkite's REST API has it; the test sets what it needs. */
export type RestBuild = Record<string, unknown> & { created_at: string };

/** What the server does, which a test may change. */
export interface RestSettings {
  token: string;
  organization: string;
  builds: RestBuild[];
  /** How many calls are left in the user's window. A call without one is refused until {@link reset}. */
  callsLeft: number;
  /** Statuses that the next calls have, in the place of an answer. */
  failures: number[];
  /** The server of the link to the next page. Default: this one. */
  nextOrigin?: string;
}

/** A server that answers GET /v2/organizations/ORG/builds as Buildkite does: filters, pages, limits. */
export interface RestServer {
  endpoint: string;
  settings: RestSettings;
  /** The query of every call. */
  queries: URLSearchParams[];
  close(): Promise<void>;
}

/** Seconds until the next window, as the server says. */
export const RESET_SECONDS = 42;

/** Starts the server on this machine. */
export async function startRestServer(settings: RestSettings): Promise<RestServer> {
  const queries: URLSearchParams[] = [];
  let endpoint = "";
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", endpoint);
    queries.push(url.searchParams);
    const failure = settings.failures.shift();
    const isAllowed = request.headers.authorization === `Bearer ${settings.token}`;
    const isKnown = url.pathname === `/v2/organizations/${settings.organization}/builds`;
    const isThrottled = settings.callsLeft === 0;
    if (!isThrottled) settings.callsLeft -= 1;
    const limits = {
      "ratelimit-remaining": "150",
      "ratelimit-reset": "7",
      "ratelimit-user-remaining": String(settings.callsLeft),
      "ratelimit-user-reset": String(RESET_SECONDS),
    };
    const status = failure ?? findStatus({ isThrottled, isAllowed, isKnown });
    if (status !== 200) {
      response.writeHead(status, limits).end(JSON.stringify({ message: "refused" }));
      return;
    }
    const { page, next } = takePage(settings.builds, url, settings.nextOrigin);
    const link = next === undefined ? {} : { link: `<${next}>; rel="next", <${next}>; rel="last"` };
    response.writeHead(200, { "content-type": "application/json", ...limits, ...link });
    response.end(JSON.stringify(page));
  });
  endpoint = `${await listenOnLocalhost(server)}/v2`;
  return { endpoint, settings, queries, close: () => closeServer(server) };
}

function findStatus(known: { isThrottled: boolean; isAllowed: boolean; isKnown: boolean }): number {
  if (known.isThrottled) return 429;
  if (!known.isAllowed) return 401;
  return known.isKnown ? 200 : 404;
}

/** The newest builds first, as Buildkite does it. */
function takePage(builds: readonly RestBuild[], url: URL, nextOrigin = url.origin) {
  const query = url.searchParams;
  const from = Date.parse(query.get("created_from") ?? "");
  const to = Date.parse(query.get("created_to") ?? "");
  const size = Number(query.get("per_page") ?? 30);
  const number = Number(query.get("page") ?? 1);
  const isWithin = ({ created_at }: RestBuild) =>
    Date.parse(created_at) >= from && Date.parse(created_at) < to;
  const all = builds
    .filter(isWithin)
    .toSorted((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at));
  const next = new URL(url.pathname + url.search, nextOrigin);
  next.searchParams.set("page", String(number + 1));
  const page = all.slice((number - 1) * size, number * size);
  return { page, next: number * size < all.length ? next.href : undefined };
}
