import * as v from "valibot";
import {
  type GroupTag,
  readGroups,
  setDesiredCapacity,
  terminateInstances,
  writeTimesTags,
} from "./clients/auto-scaling.ts";
import { mapWithConcurrency } from "./clients/map-with-concurrency.ts";
import { sendCommand } from "./clients/run-command.ts";
import { runWithTimeLimit } from "./clients/time-limit.ts";
import { listenSchema, shortenListen } from "./core/events.ts";
import type { Fault } from "./core/facts.ts";
import { type FaultName, NamedFault, toFault } from "./core/faults.ts";
import { formatTimesTag } from "./core/group-times.ts";
import { instantSchema, parseInstantMs } from "./core/instant.ts";
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
    listen: v.optional(listenSchema),
  }),
});

const clients = { readGroups, setDesiredCapacity, terminateInstances, writeTimesTags, sendCommand };

/** The services that Apply scaling commands. */
export type ApplyClients = typeof clients;

/**
 * The outcome of one change: the desired capacity that was set, or the fault that prevented it. A change
 * is unconfirmed if its answer was lost: it may have been made.
 */
type Outcome = { set: number } | { fault: Fault; unconfirmed?: true };

/** The outcomes of changes, by scaler. */
type Outcomes = ReadonlyMap<string, Outcome>;

const CALLS_AT_ONCE = 10;

/**
 * Carries out a plan within the slot. By the slot's end another execution has fresher facts, and a late
 * command would undo what that one does. So no call begins after it, and one that has no answer by then
 * is aborted and not repeated.
 */
export async function applyScaling(
  event: v.InferOutput<typeof eventSchema>,
  tools: Tools<ApplyClients>,
) {
  const { pollUntil } = event.carry.loop ?? {};
  if (pollUntil === undefined) return await carryOut(event, tools);
  const endMs = parseInstantMs(pollUntil);
  const leftMs = Math.max(0, endMs - tools.now());
  return await runWithTimeLimit(leftMs, tools.signal, (signal) =>
    carryOut(event, {
      ...tools,
      signal,
      clients: refuseAfter(endMs, tools),
    }),
  );
}

/** Returns the clients with calls that fail at or after a time. */
function refuseAfter(endMs: number, { clients, now }: Tools<ApplyClients>): ApplyClients {
  const refuseLate =
    <Arguments extends unknown[], Result>(call: (...args: Arguments) => Promise<Result>) =>
    async (...args: Arguments): Promise<Result> => {
      if (now() >= endMs)
        throw new NamedFault("SlotEnded", `the slot ended at ${new Date(endMs).toISOString()}`);
      return await call(...args);
    };
  return {
    readGroups: refuseLate(clients.readGroups),
    setDesiredCapacity: refuseLate(clients.setDesiredCapacity),
    terminateInstances: refuseLate(clients.terminateInstances),
    writeTimesTags: refuseLate(clients.writeTimesTags),
    sendCommand: refuseLate(clients.sendCommand),
  };
}

/**
 * Carries out a plan: raises first, because jobs wait for them; then the groups' tags; then what needs
 * the tags: lowerings, terminations and stops; looks last. What fails does not stop the rest. A cooldown
 * starts unless AWS refused the change: one whose answer was lost may have been made. Returns the carried
 * state with each change's outcome in `applied`, and with a listen for the time that is left.
 */
async function carryOut(
  { loop, plan, carry: { listen: planned, ...carry } }: v.InferOutput<typeof eventSchema>,
  tools: Tools<ApplyClients>,
) {
  const raises = plan.changes.filter(({ action }) => action === "scale-out");
  const lowerings = plan.changes.filter(({ action }) => action === "scale-in");
  const raised = await raise(raises, tools);
  const untimed = await writeTimes(listTimes(plan, carry.memory, raised), tools);
  const lowered = await lower(lowerings, untimed, tools);
  await writeTimes(listRefusedTimes(lowerings, carry.memory, lowered), tools);
  const commandFaults = await stopAndEnd(loop, withoutGroups(plan, untimed), tools);
  const looks = await look(loop, plan, tools);
  const applied = new Map([...raised, ...lowered]);
  reportRefusals(loop, applied, [...commandFaults, ...looks.faults], tools);
  const made = plan.changes.filter(({ scaler }) => mayBeMade(applied.get(scaler)));
  const listen = shortenListen(planned, tools.now());
  return {
    ...carry,
    ...(listen === undefined ? {} : { listen }),
    memory: recordLooks(looks.sent, recordScalings(made, carry.memory, plan.decidedAt)),
    applied: Object.fromEntries(applied),
  };
}

/** Whether desired capacity is, or may be, what a change sets. */
function mayBeMade(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && ("set" in outcome || outcome.unconfirmed === true);
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
    const isSent = !signal.aborted;
    try {
      await clients.setDesiredCapacity(group, to, signal);
      return [scaler, { set: to }];
    } catch (error) {
      const fault = toFault(error);
      log.warn("desired capacity not set", { scaler, group, to, fault });
      return [
        scaler,
        isSent && NO_ANSWER.has(fault.error) ? { fault, unconfirmed: true } : { fault },
      ];
    }
  });
}

/** Faults of a change that do not say whether it was made. */
const NO_ANSWER: ReadonlySet<string> = new Set<FaultName>([
  "AutoScalingUnavailable",
  "AutoScalingInvalidAnswer",
]);

/** Why a group's tag could not be written, by group. */
type TimesFaults = ReadonlyMap<string, Fault>;

/**
 * What the groups' tags have to say. A scale-in counts before it is made, a scale-out only if it was
 * made, or may have been.
 */
function listTimes(
  { times = [], changes, decidedAt }: Plan,
  memory: Memory,
  outcomes: Outcomes,
): GroupTag[] {
  const recall = (scaler: string) => pickTimes(ownValue(memory, scaler) ?? {});
  const counted = changes.filter(
    ({ scaler, action }) => action === "scale-in" || mayBeMade(outcomes.get(scaler)),
  );
  return [
    ...times.map(({ scaler, group, desired }) => ({
      group,
      times: { ...recall(scaler), desired },
    })),
    ...counted.map((change) => ({
      group: change.group,
      times: addChange(recall(change.scaler), change, {
        decidedAt,
        isMade: "set" in (outcomes.get(change.scaler) ?? {}),
      }),
    })),
  ].map(({ group, times }) => ({ group, value: formatTimesTag(times) }));
}

/** What the tags of groups have to say whose scale-in was refused: that it did not happen. */
function listRefusedTimes(
  lowerings: readonly Change[],
  memory: Memory,
  outcomes: Outcomes,
): GroupTag[] {
  return lowerings
    .filter(({ scaler }) => {
      const outcome = outcomes.get(scaler);
      if (outcome === undefined || mayBeMade(outcome) || "set" in outcome) return false;
      return !NOT_LOWERED.has(outcome.fault.error);
    })
    .map(({ scaler, group, from }) => ({
      group,
      value: formatTimesTag({ ...pickTimes(ownValue(memory, scaler) ?? {}), desired: from }),
    }));
}

/** Faults before which the tag was not written, or after which there is no group. */
const NOT_LOWERED: ReadonlySet<string> = new Set<FaultName>([
  "TimesNotWritten",
  "GroupNotFound",
  "GroupBeingDeleted",
]);

/**
 * Writes the groups' tags: after raises, and before anything that makes a group smaller. Returns what
 * could not be written: everything that needs those tags waits for a later poll. AWS refuses the whole
 * call if one group is gone, so the others are then written one by one.
 */
async function writeTimes(
  tags: readonly GroupTag[],
  tools: Tools<ApplyClients>,
): Promise<TimesFaults> {
  const faults = await writeTags(tags, tools);
  const isOneGone = [...faults.values()].some(({ error }) => error === "GroupNotFound");
  if (!isOneGone || tags.length === 1) return faults;
  const each = await mapWithConcurrency(CALLS_AT_ONCE, tags, (tag) => writeTags([tag], tools));
  return new Map(each.flatMap((one) => [...one]));
}

async function writeTags(
  tags: readonly GroupTag[],
  { clients, signal, log }: Tools<ApplyClients>,
): Promise<TimesFaults> {
  if (tags.length === 0) return new Map();
  try {
    await clients.writeTimesTags(tags, signal);
    return new Map();
  } catch (error) {
    const fault = toTimesFault(toFault(error));
    log.warn("times not written into the groups' tags", { fault });
    return new Map(tags.map(({ group }) => [group, fault]));
  }
}

function toTimesFault(fault: Fault): Fault {
  if (fault.error === "GroupNotFound" || fault.error === "SlotEnded") return fault;
  return toFault(new NamedFault("TimesNotWritten", fault.message));
}

async function lower(
  changes: readonly Change[],
  untimed: TimesFaults,
  tools: Tools<ApplyClients>,
): Promise<Outcomes> {
  const held = changes.flatMap(({ scaler, group }): [string, Outcome][] => {
    const fault = untimed.get(group);
    return fault === undefined ? [] : [[scaler, { fault }]];
  });
  const due = changes.filter(({ group }) => !untimed.has(group));
  return new Map([...held, ...(await setAll(due, tools))]);
}

/** The plan without the commands that need a tag which could not be written. */
function withoutGroups(plan: Plan, untimed: TimesFaults): Plan {
  const isTimed = ({ group }: { group: string }) => !untimed.has(group);
  return {
    ...plan,
    terminations: plan.terminations?.filter(isTimed),
    stops: plan.stops?.filter(isTimed),
  };
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

/**
 * Looks at instances. Returns the looks that were sent, and why others were refused: the next poll looks
 * again. A look that Systems Manager refuses for every instance is remembered without a command, because
 * nobody answers it.
 */
async function look(
  loop: string,
  { looks = [], decidedAt }: Plan,
  tools: Tools<ApplyClients>,
): Promise<{ sent: SentLook[]; faults: Fault[] }> {
  const batches = batchCommands(looks);
  const results = await mapWithConcurrency(CALLS_AT_ONCE, batches, async (batch) => ({
    batch,
    result: await attempt(tools, () => command(loop, "look", batch, tools)),
  }));
  const sent = results.flatMap(({ batch, result }) => {
    if ("fault" in result) return [];
    const { commandId = "" } = result.value;
    return batch.scalers.map(({ scaler, instances }) => ({
      scaler,
      look: { command: commandId, at: decidedAt, instances },
    }));
  });
  const faults = results.flatMap(({ result }) => ("fault" in result ? [result.fault] : []));
  return { sent, faults };
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
  const refused = [...outcomes, ...commandFaults.map((fault) => ({ fault }))].filter(
    ({ fault }) => fault.error !== "SlotEnded", // AWS was not asked.
  );
  if (refused.length > 0) writeMetric("RefusedScalings", refused.length, loop, now(), { refused });
}

/** Returns the handler with the clients that it calls. */
export const createHandler = (applyClients: ApplyClients) =>
  task(eventSchema, applyScaling, applyClients);

export const handler = createHandler(clients);
