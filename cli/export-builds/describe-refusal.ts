import type { BuildsRequest } from "./builds-request.ts";

const REASONS: Readonly<Record<number, string>> = {
  401: "Buildkite refused the API access token (401): put a valid one into BUILDKITE_API_TOKEN; an agent token is another kind of token",
  403: "the API access token may not read builds (403): give it the scope read_builds and access to the organization",
  429: "Buildkite's rate limit is used up again and again (429): other programs use this organization's limit; try later, or use a larger --page-size",
};

/** Says why builds could not be read, and what to do. */
export function describeRefusal(
  answer: { status: number } | { failure: string },
  { endpoint, organization, pipeline }: BuildsRequest,
): string {
  if ("failure" in answer)
    return `${endpoint} could not be read: ${answer.failure}; check the network and --api-endpoint`;
  const { status } = answer;
  if (status === 404) {
    const place = pipeline === undefined ? "" : `, or it has no pipeline ${pipeline}`;
    return `there is no organization ${organization} that this token can see${place} (404): use the slugs in the addresses of Buildkite's pages`;
  }
  return (
    REASONS[status] ??
    `${endpoint} failed with status ${status}; try again, or with a smaller --page-size`
  );
}
