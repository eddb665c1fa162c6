import * as v from "valibot";
import { readAgentToken } from "./clients/agent-token.ts";
import { readGroups } from "./clients/auto-scaling.ts";
import { type AgentMetrics, readAgentMetrics } from "./clients/buildkite.ts";
import { type ExecutionInput, parseExecutionInput } from "./core/execution-input.ts";
import type { Observation } from "./core/facts.ts";
import { NamedFault, toFault } from "./core/faults.ts";
import { type Tools, task } from "./middleware/task.ts";

const eventSchema = v.object({ input: v.unknown() });

const clients = { readAgentToken, readAgentMetrics, readGroups };

/** The services that Fetch metrics reads. */
export type FetchClients = typeof clients;

async function fetchMetrics(
  { input }: v.InferOutput<typeof eventSchema>,
  tools: Tools<FetchClients>,
) {
  return await gatherFacts(parseExecutionInput(input), tools);
}

/**
 * Gathers one poll's facts: the metrics of every queue and the state of every group, read side by
 * side. If a source fails, its fault takes the place of its facts and the other source's facts stay.
 */
export async function gatherFacts(
  input: ExecutionInput,
  tools: Tools<FetchClients>,
): Promise<Observation> {
  const [metrics, groups] = await Promise.all([
    gatherQueues(input, tools),
    gatherGroups(input, tools),
  ]);
  return { observedAt: new Date(tools.now()).toISOString(), ...metrics, ...groups };
}

async function gatherQueues(
  input: ExecutionInput,
  tools: Tools<FetchClients>,
): Promise<Partial<Observation>> {
  try {
    return withoutUnpublishedNames(await readWithRotatedToken(input, tools), input);
  } catch (error) {
    const fault = toFault(error);
    tools.log.warn("no metrics from Buildkite", { loop: input.name, fault });
    return { queuesFault: fault };
  }
}

/** Keeps organization and cluster only if metrics are published: every byte is logged with each step. */
function withoutUnpublishedNames(
  { organization, cluster, ...rest }: AgentMetrics,
  { publishMetrics }: ExecutionInput,
) {
  return publishMetrics ? { organization, cluster, ...rest } : rest;
}

/** If Buildkite refuses the cached token, it may have been rotated: reads it again once. */
async function readWithRotatedToken(
  input: ExecutionInput,
  tools: Tools<FetchClients>,
): Promise<AgentMetrics> {
  try {
    return await readMetrics(input, false, tools);
  } catch (error) {
    if (!(error instanceof NamedFault) || error.name !== "BuildkiteUnauthorized") throw error;
    return await readMetrics(input, true, tools);
  }
}

async function readMetrics(
  { agentTokenParameter, agentEndpoint, scalers }: ExecutionInput,
  freshToken: boolean,
  { clients, signal, now }: Tools<FetchClients>,
) {
  const token = await clients.readAgentToken(agentTokenParameter, freshToken, signal);
  const queues = [...new Set(scalers.flatMap((scaler) => scaler.queues))];
  return await clients.readAgentMetrics({ endpoint: agentEndpoint, token, queues, signal, now });
}

async function gatherGroups(
  input: ExecutionInput,
  { clients, signal, log }: Tools<FetchClients>,
): Promise<Partial<Observation>> {
  try {
    const names = input.scalers.map(({ group }) => group);
    return { groups: await clients.readGroups(names, signal) };
  } catch (error) {
    const fault = toFault(error);
    log.warn("no state of the groups", { loop: input.name, fault });
    return { groupsFault: fault };
  }
}

export const handler = task(eventSchema, fetchMetrics, clients);
