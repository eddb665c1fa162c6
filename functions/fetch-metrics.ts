import * as v from "valibot";
import { readAgentToken } from "./clients/agent-token.ts";
import { readGroups } from "./clients/auto-scaling.ts";
import { type AgentMetrics, readAgentMetrics } from "./clients/buildkite.ts";
import { type ExecutionInput, parseExecutionInput } from "./core/execution-input.ts";
import type { Observation } from "./core/facts.ts";
import { NamedFault, toFault } from "./core/faults.ts";
import { type Tools, task } from "./middleware/task.ts";

const event = v.object({ input: v.unknown() });

/**
 * One poll's facts: every queue's metrics and every group's state, read side by side. A source that
 * fails leaves its fault in the place of its facts, so that what the other one told is not lost.
 */
async function fetchMetrics({ input }: v.InferOutput<typeof event>, tools: Tools) {
  const parsed = parseExecutionInput(input);
  const [metrics, groups] = await Promise.all([queuesOf(parsed, tools), groupsOf(parsed, tools)]);
  return { observedAt: new Date(tools.now()).toISOString(), ...metrics, ...groups };
}

async function queuesOf(input: ExecutionInput, tools: Tools): Promise<Partial<Observation>> {
  try {
    return named(await withFreshTokenIfRefused(input, tools), input);
  } catch (error) {
    const fault = toFault(error);
    tools.log.warn("no metrics from Buildkite", { cluster: input.name, fault });
    return { queuesFault: fault };
  }
}

/** Whose metrics they are is told only where they will be published: it is logged with every step. */
function named(
  { organization, cluster, ...rest }: AgentMetrics,
  { publishMetrics }: ExecutionInput,
) {
  return publishMetrics ? { organization, cluster, ...rest } : rest;
}

/** A token that Buildkite refuses may have been rotated since it was cached: it is read afresh once. */
async function withFreshTokenIfRefused(input: ExecutionInput, tools: Tools): Promise<AgentMetrics> {
  try {
    return await metricsOf(input, false, tools);
  } catch (error) {
    if (!(error instanceof NamedFault) || error.name !== "BuildkiteUnauthorized") throw error;
    return await metricsOf(input, true, tools);
  }
}

async function metricsOf(input: ExecutionInput, freshToken: boolean, tools: Tools) {
  const { agentTokenParameter, agentEndpoint, scalers } = input;
  const token = await readAgentToken(agentTokenParameter, freshToken, tools.signal);
  const queues = [...new Set(scalers.flatMap((scaler) => scaler.queues))];
  return await readAgentMetrics({ endpoint: agentEndpoint, token, queues, ...tools });
}

async function groupsOf(input: ExecutionInput, tools: Tools): Promise<Partial<Observation>> {
  try {
    const names = input.scalers.map(({ group }) => group);
    return { groups: await readGroups(names, tools.signal) };
  } catch (error) {
    const fault = toFault(error);
    tools.log.warn("no state of the groups", { cluster: input.name, fault });
    return { groupsFault: fault };
  }
}

export const handler = task(event, fetchMetrics);
