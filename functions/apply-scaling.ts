import * as v from "valibot";
import {
  readGroups,
  setDesiredCapacity,
  terminateInstances,
  writeTimesTags,
} from "./clients/auto-scaling.ts";
import { mapWithConcurrency } from "./clients/map-with-concurrency.ts";
import { sendCommand } from "./clients/run-command.ts";
import { isSlotOver } from "./core/beat.ts";
import type { Fault } from "./core/facts.ts";
import { NamedFault, toFault } from "./core/faults.ts";
import { formatTimesTag } from "./core/group-times.ts";
import { instantSchema } from "./core/instant.ts";
import {
  type Memory,
  memorySchema,
  recordLooks,
  recordScalings,
  type SentLook,
} from "./core/memory.ts";
import { ownValue } from "./core/own-value.ts";
import {
  addChange,
  batchCommands,
  type Change,
  type CommandBatch,
  groupTerminations,
  type Plan,
  planSchema,
} from "./core/plan.ts";
import { pickTimes } from "./core/times-update.ts";
import { writeMetric } from "./middleware/embedded-metric.ts";
import { type Tools, task } from "./middleware/task.ts";

const eventSchema = v.object({
  loop: v.optional(v.string(), ""),
  plan: planSchema,
  carry: v.looseObject({
    memory: memorySchema,
    loop: v.optional(v.looseObject({ pollUntil: v.optional(instantSchema) })),
  }),
});

const clients = { readGroups, setDesiredCapacity, terminateInstances, writeTimesTags, sendCommand };

/** The services that Apply scaling commands. */
export type ApplyClients = typeof clients;

/** The outcome of one change: the desired capacity that was set, or the fault that prevented it. */
type Outcome = { set: number } | { fault: Fault };

/** The outcomes of changes, by scaler. */
type Outcomes = ReadonlyMap<string, Outcome>;

const CALLS_AT_ONCE = 10;

/**
 * Carries out a plan: raises first, because jobs wait for them; then the groups' tags; then what needs
 * the tags: lowerings, terminations and stops; looks last. What fails does not stop the rest and starts
 * no cooldown. Returns the carried state with each change's outcome in `applied`; sets `lastPoll` if the
 * calls outlasted the slot, because another loop polls by then.
 */
export async function applyScaling(
  { loop, plan, carry }: v.InferOutput<typeof eventSchema>,
  tools: Tools<ApplyClients>,
) {
  const raises = plan.changes.filter(({ action }) => action === "scale-out");
  const lowerings = plan.changes.filter(({ action }) => action === "scale-in");
  const raised = await raise(raises, tools);
  const timesFault = await writeTimes(plan, carry.memory, raised, tools);
  const lowered = await lower(lowerings, timesFault, tools);
  const commandFaults = timesFault === undefined ? await stopAndEnd(loop, plan, tools) : [];
  const looks = await look(loop, plan, tools);
  const applied = new Map([...raised, ...lowered]);
  reportRefusals(loop, applied, commandFaults, tools);
  const succeeded = plan.changes.filter(({ scaler }) => "set" in (applied.get(scaler) ?? {}));
  return {
    ...carry,
    memory: recordLooks(looks, recordScalings(succeeded, carry.memory, plan.decidedAt)),
    applied: Object.fromEntries(applied),
    ...(isSlotOver(carry.loop?.pollUntil, tools.now()) ? { lastPoll: true } : {}),
  };
}

/**
 * Raises desired capacities. The value is absolute, so a graceful group is read once more: if it has
 * grown meanwhile, setting the value would lower it and end instances with jobs.
 */
async function raise(changes: readonly Change[], tools: Tools<ApplyClients>): Promise<Outcomes> {
  const graceful = changes.filter((change) => change.graceful);
  const grown = await findGrown(graceful, tools);
  const due = changes.filter(({ scaler }) => !grown.has(scaler));
  return new Map([...grown, ...(await setAll(due, tools))]);
}

async function findGrown(
  changes: readonly Change[],
  { clients, signal }: Tools<ApplyClients>,
): Promise<Outcomes> {
  if (changes.length === 0) return new Map();
  try {
    const names = changes.map(({ group }) => group);
    const groups = await clients.readGroups(names, signal);
    return new Map(
      changes.flatMap(({ scaler, group, to }): [string, Outcome][] => {
        const state = ownValue(groups, group);
        if (state === undefined) return [];
        if ("fault" in state) return [[scaler, state]];
        return state.desired >= to ? [[scaler, { set: state.desired }]] : [];
      }),
    );
  } catch (error) {
    const fault = toFault(error);
    return new Map(changes.map(({ scaler }) => [scaler, { fault }]));
  }
}

async function setAll(
  changes: readonly Change[],
  { clients, signal, log }: Tools<ApplyClients>,
): Promise<[string, Outcome][]> {
  return await mapWithConcurrency(CALLS_AT_ONCE, changes, async ({ scaler, group, to }) => {
    try {
      await clients.setDesiredCapacity(group, to, signal);
      return [scaler, { set: to }];
    } catch (error) {
      const fault = toFault(error);
      log.warn("desired capacity not set", { scaler, group, to, fault });
      return [scaler, { fault }];
    }
  });
}

/**
 * Writes what the groups' tags have to say: after raises, and before anything that makes a group
 * smaller. Returns the fault if that failed: what needs the tags then waits for a later poll.
 */
async function writeTimes(
  { times = [], changes, decidedAt }: Plan,
  memory: Memory,
  raised: Outcomes,
  { clients, signal, log }: Tools<ApplyClients>,
): Promise<Fault | undefined> {
  const recallScaler = (scaler: string) => pickTimes(ownValue(memory, scaler) ?? {});
  const made = changes.filter(({ scaler }) => !("fault" in (raised.get(scaler) ?? {})));
  const tags = [
    ...times.map(({ scaler, group, desired }) => ({
      group,
      times: { ...recallScaler(scaler), desired },
    })),
    ...made.map((change) => ({
      group: change.group,
      times: addChange(recallScaler(change.scaler), change, decidedAt),
    })),
  ].map(({ group, times }) => ({ group, value: formatTimesTag(times) }));
  if (tags.length === 0) return undefined;
  try {
    await clients.writeTimesTags(tags, signal);
    return undefined;
  } catch (error) {
    const { message } = toFault(error);
    const fault = toFault(new NamedFault("TimesNotWritten", message));
    log.warn("times not written into the groups' tags", { fault });
    return fault;
  }
}

async function lower(
  changes: readonly Change[],
  timesFault: Fault | undefined,
  tools: Tools<ApplyClients>,
): Promise<[string, Outcome][]> {
  if (timesFault === undefined) return await setAll(changes, tools);
  return changes.map(({ scaler }) => [scaler, { fault: timesFault }]);
}

/** Ends stopped and dead instances, then stops agents. Returns what was refused. */
async function stopAndEnd(
  loop: string,
  { terminations = [], stops = [] }: Plan,
  tools: Tools<ApplyClients>,
): Promise<Fault[]> {
  const { clients, signal } = tools;
  const ended = await mapWithConcurrency(
    CALLS_AT_ONCE,
    groupTerminations(terminations),
    ({ group, instances, decrement }) =>
      attempt(tools, () => clients.terminateInstances(group, instances, decrement, signal)),
  );
  const stopped = await mapWithConcurrency(CALLS_AT_ONCE, batchCommands(stops), (batch) =>
    attempt(tools, () => command(loop, "stop", batch, tools)),
  );
  return [...ended, ...stopped].flatMap((result) => ("fault" in result ? [result.fault] : []));
}

/** Looks at instances. A look that fails is no fault of the scaling: the next poll looks again. */
async function look(
  loop: string,
  { looks = [], decidedAt }: Plan,
  tools: Tools<ApplyClients>,
): Promise<SentLook[]> {
  const sent = await mapWithConcurrency(CALLS_AT_ONCE, batchCommands(looks), async (batch) => {
    const result = await attempt(tools, () => command(loop, "look", batch, tools));
    const commandId = "value" in result ? result.value.commandId : undefined;
    if (commandId === undefined) return [];
    return batch.scalers.map(({ scaler, instances }) => ({
      scaler,
      look: { command: commandId, at: decidedAt, instances },
    }));
  });
  return sent.flat();
}

async function command(
  loop: string,
  verb: "look" | "stop",
  { unit, busy, instances, scalers }: CommandBatch,
  { clients, signal }: Tools<ApplyClients>,
) {
  const action = verb === "look" ? "look" : busy ? "stop" : "stop-if-idle";
  const comment = `${loop} ${verb} ${scalers.map(({ scaler }) => scaler).join(" ")}`;
  return await clients.sendCommand({ action, unit, instances, comment }, signal);
}

async function attempt<Value>(
  { log }: Tools<ApplyClients>,
  work: () => Promise<Value>,
): Promise<{ value: Value } | { fault: Fault }> {
  try {
    return { value: await work() };
  } catch (error) {
    const fault = toFault(error);
    log.warn("command not carried out", { fault });
    return { fault };
  }
}

function reportRefusals(
  loop: string,
  applied: Outcomes,
  commandFaults: readonly Fault[],
  { now }: Tools<ApplyClients>,
): void {
  const outcomes = [...applied.values()].filter((outcome) => "fault" in outcome);
  const refused = [...outcomes, ...commandFaults.map((fault) => ({ fault }))];
  if (refused.length > 0) writeMetric("RefusedScalings", refused.length, loop, now(), { refused });
}

export const handler = task(eventSchema, applyScaling, clients);
