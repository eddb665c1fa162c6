import * as v from "valibot";
import { readAgentToken } from "./clients/agent-token.ts";
import { readGroups } from "./clients/auto-scaling.ts";
import { type AgentMetrics, readAgentMetrics, ThrottledByBuildkite } from "./clients/buildkite.ts";
import { mapWithConcurrency } from "./clients/map-with-concurrency.ts";
import { readAnswers, readStops } from "./clients/run-command.ts";
import { type ExecutionInput, parseExecutionInput } from "./core/execution-input.ts";
import type { FactsFault, Fault, Observation } from "./core/facts.ts";
import { NamedFault, toFault } from "./core/faults.ts";
import {
  type GroupSelection,
  type GroupState,
  type InstanceFacts,
  listOpenLooks,
  selectFacts,
  selectGroups,
} from "./core/graceful/select-facts.ts";
import { type Memory, memorySchema } from "./core/memory.ts";
import { SLOT_SECONDS } from "./core/slot.ts";
import { writeMetric } from "./middleware/embedded-metric.ts";
import { type Tools, task } from "./middleware/task.ts";

const eventSchema = v.object({ input: v.unknown(), memory: v.optional(memorySchema, {}) });

const clients = { readAgentToken, readAgentMetrics, readGroups, readAnswers, readStops };

/** The services that Fetch metrics reads. */
export type FetchClients = typeof clients;

async function fetchMetrics(
  { input, memory }: v.InferOutput<typeof eventSchema>,
  tools: Tools<FetchClients>,
) {
  return await gatherFacts(parseExecutionInput(input), memory, tools);
}

/**
 * Gathers one poll's facts: the metrics of every queue and the state of every group, read side by side,
 * and, if a graceful group needs them, the answers of its instances. If a source fails, its fault takes
 * the place of its facts and the other sources' facts stay.
 */
export async function gatherFacts(
  input: ExecutionInput,
  memory: Memory,
  tools: Tools<FetchClients>,
): Promise<Observation> {
  const [metrics, { groups, ...groupsFault }] = await Promise.all([
    gatherQueues(input, tools),
    gatherGroups(input, tools),
  ]);
  const instances = groups === undefined ? {} : await gatherInstances(input, groups, memory, tools);
  return {
    observedAt: new Date(tools.now()).toISOString(),
    ...metrics,
    ...groupsFault,
    ...instances,
  };
}

async function gatherQueues(
  input: ExecutionInput,
  tools: Tools<FetchClients>,
): Promise<Partial<Observation>> {
  const waitSeconds = findWaitSeconds(input, tools.now());
  if (waitSeconds > 0)
    return { minimumPollSeconds: waitSeconds, queuesFault: waitFault(waitSeconds) };
  try {
    const { doubts, ...metrics } = await readWithRotatedToken(input, tools);
    if (doubts.length > 0) tools.log.warn("agents do not add up", { loop: input.name, doubts });
    return withoutUnpublishedNames(metrics, input);
  } catch (error) {
    const fault = toFault(error);
    tools.log.warn("no metrics from Buildkite", { loop: input.name, fault });
    return { queuesFault: fault, ...readRetryAfter(error) };
  }
}

/** How long Buildkite wants to be left alone. */
function readRetryAfter(error: unknown): Pick<Observation, "minimumPollSeconds"> {
  const isKnown = error instanceof ThrottledByBuildkite && error.retryAfterSeconds !== undefined;
  return isKnown ? { minimumPollSeconds: error.retryAfterSeconds } : {};
}

/** Keeps organization and cluster only if metrics are published: every byte is logged with each step. */
function withoutUnpublishedNames(
  { organization, cluster, ...rest }: Omit<AgentMetrics, "doubts">,
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
  { name, agentTokenParameter, agentEndpoint, scalers }: ExecutionInput,
  freshToken: boolean,
  { clients, signal, log, now }: Tools<FetchClients>,
) {
  refuseUnknownEndpoint(agentEndpoint);
  const askedMs = now();
  const { token, fault } = await clients.readAgentToken(agentTokenParameter, freshToken, signal);
  if (fault !== undefined) {
    log.warn("the agent token is the last one that was read", { loop: name, fault });
    writeMetric("AgentTokenNotRead", 1, name, now(), { fault });
  }
  const queues = [...new Set(scalers.flatMap((scaler) => scaler.queues))];
  const metrics = await clients.readAgentMetrics({
    endpoint: agentEndpoint,
    token,
    queues,
    signal,
    now,
  });
  rememberInterval(agentTokenParameter, metrics.minimumPollSeconds, askedMs);
  return metrics;
}

/**
 * When Buildkite may be read again, by token parameter, if it asks for a longer interval than a slot. An
 * execution starts without knowing that, but a warm Lambda does. Nothing breaks if it is forgotten: then
 * Buildkite is read once too early.
 */
const nextReadMs = new Map<string, number>();

/** A poll may begin a little sooner after its beat than the one before. */
const BEATS_DIFFER_MILLISECONDS = 1000;

function rememberInterval(parameter: string, seconds: number | undefined, askedMs: number): void {
  if (seconds !== undefined && seconds > SLOT_SECONDS)
    nextReadMs.set(parameter, askedMs + seconds * 1000);
  else nextReadMs.delete(parameter);
}

function findWaitSeconds({ agentTokenParameter }: ExecutionInput, nowMs: number): number {
  const waitMs = (nextReadMs.get(agentTokenParameter) ?? nowMs) - nowMs;
  return waitMs <= BEATS_DIFFER_MILLISECONDS ? 0 : Math.ceil(waitMs / 1000);
}

function waitFault(seconds: number): Fault {
  const message = `Buildkite asks for a longer poll interval: it is read again in ${seconds} s`;
  return toFault(new NamedFault("BuildkiteThrottled", message));
}

/**
 * The endpoint is in the execution's input, and whoever may start executions could send the agent token to
 * a host of their choice. So the deployed function knows the endpoints of scalers.yml, and sends it to no
 * other. Without a deployment (`run`), the input is the user's own.
 */
function refuseUnknownEndpoint(agentEndpoint: string): void {
  const known = process.env.AGENT_ENDPOINTS?.split(" ");
  if (known === undefined || known.includes(agentEndpoint)) return;
  const message = `${agentEndpoint} is not an agentEndpoint of the deployed scalers.yml; allowed: ${known.join(", ")}`;
  throw new NamedFault("AgentEndpointNotDeployed", message);
}

async function gatherGroups(
  input: ExecutionInput,
  { clients, signal, log }: Tools<FetchClients>,
): Promise<{ groups?: Record<string, GroupState | FactsFault>; groupsFault?: Fault }> {
  try {
    const names = input.scalers.map(({ group }) => group);
    return { groups: await clients.readGroups(names, signal) };
  } catch (error) {
    const fault = toFault(error);
    log.warn("no state of the groups", { loop: input.name, fault });
    return { groupsFault: fault };
  }
}

/** Reads what instances answered, and drops what the poll does not need. In a quiet poll nothing is read. */
async function gatherInstances(
  input: ExecutionInput,
  groups: Record<string, GroupState | FactsFault>,
  memory: Memory,
  tools: Tools<FetchClients>,
): Promise<Pick<Observation, "groups" | "answers" | "stops" | "commandsFault">> {
  const selection = selectGroups(input.scalers, groups, memory, tools.now());
  const told = await askInstances(input, selection, memory, tools);
  return selectFacts(selection, told, memory, tools.now());
}

const COMMANDS_AT_ONCE = 5;

async function askInstances(
  { name, scalers }: ExecutionInput,
  { stopsSince }: GroupSelection,
  memory: Memory,
  { clients, signal, log }: Tools<FetchClients>,
): Promise<InstanceFacts> {
  const looks = listOpenLooks(scalers, memory);
  if (looks.length === 0 && stopsSince === undefined) return {};
  try {
    const [stops, answers] = await Promise.all([
      stopsSince === undefined ? undefined : clients.readStops(stopsSince, name, signal),
      mapWithConcurrency(COMMANDS_AT_ONCE, looks, ({ command, at }) =>
        clients.readAnswers(command, at, signal),
      ),
    ]);
    return {
      ...(looks.length === 0 ? {} : { answers: Object.assign({}, ...answers) }),
      ...(stops === undefined ? {} : { stops }),
    };
  } catch (error) {
    const fault = toFault(error);
    log.warn("no answers of the instances", { cluster: name, fault });
    return { commandsFault: fault };
  }
}

/** Returns the handler with the clients that it calls. */
export const createHandler = (fetchClients: FetchClients) =>
  task(eventSchema, fetchMetrics, fetchClients);

export const handler = createHandler(clients);
