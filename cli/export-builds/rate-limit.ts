import type { IncomingHttpHeaders } from "node:http";

/** Buildkite limits the calls of an organization and those of a user, each in windows of a minute. */
const LIMITS = ["ratelimit", "ratelimit-user"];

/** A window, if a refusal does not say when the next one begins. */
const WINDOW_SECONDS = 60;

/**
 * Returns how many seconds to wait before the next call: until the next window, if one of the limits is
 * used up. `isRefused`: the call was refused, so one of them is.
 */
export function readWaitSeconds(headers: IncomingHttpHeaders, isRefused = false): number {
  const waits = LIMITS.filter((limit) => headers[`${limit}-remaining`] === "0").map((limit) =>
    readSeconds(headers[`${limit}-reset`]),
  );
  const fallback = isRefused ? readSeconds(headers["retry-after"]) : 0;
  return waits.length === 0 ? fallback : Math.max(...waits);
}

function readSeconds(header: string | string[] | undefined): number {
  return typeof header === "string" && /^\d{1,4}$/.test(header) ? Number(header) : WINDOW_SECONDS;
}
