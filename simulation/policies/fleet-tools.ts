import type { ApplyClients } from "../../functions/apply-scaling.ts";
import {
  type CommandRequest,
  type SentCommand,
  toAnswers,
  toStopRecords,
} from "../../functions/clients/run-command.ts";
import type { GroupState } from "../../functions/core/graceful/select-facts.ts";
import { TIMES_TAG } from "../../functions/core/group-times.ts";
import type { FetchClients } from "../../functions/fetch-metrics.ts";
import type { Tools } from "../../functions/middleware/task.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { UnknownInstances, type WorldInvocation } from "../fleet/world.ts";
import type { CallCounts } from "./policy.ts";

/** What the handlers' steps need: clients, a clock and a log. */
export type FleetTools = Tools<FetchClients & ApplyClients>;

/** Creates tools whose clients read and command a fleet, on the fleet's clock. @param calls counts their calls */
export function createFleetTools(fleet: Fleet, calls: CallCounts): FleetTools {
  return {
    clients: { ...createFleetClients(fleet, calls), ...createCommandClients(fleet, calls) },
    signal: new AbortController().signal,
    log: { info: () => {}, warn: throwWarning, error: throwWarning },
    now: () => fleet.nowMs,
  };
}

/** The most names in one call of DescribeAutoScalingGroups. */
const NAMES_PER_CALL = 100;

/** Returns how many calls of DescribeAutoScalingGroups read this many groups. */
export function countDescribeCalls(groups: number): number {
  return Math.ceil(groups / NAMES_PER_CALL);
}

function createFleetClients(fleet: Fleet, calls: CallCounts) {
  const { organization, cluster } = fleet;
  return {
    readAgentToken: async () => ({ token: "" }),
    readAgentMetrics: async ({ queues }: { queues: readonly string[] }) => ({
      organization,
      cluster,
      queues: collectKnown(queues, (name) => fleet.queueFacts(name)),
      doubts: [],
      metricsAgeSeconds: 0,
    }),
    readGroups: async (names: readonly string[]) => {
      calls.autoScaling += countDescribeCalls(names.length);
      return collectKnown(names, (name) => readGroup(fleet, name));
    },
    setDesiredCapacity: async (group: string, desired: number) => {
      calls.autoScaling += 1;
      fleet.setDesiredCapacity(group, desired);
    },
    writeTimesTags: async (tags: readonly { group: string; value: string }[]) => {
      calls.autoScaling += 1;
      for (const { group, value } of tags) fleet.setTag(group, TIMES_TAG, value);
    },
    terminateInstances: async (group: string, instances: readonly string[], decrement: boolean) => {
      calls.autoScaling += 1;
      fleet.terminateInstances(group, instances, decrement);
    },
  };
}

/** The names of the documents. Only the stop's has to differ from others. */
const DOCUMENTS = { look: "look", "stop-if-idle": "stop", stop: "stop" } as const;

const INVOCATIONS_PER_CALL = 50;

/** The most stops that are read, as the client of the handlers does. */
const MOST_STOPS = 200;

function createCommandClients(fleet: Fleet, calls: CallCounts) {
  return {
    sendCommand: async (request: CommandRequest) => sendCommand(fleet, request, calls),
    readAnswers: async (commandId: string, at: string) => {
      calls.ssm += 1;
      return toAnswers(fleet.invocations({ commandId }).map(toSdkInvocation), at);
    },
    readStops: async (since: string, loop: string) => {
      const afterMs = Math.floor(Date.parse(since) / 1000) * 1000;
      const stops = fleet.invocations({ document: DOCUMENTS.stop, afterMs, most: MOST_STOPS });
      calls.ssm += Math.max(1, Math.ceil(stops.length / INVOCATIONS_PER_CALL));
      return toStopRecords(stops.map(toSdkInvocation), loop);
    },
  };
}

/** As SSM does, the fleet refuses a command that names an unknown instance: it is sent once more to the others. */
function sendCommand(fleet: Fleet, request: CommandRequest, calls: CallCounts): SentCommand {
  const send = (instances: readonly string[]) => {
    calls.ssm += 1;
    return fleet.sendCommand({ ...request, instances, document: DOCUMENTS[request.action] });
  };
  try {
    return { commandId: send(request.instances), refused: [] };
  } catch (error) {
    if (!(error instanceof UnknownInstances)) throw error;
    const refused = [...error.ids];
    const instances = request.instances.filter((id) => !refused.includes(id));
    return instances.length === 0 ? { refused } : { commandId: send(instances), refused };
  }
}

/** Returns an invocation as the SDK's client of SSM does. */
function toSdkInvocation(invocation: WorldInvocation) {
  const { commandId, instanceId, comment, requestedMs, status, statusDetails, output } = invocation;
  return {
    CommandId: commandId,
    InstanceId: instanceId,
    Comment: comment,
    RequestedDateTime: new Date(requestedMs),
    Status: status,
    StatusDetails: statusDetails,
    CommandPlugins: [{ Output: output }],
  };
}

function readGroup(fleet: Fleet, name: string): GroupState | undefined {
  const facts = fleet.groupFacts(name);
  if (facts === undefined) return undefined;
  const timesTag = fleet.tag(name, TIMES_TAG);
  const instances = [...fleet.inServiceIds(name)];
  return { ...facts, instances, ...(timesTag === undefined ? {} : { timesTag }) };
}

/** The steps warn of calls that fail. No call to a fleet fails, so a warning is a defect of the model. */
function throwWarning(message: string, details: object = {}): never {
  throw new Error(`${message}: ${JSON.stringify(details)}`);
}

function collectKnown<Facts>(
  names: readonly string[],
  find: (name: string) => Facts | undefined,
): Record<string, Facts> {
  const known: Record<string, Facts> = {};
  for (const name of names) {
    const facts = find(name);
    if (facts !== undefined) known[name] = facts;
  }
  return known;
}
