import type { LoopInput } from "../../config/loops.ts";
import { parseExecutionInput } from "../../functions/core/execution-input.ts";
import { plural } from "../../functions/core/plural.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import { type Actor, type CallCounts, NO_CALLS, type Policy, type PolicyWorld } from "./policy.ts";

const PERIOD_MS = 60_000;

/** Consecutive samples that have to breach before an alarm goes off. */
const SAMPLES = 2;

/** Step adjustments: if the scheduled jobs need at least `from` instances, add `add` instances. */
const STEPS: readonly { from: number; add: number }[] = [
  { from: 20, add: 20 },
  { from: 10, add: 10 },
  { from: 5, add: 5 },
  { from: 2, add: 2 },
  { from: 0, add: 1 },
];

/**
 * Creates AWS step scaling: one sample of the metrics a minute, and two samples have to agree.
 * Instances that are warming up count as added. It scales in by one instance at a time.
 */
export function createNativePolicy(loops: readonly LoopInput[]): Policy {
  return {
    name: "native",
    about: "AWS step scaling: a metric every 60 seconds, two samples, steps of 1, 2, 5, 10 and 20",
    loops,
    createActors: async (world) =>
      loops.flatMap((loop) =>
        parseExecutionInput(loop).scalers.map((scaler) => new StepScaling(scaler, world)),
      ),
  };
}

class StepScaling implements Actor {
  readonly #scaler: Scaler;
  readonly #world: PolicyWorld;
  #nextMs: number;
  #tooFew = 0;
  #tooMany = 0;

  constructor(scaler: Scaler, world: PolicyWorld) {
    this.#scaler = scaler;
    this.#world = world;
    this.#nextMs = world.startMs;
  }

  nextMs(): number {
    return this.#nextMs;
  }

  polls(untilMs: number): number {
    return Math.ceil((untilMs - this.#world.startMs) / PERIOD_MS);
  }

  calls(): CallCounts {
    return NO_CALLS;
  }

  async act(): Promise<void> {
    const { fleet, trace } = this.#world;
    trace.recordState();
    const { jobs } = fleet.sumQueueFacts(this.#scaler.queues);
    const group = fleet.groupFacts(this.#scaler.group);
    this.#nextMs += PERIOD_MS;
    if (group === undefined) return;
    const spare = group.desired - (jobs.scheduled + jobs.running) / this.#scaler.agentsPerInstance;
    this.#tooFew = jobs.scheduled > 0 ? this.#tooFew + 1 : 0;
    this.#tooMany = jobs.scheduled === 0 && spare >= 1 ? this.#tooMany + 1 : 0;
    const { min, max, desired } = group;
    if (this.#tooFew >= SAMPLES)
      this.#setDesired(Math.min(max, desired + this.#countMissing(jobs.scheduled)));
    else if (this.#tooMany >= SAMPLES) this.#setDesired(Math.max(min, desired - 1));
    trace.recordState();
  }

  /** Instances that are warming up have been added already. */
  #countMissing(scheduled: number): number {
    const needed = scheduled / this.#scaler.agentsPerInstance;
    const step = STEPS.find(({ from }) => needed >= from)?.add ?? 0;
    return Math.max(0, step - this.#countWarmingUp());
  }

  #countWarmingUp(): number {
    const { fleet } = this.#world;
    const { agents } = fleet.sumQueueFacts(this.#scaler.queues);
    const desired = fleet.groupFacts(this.#scaler.group)?.desired ?? 0;
    return Math.max(0, desired - Math.floor(agents.total / this.#scaler.agentsPerInstance));
  }

  #setDesired(to: number): void {
    const { fleet, trace } = this.#world;
    const { name, group } = this.#scaler;
    const from = fleet.groupFacts(group)?.desired ?? 0;
    if (to === from || this.#scaler.dryRun) return;
    fleet.setDesiredCapacity(group, to);
    const action = to > from ? "scale-out" : "scale-in";
    trace.recordDecision({
      scaler: name,
      action,
      from,
      to,
      reasons: [`${plural(SAMPLES, "sample")} agree`],
    });
  }
}
