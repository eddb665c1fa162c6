import * as v from "valibot";
import {
  agentCountsSchema,
  EMPTY_QUEUE,
  type FactsFault,
  jobCountsSchema,
  type QueueFacts,
} from "../core/facts.ts";
import { NamedFault, toFault } from "../core/faults.ts";
import { ownValue } from "../core/own-value.ts";
import { tryParseJson } from "../core/parse-json.ts";
import { formatProblems } from "../core/problems.ts";
import { recordSchema, toProblems, wholeNumberSchema } from "../core/schema-helpers.ts";
import {
  explainAgentSum,
  explainJobSum,
  explainUncountedAgents,
  explainUncountedJobs,
} from "./buildkite-sums.ts";

/** What both addresses of Buildkite's agent metrics answer. */
export interface ParsedAnswer {
  organization: string;
  cluster: string | undefined;
  /** By name: the queues with jobs or agents. One whose counts make no sense has a fault in its place. */
  queues: Record<string, QueueFacts | FactsFault>;
  /** Sentences about agents that do not add up. They hold nothing: a total may contain paused agents. */
  doubts: string[];
}

const LONGEST_NAME = 255;

/** Somebody else's name: it is kept, but never without a limit. */
const nameSchema = v.pipe(
  v.string(),
  v.transform((name) => name.slice(0, LONGEST_NAME)),
);

const sourceSchema = v.object({
  organization: v.object({ slug: nameSchema }),
  cluster: v.nullish(v.object({ name: nameSchema })),
});

const answeredJobsSchema = v.object({
  ...jobCountsSchema.entries,
  total: v.optional(wholeNumberSchema(0)),
});

const answeredQueueSchema = v.object({ jobs: answeredJobsSchema, agents: agentCountsSchema });

const queueAnswerSchema = v.object({ ...sourceSchema.entries, ...answeredQueueSchema.entries });

const NO_MAP = "a map of queues, which may be missing only if there is nothing to count";

/** Of a cluster's answer. Counts are checked queue by queue: an invalid one holds no other queue. */
const countsSchema = v.pipe(
  v.looseObject({ queues: v.optional(recordSchema(v.unknown())) }),
  v.check(({ queues, ...totals }) => queues !== undefined || isAllZero(totals), NO_MAP),
);

const clusterAnswerSchema = v.object({
  ...sourceSchema.entries,
  jobs: countsSchema,
  agents: countsSchema,
});

function isAllZero(totals: object): boolean {
  const counts = Object.values(totals);
  return counts.length > 0 && counts.every((count) => count === 0);
}

/** Parses the answer about one queue. @throws NamedFault BuildkiteInvalidAnswer */
export function parseQueueAnswer(text: string, name: string): ParsedAnswer {
  const answer = parseAnswer(queueAnswerSchema, text);
  const queue = toQueueFacts(name, answer);
  return {
    ...toSource(answer),
    queues: { [name]: queue },
    doubts: doubtAgents([[name, queue]]),
  };
}

/**
 * Parses the answer about a cluster, and keeps the named queues. A queue that is missing has no jobs only
 * if the totals count no more jobs than the queues have: unknown is not zero.
 * @throws NamedFault BuildkiteInvalidAnswer
 */
export function parseClusterAnswer(text: string, names: readonly string[]): ParsedAnswer {
  const answer = parseAnswer(clusterAnswerSchema, text);
  const { queues: jobs = {}, ...jobTotals } = answer.jobs;
  const { queues: agents = {}, ...agentTotals } = answer.agents;
  const uncounted = explainUncountedJobs(jobTotals, Object.values(jobs));
  const queues = names.flatMap((name): [string, QueueFacts | FactsFault][] => {
    const counts = { jobs: ownValue(jobs, name), agents: ownValue(agents, name) };
    if (counts.jobs === undefined && uncounted !== undefined)
      return [[name, toFactsFault(invalidQueue(name, `is missing, but ${uncounted}`))]];
    if (counts.jobs === undefined && counts.agents === undefined) return [];
    return [[name, parseQueue(name, counts)]];
  });
  const uncountedAgents = explainUncountedAgents(agentTotals, Object.values(agents));
  return {
    ...toSource(answer),
    queues: Object.fromEntries(queues),
    doubts: [...doubtAgents(queues), ...(uncountedAgents === undefined ? [] : [uncountedAgents])],
  };
}

function toSource({ organization, cluster }: v.InferOutput<typeof sourceSchema>) {
  return { organization: organization.slug, cluster: cluster?.name };
}

/** Parses the counts of one queue in a cluster's answer. Of a queue without agents only the jobs are there. */
function parseQueue(
  name: string,
  { jobs = EMPTY_QUEUE.jobs, agents = EMPTY_QUEUE.agents }: { jobs: unknown; agents: unknown },
): QueueFacts | FactsFault {
  const parsed = v.safeParse(answeredQueueSchema, { jobs, agents });
  if (!parsed.success) {
    const problems = toProblems(parsed.issues, (path) => path);
    return toFactsFault(invalidQueue(name, formatProblems(problems)));
  }
  try {
    return toQueueFacts(name, parsed.output);
  } catch (error) {
    return toFactsFault(error);
  }
}

/** Drops the total after it has proved the parts. @throws NamedFault BuildkiteInvalidAnswer */
function toQueueFacts(
  name: string,
  { jobs: answered, agents }: v.InferOutput<typeof answeredQueueSchema>,
): QueueFacts {
  const contradiction = explainJobSum(answered);
  if (contradiction !== undefined) throw invalidQueue(name, contradiction);
  const { total: _, ...jobs } = answered;
  return { jobs, agents };
}

function doubtAgents(queues: readonly (readonly [string, QueueFacts | FactsFault])[]): string[] {
  return queues.flatMap(([name, queue]) => {
    const why = "fault" in queue ? undefined : explainAgentSum(queue.agents);
    return why === undefined ? [] : [`queue ${name}: ${why}`];
  });
}

function toFactsFault(error: unknown): FactsFault {
  return { fault: toFault(error) };
}

function invalidQueue(name: string, why: string): NamedFault {
  return invalidAnswer(`Buildkite's metrics contradict themselves: queue ${name}: ${why}`);
}

function parseAnswer<Schema extends v.GenericSchema>(schema: Schema, text: string) {
  const json = tryParseJson(text);
  if (json === undefined) {
    const beginning = JSON.stringify(text.slice(0, 60));
    throw invalidAnswer(`Buildkite's metrics are not JSON; they begin with ${beginning}`);
  }
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return parsed.output;
  const problems = toProblems(parsed.issues, (path) => path || "the answer");
  throw invalidAnswer(`Buildkite's metrics are not as documented: ${formatProblems(problems)}`);
}

function invalidAnswer(message: string): NamedFault {
  return new NamedFault("BuildkiteInvalidAnswer", message);
}
