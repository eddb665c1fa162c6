import * as v from "valibot";
import { get, type HttpAnswer } from "../../functions/clients/http-get.ts";
import { errorMessage } from "../../functions/core/faults.ts";
import { tryParseJson } from "../../functions/core/parse-json.ts";
import { formatProblems } from "../../functions/core/problems.ts";
import { toProblems } from "../../functions/core/schema-helpers.ts";
import { PRODUCT, VERSION } from "../../functions/core/version.ts";
import type { BuildsRequest } from "./builds-request.ts";
import { describeRefusal } from "./describe-refusal.ts";
import { readWaitSeconds } from "./rate-limit.ts";

/** What {@link readBuilds} needs of its surroundings. */
export interface BuildsTools {
  /** Waits, because Buildkite asks for it or because it failed. */
  wait(seconds: number): Promise<void>;
}

const time = v.nullish(v.string());

/**
 * The fields that `simulate --jobs` reads, and no others: builds also contain environment variables,
 * commit messages and names of people.
 */
const buildSchema = v.object({
  created_at: v.string(),
  jobs: v.array(
    v.object({
      id: v.nullish(v.string()),
      type: v.string(),
      agent_query_rules: v.nullish(v.array(v.string())),
      created_at: time,
      scheduled_at: time,
      runnable_at: time,
      started_at: time,
      finished_at: time,
    }),
  ),
});

/** A build, reduced to what the simulator reads. */
export type ExportedBuild = v.InferOutput<typeof buildSchema>;

/** The builds could not be read. The message says why and what to do. */
export class BuildsNotRead extends Error {
  override readonly name = "BuildsNotRead";
}

/**
 * Reads builds page by page, the newest first, with their retried jobs. It waits as long as Buildkite's
 * rate limits ask for. @throws BuildsNotRead
 */
export async function* readBuilds(
  request: BuildsRequest,
  tools: BuildsTools,
): AsyncGenerator<ExportedBuild[]> {
  let address: string | undefined = firstAddress(request);
  while (address !== undefined) {
    const { headers, text } = await readPage(address, request, tools);
    yield parsePage(text);
    address = findNextPage(headers.link, request.endpoint);
    const waitSeconds = address === undefined ? 0 : readWaitSeconds(headers);
    if (waitSeconds > 0) await tools.wait(waitSeconds);
  }
}

function firstAddress(request: BuildsRequest): string {
  const { endpoint, organization, pipeline, fromMs, toMs, pageSize } = request;
  const scope = pipeline === undefined ? "" : `/pipelines/${encodeURIComponent(pipeline)}`;
  const query = new URLSearchParams({
    created_from: new Date(fromMs).toISOString(),
    created_to: new Date(toMs).toISOString(),
    include_retried_jobs: "true",
    per_page: String(pageSize),
  });
  return `${endpoint}/organizations/${encodeURIComponent(organization)}${scope}/builds?${query}`;
}

const MOST_ATTEMPTS = 5;
const FIRST_PAUSE_SECONDS = 2;

async function readPage(
  address: string,
  request: BuildsRequest,
  { wait }: BuildsTools,
): Promise<HttpAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await sendRequest(address, request.token);
    if ("status" in answer && answer.status === 200) return answer;
    const isLast = attempt === MOST_ATTEMPTS;
    if (isLast || !isWorthRetrying(answer))
      throw new BuildsNotRead(describeRefusal(answer, request));
    const isThrottled = "status" in answer && answer.status === 429;
    await wait(
      isThrottled
        ? Math.max(1, readWaitSeconds(answer.headers, true))
        : FIRST_PAUSE_SECONDS ** attempt,
    );
  }
}

/** A call without an answer. */
interface Failure {
  failure: string;
}

const LIMITS = { milliseconds: 120_000, mostBytes: 512 * 1024 * 1024 };

async function sendRequest(address: string, token: string): Promise<HttpAnswer | Failure> {
  const headers = { authorization: `Bearer ${token}`, "user-agent": `${PRODUCT}/${VERSION}` };
  const signal = AbortSignal.timeout(LIMITS.milliseconds);
  try {
    return await get(address, headers, { mostBytes: LIMITS.mostBytes, signal });
  } catch (error) {
    return { failure: errorMessage(error) };
  }
}

function isWorthRetrying(answer: HttpAnswer | Failure): boolean {
  return "failure" in answer || answer.status === 429 || answer.status >= 500;
}

function parsePage(text: string): ExportedBuild[] {
  const parsed = v.safeParse(v.array(buildSchema, "a list of builds"), tryParseJson(text));
  if (parsed.success) return parsed.output;
  const problems = toProblems(parsed.issues.slice(0, 3), (path) => path || "the answer");
  throw new BuildsNotRead(`Buildkite's answer is not as documented: ${formatProblems(problems)}`);
}

/** Follows only links to the same server: the token is sent along. */
function findNextPage(link: unknown, endpoint: string): string | undefined {
  const [, address] = /<([^>]+)>;\s*rel="next"/.exec(String(link ?? "")) ?? [];
  if (address === undefined) return undefined;
  if (new URL(address).origin === new URL(endpoint).origin) return address;
  throw new BuildsNotRead(`the next page is on another server, ${new URL(address).origin}`);
}
