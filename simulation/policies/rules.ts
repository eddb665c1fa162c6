import type { LoopInput } from "../../config/loops.ts";
import { nextBeatMs } from "../../functions/core/beat.ts";
import { sortScaleOutsFirst } from "../../functions/core/decision.ts";
import { parseExecutionInput } from "../../functions/core/execution-input.ts";
import type { Observation } from "../../functions/core/facts.ts";
import { formatInstant } from "../../functions/core/instant.ts";
import {
  assumeUnseenDirection,
  findLastScalings,
  lookBackSeconds,
  type Memory,
  recordScalings,
  type ScalerMemory,
} from "../../functions/core/memory.ts";
import { decidePoll } from "../../functions/core/poll.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import {
  computePhaseSeconds,
  computeSlot,
  SLOT_LEAD_SECONDS,
  SLOT_SECONDS,
  type Slot,
  type SlotFacts,
} from "../../functions/core/slot.ts";
import type { Actor, Policy, PolicyWorld } from "./policy.ts";

/** A scalers file, decided by this project's own rules, on their own beat. */
export function createRulesPolicy(
  name: string,
  loops: readonly LoopInput[],
  about: string,
): Policy {
  return {
    name,
    about,
    loops,
    actors: (world) => loops.map((loop) => new ScalingLoop(loop, world)),
  };
}

/**
 * One loop of the state machine over a virtual clock: slot after slot, each with its history recalled
 * at its start, each poll decided as Compute capacity decides it. A poll takes no time here.
 */
class ScalingLoop implements Actor {
  readonly #world: PolicyWorld;
  readonly #scalers: readonly Scaler[];
  readonly #phaseSeconds: number;
  #beatMs: number;
  #slotEndMs = 0;
  #memory: Memory = {};
  #polls = 0;
  /** Nothing was decided, and nothing is remembered that could decide by the mere passing of time. */
  #isQuiet = false;

  constructor(loop: LoopInput, world: PolicyWorld) {
    const { scalers, name, startupJitter } = parseExecutionInput(loop);
    this.#world = world;
    this.#scalers = scalers;
    this.#phaseSeconds = computePhaseSeconds(name, startupJitter);
    this.#beatMs = firstBeat(world, this.#phaseSeconds);
  }

  /** A quiet loop goes on polling, but finds nothing new before something happens. */
  nextMs(): number {
    if (!this.#isQuiet) return this.#beatMs;
    const eventMs = this.#world.fleet.nextEventMs();
    if (eventMs <= this.#beatMs || eventMs === Number.POSITIVE_INFINITY) {
      return Math.max(this.#beatMs, eventMs);
    }
    return this.#nextBeat(eventMs - 1);
  }

  act(): void {
    const { fleet, trace } = this.#world;
    const intervalMs = this.#world.pollIntervalSeconds * 1000;
    this.#polls += 1 + Math.round((fleet.nowMs - this.#beatMs) / intervalMs);
    this.#beatMs = fleet.nowMs;
    if (this.#beatMs >= this.#slotEndMs) this.#openSlot();
    trace.recordState();
    this.#poll();
    trace.recordState();
  }

  polls(untilMs: number): number {
    const intervalMs = this.#world.pollIntervalSeconds * 1000;
    return this.#polls + Math.max(0, Math.ceil((untilMs - this.#beatMs) / intervalMs));
  }

  #poll(): void {
    const { fleet, trace, pollIntervalSeconds } = this.#world;
    const observation = this.#observed();
    const { poll } = decidePoll({
      settings: { pollIntervalSeconds, publishIntervalSeconds: PUBLISH_SECONDS },
      loop: { nextPollAt: formatInstant(this.#beatMs), pollUntil: formatInstant(this.#slotEndMs) },
      scalers: this.#scalers,
      memory: this.#memory,
      observation,
      observedAt: observation.observedAt,
    });
    this.#memory = poll.carry.memory;
    const changes = poll.plan?.changes ?? [];
    if (changes.length > 0) {
      for (const change of sortScaleOutsFirst(changes))
        fleet.setDesiredCapacity(change.group, change.to);
      this.#memory = recordScalings(changes, this.#memory, observation.observedAt);
      for (const decision of poll.decisions) trace.recordDecision(decision);
    }
    this.#isQuiet = changes.length === 0 && Object.keys(this.#memory).length === 0;
    this.#beatMs = Date.parse(poll.nextPollAt);
  }

  #observed(): Observation {
    const { fleet } = this.#world;
    const queues: NonNullable<Observation["queues"]> = {};
    const groups: NonNullable<Observation["groups"]> = {};
    for (const scaler of this.#scalers) {
      for (const name of scaler.queues) {
        const queue = fleet.queueFacts(name);
        if (queue !== undefined) queues[name] = queue;
      }
      const group = fleet.groupFacts(scaler.group);
      if (group !== undefined) groups[scaler.group] = group;
    }
    return { observedAt: new Date(fleet.nowMs).toISOString(), queues, groups };
  }

  /** A new execution remembers only what the groups' own logs tell. */
  #openSlot(): void {
    this.#slotEndMs = this.#slotAt(this.#beatMs)?.endMs ?? this.#beatMs + SLOT_SECONDS * 1000;
    const found = this.#scalers.flatMap((scaler): [string, ScalerMemory][] => {
      const last = this.#recall(scaler);
      return Object.keys(last).length === 0 ? [] : [[scaler.name, last]];
    });
    this.#memory = Object.fromEntries(found);
  }

  #recall(scaler: Scaler): ScalerMemory {
    const lookBack = lookBackSeconds(scaler);
    if (lookBack === 0) return {};
    const sinceMs = this.#beatMs - lookBack * 1000;
    const log = this.#world.fleet.activities(scaler.group, sinceMs);
    return assumeUnseenDirection(scaler, findLastScalings(log), new Date(sinceMs).toISOString());
  }

  /** The slot that holds this time, which starts when the schedule's executions would start. */
  #slotAt(ms: number): Slot | undefined {
    const slotMs = SLOT_SECONDS * 1000;
    const leadMs = SLOT_LEAD_SECONDS * 1000;
    const scheduledMs = Math.floor((ms - leadMs) / slotMs) * slotMs;
    return computeSlot(slotFacts(ms, scheduledMs, this.#world, this.#phaseSeconds));
  }

  #nextBeat(observedMs: number): number {
    const { pollIntervalSeconds: intervalSeconds } = this.#world;
    const beatMs = this.#beatMs - intervalSeconds * 1000;
    return nextBeatMs({ beatMs, observedMs, intervalSeconds });
  }
}

const PUBLISH_SECONDS = 60;

function slotFacts(
  nowMs: number,
  scheduledMs: number,
  { pollIntervalSeconds: intervalSeconds }: PolicyWorld,
  phaseSeconds: number,
): SlotFacts {
  return { nowMs, scheduledMs, slotSeconds: SLOT_SECONDS, intervalSeconds, phaseSeconds };
}

/** The first beat of the grid from the start on: that of a slot which begins just there. */
function firstBeat(world: PolicyWorld, phaseSeconds: number): number {
  const scheduledMs = world.startMs - SLOT_LEAD_SECONDS * 1000;
  const slot = computeSlot(slotFacts(scheduledMs, scheduledMs, world, phaseSeconds));
  if (slot === undefined) throw new RangeError("the poll interval is longer than a slot");
  return slot.firstBeatMs;
}
