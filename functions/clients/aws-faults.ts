import { errorMessage, NamedFault } from "../core/faults.ts";

/** Limits of every AWS client: 5 s for a call and two attempts, with the SDK's own jitter between them. */
export const CLIENT_LIMITS = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true },
} as const;

/** The services whose errors become faults. The agent token is read from SSM; SSM's Run Command looks at instances. */
type Service = "AgentToken" | "AutoScaling" | "CloudWatch" | "RunCommand";

const THROTTLING_ERRORS: readonly string[] = [
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "TooManyRequestsException",
];

/** The caller is not who it says it is, or may not do this. A second attempt would have the same answer. */
const ACCESS_ERRORS: readonly string[] = [
  "AccessDenied",
  "AccessDeniedException",
  "UnauthorizedOperation",
  "UnrecognizedClientException",
  "InvalidClientTokenId",
  "ExpiredToken",
  "ExpiredTokenException",
  "RequestExpired",
  "RequestTimeTooSkewed",
  "SignatureDoesNotMatch",
  "InvalidSignatureException",
  "IncompleteSignature",
  "MissingAuthenticationToken",
  "AuthFailure",
  "OptInRequired",
  "CredentialsProviderError",
];

/**
 * Converts a failed AWS call into a fault: `<service>Throttled`, `<service>AccessDenied` or
 * `<service>Unavailable`. A fault stays as it is.
 */
export function toAwsFault(service: Service, error: unknown): NamedFault {
  if (error instanceof NamedFault) return error;
  const name = error instanceof Error ? error.name : "";
  const message = `${name}: ${errorMessage(error)}`;
  if (THROTTLING_ERRORS.includes(name)) return new NamedFault(`${service}Throttled`, message);
  if (ACCESS_ERRORS.includes(name)) return new NamedFault(`${service}AccessDenied`, message);
  return new NamedFault(`${service}Unavailable`, message);
}
