import { errorMessage, NamedFault } from "../core/faults.ts";

/** Limits of every AWS client: 5 s for a call, tried twice, with the SDK's own jitter in between. */
export const CLIENT_LIMITS = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true },
} as const;

const THROTTLED: readonly string[] = [
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "RequestLimitExceeded",
  "TooManyRequestsException",
];

const DENIED: readonly string[] = [
  "AccessDenied",
  "AccessDeniedException",
  "UnauthorizedOperation",
  "UnrecognizedClientException",
  "InvalidClientTokenId",
  "ExpiredToken",
  "ExpiredTokenException",
  "CredentialsProviderError",
];

/** A failed AWS call under a name of ours: `<service>Throttled`, `<service>AccessDenied` or `<service>Unavailable`. */
export function toAwsFault(service: string, error: unknown): NamedFault {
  const name = error instanceof Error ? error.name : "";
  const message = `${name}: ${errorMessage(error)}`;
  if (THROTTLED.includes(name)) return new NamedFault(`${service}Throttled`, message);
  if (DENIED.includes(name)) return new NamedFault(`${service}AccessDenied`, message);
  return new NamedFault(`${service}Unavailable`, message);
}
