import type { ApplyClients } from "../../functions/apply-scaling.ts";
import type { GroupState } from "../../functions/core/graceful/select-facts.ts";
import { TIMES_TAG } from "../../functions/core/group-times.ts";
import type { FetchClients } from "../../functions/fetch-metrics.ts";
import type { Tools } from "../../functions/middleware/task.ts";
import type { Fleet } from "../fleet/fleet.ts";

/** What the handlers' steps need: clients, a clock and a log. */
export type FleetTools = Tools<FetchClients & ApplyClients>;

/** Creates tools whose clients read and command a fleet, on the fleet's clock. */
export function createFleetTools(fleet: Fleet): FleetTools {
  return {
    clients: createFleetClients(fleet),
    signal: new AbortController().signal,
    log: { info: () => {}, warn: throwWarning, error: throwWarning },
    now: () => fleet.nowMs,
  };
}

function createFleetClients(fleet: Fleet): FleetTools["clients"] {
  const { organization, cluster } = fleet;
  return {
    readAgentToken: async () => "",
    readAgentMetrics: async ({ queues }) => ({
      organization,
      cluster,
      queues: collectKnown(queues, (name) => fleet.queueFacts(name)),
      metricsAgeSeconds: 0,
    }),
    readGroups: async (names) => collectKnown(names, (name) => readGroup(fleet, name)),
    setDesiredCapacity: async (group, desired) => fleet.setDesiredCapacity(group, desired),
    writeTimesTags: async (tags) => {
      for (const { group, value } of tags) fleet.setTag(group, TIMES_TAG, value);
    },
    terminateInstances: async () => {},
    sendCommand: async ({ instances }) => ({ refused: [...instances] }),
    readAnswers: async () => ({}),
    readStops: async () => ({}),
  };
}

function readGroup(fleet: Fleet, name: string): GroupState | undefined {
  const facts = fleet.groupFacts(name);
  const tags = fleet.group(name)?.tags;
  const timesTag = tags?.get(TIMES_TAG);
  if (facts === undefined) return undefined;
  return { ...facts, instances: [], ...(timesTag === undefined ? {} : { timesTag }) };
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
