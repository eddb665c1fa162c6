import * as v from "valibot";
import {
  agentCountsSchema,
  EMPTY_QUEUE,
  jobCountsSchema,
  type QueueFacts,
  queueFactsSchema,
} from "../core/facts.ts";
import { NamedFault } from "../core/faults.ts";
import { tryParseJson } from "../core/parse-json.ts";
import { formatProblems } from "../core/problems.ts";
import { recordSchema, toProblems } from "../core/schema-helpers.ts";

/** What both addresses of Buildkite's agent metrics answer. */
interface ParsedAnswer {
  organization: string;
  cluster: string | undefined;
  queues: Record<string, QueueFacts>;
}

const sourceSchema = v.object({
  organization: v.object({ slug: v.string() }),
  cluster: v.nullish(v.object({ name: v.string() })),
});

const queueAnswerSchema = v.object({ ...sourceSchema.entries, ...queueFactsSchema.entries });

const NO_MAP = "a map of queues, which may be missing only if there is nothing to count";

const clusterAnswerSchema = v.object({
  ...sourceSchema.entries,
  agents: v.pipe(
    v.object({ ...agentCountsSchema.entries, queues: v.optional(recordSchema(agentCountsSchema)) }),
    v.check(({ queues, total }) => queues !== undefined || total === 0, NO_MAP),
  ),
  jobs: v.pipe(
    v.object({ ...jobCountsSchema.entries, queues: v.optional(recordSchema(jobCountsSchema)) }),
    v.check(
      ({ queues, scheduled, running, waiting }) =>
        queues !== undefined || scheduled + running + waiting === 0,
      NO_MAP,
    ),
  ),
});

/** Parses the answer about one queue. @throws NamedFault BuildkiteInvalidAnswer */
export function parseQueueAnswer(text: string, name: string): ParsedAnswer {
  const { jobs, agents, ...source } = parseAnswer(queueAnswerSchema, text);
  return { ...toSource(source), queues: { [name]: { jobs, agents } } };
}

/**
 * Parses the answer about a cluster. Keeps the named queues that have jobs or agents.
 * @throws NamedFault BuildkiteInvalidAnswer
 */
export function parseClusterAnswer(text: string, names: readonly string[]): ParsedAnswer {
  const answer = parseAnswer(clusterAnswerSchema, text);
  const jobs = new Map(Object.entries(answer.jobs.queues ?? {}));
  const agents = new Map(Object.entries(answer.agents.queues ?? {}));
  const present = names.filter((name) => jobs.has(name) || agents.has(name));
  const queues = present.map((name): [string, QueueFacts] => [
    name,
    {
      jobs: jobs.get(name) ?? EMPTY_QUEUE.jobs,
      agents: agents.get(name) ?? EMPTY_QUEUE.agents,
    },
  ]);
  return { ...toSource(answer), queues: Object.fromEntries(queues) };
}

function toSource({ organization, cluster }: v.InferOutput<typeof sourceSchema>) {
  return { organization: organization.slug, cluster: cluster?.name };
}

/** In characters. A fault travels in the state, which has to stay small. */
const LONGEST_MESSAGE = 500;

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
  return new NamedFault("BuildkiteInvalidAnswer", message.slice(0, LONGEST_MESSAGE));
}
