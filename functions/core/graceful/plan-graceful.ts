import type { ScalerMemory } from "../memory.ts";
import type { InstanceCommand, Termination } from "../plan.ts";
import type { Scaler } from "../scaler.ts";
import type { InstanceCounts } from "./count-instances.ts";
import { type GroupPlan, type PollContext, planGroup } from "./plan-group.ts";

/** The most looks and stops of one loop in one poll, and the most instances that drain at once. */
const MOST = { looks: 200, stops: 100, leaving: 300 };

/** A group that shares its queues is looked through this often. */
export const SWEEP_SECONDS = 300;

/** What one poll does in the graceful groups of a loop. */
export interface GracefulPlan {
  looks: InstanceCommand[];
  stops: InstanceCommand[];
  terminations: Termination[];
  /** By scaler: what to add to the decision's reasons. */
  reasons: Map<string, string[]>;
  /** By scaler: what the next poll has to know. */
  memory: Map<string, ScalerMemory>;
  counts: InstanceCounts;
}

/** Plans the looks, stops and terminations of every graceful group whose facts are known. */
export function planGraceful(context: PollContext): GracefulPlan {
  const plan: GracefulPlan = {
    looks: [],
    stops: [],
    terminations: [],
    reasons: new Map(),
    memory: new Map(),
    counts: { draining: 0, overdue: 0, dangling: 0, notAnswering: 0 },
  };
  const graceful = context.verdicts.filter(({ scaler }) => scaler.scaleIn.graceful);
  const leavingNow = graceful.reduce(
    (sum, { basis }) => sum + (basis?.leaving.drains.size ?? 0),
    0,
  );
  for (const { scaler, group, basis } of inTurn(graceful, context.observation.observedAt)) {
    if (basis === undefined || group === undefined) continue;
    const room = {
      looks: MOST.looks - sumInstances(plan.looks),
      stops: Math.min(MOST.stops, MOST.leaving - leavingNow) - sumInstances(plan.stops),
      busyStops:
        group.max - (basis.situation.group.desired - basis.surplus) - basis.leaving.drains.size,
    };
    addGroup(plan, planGroup({ scaler, group, basis, room, context }), scaler);
  }
  return plan;
}

/** Scalers take turns by the minute, so that limits of the loop never favour the same ones. */
function inTurn<Item>(items: readonly Item[], observedAt: string): Item[] {
  const start = Math.floor(Date.parse(observedAt) / 60_000) % Math.max(1, items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}

function sumInstances(commands: readonly InstanceCommand[]): number {
  return commands.reduce((sum, { instances }) => sum + instances.length, 0);
}

function addGroup(plan: GracefulPlan, group: GroupPlan, scaler: Scaler): void {
  const target = { scaler: scaler.name, group: scaler.group };
  const command = { ...target, unit: scaler.scaleIn.unit };
  if (group.looks.length > 0) plan.looks.push({ ...command, instances: group.looks });
  if (group.stops.length > 0)
    plan.stops.push({ ...command, instances: group.stops, ...(group.busy ? { busy: true } : {}) });
  plan.terminations.push(...group.terminations.map((each) => ({ ...target, ...each })));
  plan.reasons.set(scaler.name, group.reasons);
  plan.memory.set(scaler.name, group.memory);
  plan.counts.draining += group.counts.draining;
  plan.counts.overdue += group.counts.overdue;
  plan.counts.dangling += group.counts.dangling;
  plan.counts.notAnswering += group.counts.notAnswering;
}
