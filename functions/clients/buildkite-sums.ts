import * as v from "valibot";
import type { AgentCounts, JobCounts } from "../core/facts.ts";
import { wholeNumberSchema } from "../core/schema-helpers.ts";

/** Counts of jobs with the total that Buildkite adds to them. */
export interface AnsweredJobs extends JobCounts {
  total?: number | undefined;
}

/** Says why the parts of a queue's jobs are not their total; undefined if they are, or if there is no total. */
export function explainJobSum({
  scheduled,
  running,
  waiting,
  total,
}: AnsweredJobs): string | undefined {
  if (total === undefined || scheduled + running + waiting === total) return undefined;
  return `${scheduled} scheduled, ${running} running and ${waiting} waiting jobs are not ${total} in total`;
}

/** Says why the parts of a queue's agents are not their total; undefined if they are. */
export function explainAgentSum({ idle, busy, total }: AgentCounts): string | undefined {
  if (idle + busy === total) return undefined;
  return `${idle} idle and ${busy} busy agents are not ${total} in total`;
}

const PARTS = ["scheduled", "running", "waiting"];

/** Says which jobs a cluster's totals count and its queues do not have; undefined if there are none. */
export function explainUncountedJobs(
  totals: object,
  queues: readonly unknown[],
): string | undefined {
  for (const part of PARTS) {
    const total = readCount(totals, part);
    if (total === undefined) return `there is no total of ${part} jobs`;
    const sum = addUp(queues, (jobs) => readCount(jobs, part));
    if (total > sum) return `the totals count ${total} ${part} jobs, the queues ${sum}`;
  }
  const total = readCount(totals, "total") ?? 0;
  const sum = addUp(queues, countJobs);
  return total > sum ? `the totals count ${total} jobs, the queues ${sum}` : undefined;
}

function countJobs(jobs: unknown): number {
  return readCount(jobs, "total") ?? addUp(PARTS, (part) => readCount(jobs, part));
}

/** Says why a cluster's total of agents is not the sum of its queues; undefined if it is. */
export function explainUncountedAgents(
  totals: object,
  queues: readonly unknown[],
): string | undefined {
  const total = readCount(totals, "total");
  const sum = addUp(queues, (agents) => readCount(agents, "total"));
  if (total === sum) return undefined;
  return `the totals count ${total ?? "an unknown number of"} agents, the queues ${sum}`;
}

/** A count that makes no sense adds nothing: a total that is larger is then not explained. */
function addUp<Item>(items: readonly Item[], count: (item: Item) => number | undefined): number {
  return items.reduce((sum, item) => sum + (count(item) ?? 0), 0);
}

const countSchema = wholeNumberSchema(0);

function readCount(counts: unknown, part: string): number | undefined {
  if (typeof counts !== "object" || counts === null) return undefined;
  const count: unknown = Reflect.get(counts, part);
  return v.is(countSchema, count) ? count : undefined;
}
